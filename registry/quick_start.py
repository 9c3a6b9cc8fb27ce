"""What makes the start quick; imported with `registry`, and so before gradio."""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.machinery
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STUBS = "gradio.component_meta"
"""The private module of gradio's that writes stubs."""


class WriteNoStubs(importlib.abc.MetaPathFinder):
    """Whenever a class of components is made, gradio's own fifty at its import, gradio parses the
    source of the class and of the stub for editors (`.pyi`) beside it, and writes that anew: a
    third of the time that its import takes. A server edits nothing. Replaces
    `component_meta.create_or_modify_pyi`, as soon as that module is imported.
    """

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where the one module is; None for any other."""
        if name != STUBS:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        if found is not None and found.origin is not None:
            found.loader = _Loader(name, found.origin)
        return found


class _Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: Any) -> None:
        super().exec_module(module)
        _silence(module)


def _silence(module: Any) -> None:
    module.create_or_modify_pyi = lambda component_class, class_name, events: None


def write_no_stubs() -> None:
    """See `WriteNoStubs`; said once for a process, at any time."""
    if STUBS in sys.modules:
        _silence(sys.modules[STUBS])
    elif not any(isinstance(finder, WriteNoStubs) for finder in sys.meta_path):
        sys.meta_path.insert(0, WriteNoStubs())


@contextmanager
def no_collection() -> Iterator[None]:
    """Nothing that is made meanwhile is searched for garbage: while a page is built, hundreds of
    thousands of objects are made to stay.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def read_signatures_once(base: type) -> None:
    """The signature of the constructor of each class below `base` is read now, and kept where
    `inspect` looks first: gradio reads it for each component whenever it describes a page.
    """
    for kind in base.__subclasses__():
        made = inspect.unwrap(kind.__init__)
        if not hasattr(made, "__signature__"):
            made.__signature__ = inspect.signature(made)
        read_signatures_once(kind)


write_no_stubs()
