"""Keep what a plug-in changes for all others from staying: read every shared setting, let the
plug-in work, compare, put back, and say what it was.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from registry.shared_state import TABLE, Shared, restore

log = logging.getLogger("paragone.registry")

LIBRARIES = frozenset(shared.of for shared in TABLE if shared.of and "." not in shared.of)


@contextmanager
def contained(when: str) -> Iterator[list[str]]:
    """Put back, at the end of the block, what it changed for the whole process. What it prints goes
    to the standard error, so that the output of a command stays what it is.

    Args:
        when: What the block does, such as "while it was loaded".

    Yields:
        A list which holds, after the block, a sentence without its full stop for each change.
    """
    changes: list[str] = []
    before: dict[Shared, Any] = {}
    _read(before)
    try:
        with _printing_elsewhere() as output, _noticing_imports(before):
            yield changes
    finally:
        if output.used:
            changes.append(f"It printed to the standard output ({when}); this went to the log")
        if output.replaced:
            changes.append(f"It changed sys.stdout ({when}); this was put back")
        for shared, value in before.items():
            changes.extend(_put_back(shared, value, when))


def _read(before: dict[Shared, Any], library: str | None = None) -> None:
    """Read the settings, or those of one library that has just been loaded."""
    for shared in TABLE:
        here = not shared.of or shared.of in sys.modules
        if here and (library is None or shared.of.partition(".")[0] == library):
            with suppress(Exception):  # What cannot be read cannot be put back.
                before[shared] = shared.read()


def _put_back(shared: Shared, before: Any, when: str) -> Iterator[str]:
    try:
        after = shared.read()
        if shared.same(before, after):
            return
        detail = shared.detail(before, after)
    except Exception:
        after, detail = None, ""
    what = f"{shared.name}: {detail}" if detail else shared.name
    if restore(shared, before):
        yield f"It changed {what} ({when}); this was put back"
    else:
        yield f"It changed {what} ({when}); this could not be put back"


class _Output:
    """Stands for `sys.stdout`: writes to the standard error, and notes that it was used."""

    def __init__(self) -> None:
        self.used = self.replaced = False

    def write(self, text: str) -> int:
        self.used = True
        return sys.stderr.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


@contextmanager
def _printing_elsewhere() -> Iterator[_Output]:
    """The standard output is the standard error meanwhile, for programs that are started too."""
    real, output, kept = sys.stdout, _Output(), -1
    with suppress(OSError, ValueError, AttributeError):  # It may be closed, or be no file.
        real.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
    sys.stdout = output
    try:
        yield output
    finally:
        output.replaced = sys.stdout is not output
        sys.stdout = real
        if kept >= 0:
            os.dup2(kept, 1)
            os.close(kept)


@contextmanager
def _noticing_imports(before: dict[Shared, Any]) -> Iterator[None]:
    """What a library sets while it is imported is no change: it is read as soon as it is there."""
    finder = _Finder(before)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)


class _Finder:
    def __init__(self, before: dict[Shared, Any]):
        self.before, self.seen = before, set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec that Python itself finds, with a loader that reads the settings at its end."""
        if name not in LIBRARIES or name in self.seen:
            return None
        self.seen.add(name)
        spec = importlib.util.find_spec(name)
        execute = getattr(spec and spec.loader, "exec_module", None)
        if execute is None:
            return spec

        def execute_and_read(module: Any) -> None:
            execute(module)
            _read(self.before, name)

        with suppress(AttributeError):  # A loader that is a built-in class takes none.
            spec.loader.exec_module = execute_and_read
        return spec
