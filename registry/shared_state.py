"""What one plug-in can change for all others: a table of the settings that a process has once.

Nothing is imported to look at a setting. One that belongs to a library counts only where the
library is loaded.
"""

from __future__ import annotations

import gc
import locale
import logging
import operator
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

PATCHED = (
    *("builtins", "os", "time", "socket", "ssl", "subprocess", "threading", "json", "random"),
    *("tempfile", "pathlib", "pluggy", "gradio", "gradio.blocks", "gradio.routes", "numpy"),
    *("PIL.Image", "torch", "torch.nn.functional", "safetensors"),
)
"""Modules whose functions and classes nobody may replace."""


@dataclass(frozen=True)
class Shared:
    """One setting of the process.

    Attributes:
        name: What it is called on a card.
        read: Gives its value, which later changes leave as it is.
        write: Puts a value back.
        of: The library that it belongs to; "" for Python itself.
        detail: Takes the value before and after; says in a few words what is other.
        same: Takes the two; whether nothing changed that matters to others.
    """

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], Any]
    of: str = ""
    detail: Callable[[Any, Any], str] = lambda before, after: ""
    same: Callable[[Any, Any], bool] = operator.eq


def _nothing(before: Any, after: Any) -> str:
    return ""


def _value(before: Any, after: Any) -> str:
    return str(after).removeprefix("torch.")


def _names(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The keys of two mappings that differ; what is in them may be a secret."""
    other = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    other.sort(key=str)
    return ", ".join(map(str, other[:5])) + (" …" if len(other) > 5 else "")


def _attribute(name: str, module: Any, attribute: str) -> Shared:
    read, write = getattr, setattr
    return Shared(
        name, lambda: read(module, attribute), lambda value: write(module, attribute, value)
    )


def _of(library: str, name: str, read: Callable, write: Callable, detail=_value) -> Shared:
    """A setting of a library; `read` and `write` take its module first."""
    return Shared(
        name,
        lambda: read(sys.modules[library]),
        lambda value: write(sys.modules[library], value),
        library,
        detail,
    )


def _flag(name: str, *path: str) -> Shared:
    """A switch of torch, by the names of the attributes that lead to it."""

    def owner(torch: Any) -> Any:
        for part in path[:-1]:
            torch = getattr(torch, part)
        return torch

    def write(torch: Any, value: Any) -> None:
        setattr(owner(torch), path[-1], value)

    return _of("torch", name, lambda torch: getattr(owner(torch), path[-1]), write)


# --- Python ------------------------------------------------------------------------------------


def _mask() -> int:
    mask = os.umask(0o077)  # The only way to read it is to set it.
    os.umask(mask)
    return mask


def _set_environ(before: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name not in before]:
        del os.environ[name]
    os.environ.update({k: v for k, v in before.items() if os.environ.get(k) != v})
    if hasattr(time, "tzset"):
        time.tzset()  # It may have been TZ.


def _handlers() -> dict[str, Any]:
    return {s.name: signal.getsignal(s) for s in signal.valid_signals() if hasattr(s, "name")}


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _set_handlers(before: Mapping[str, Any]) -> None:
    for name, handler in before.items():
        number = getattr(signal, name)
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def _wakeup() -> int:
    if not _in_main_thread():
        return -1
    descriptor = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
    return descriptor


def _set_wakeup(descriptor: int) -> None:
    signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # It was deleted.
        return ""


def _search_path(before: list[str]) -> None:
    """What was there comes first again. What was added stays, since a plug-in that brings its own
    modules will want them later, but it shadows nothing.
    """
    added = [entry for entry in sys.path if entry not in before]
    sys.path[:] = [*before, *added]


def _loggers() -> dict[str, Any]:
    """Whether each logger works, and what the host's own ones and the root are set to."""
    root = logging.getLogger()
    state: dict[str, Any] = {"level": root.level, "handlers": tuple(root.handlers)}
    state["disabled"] = root.manager.disable
    for name, logger in list(root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger):
            own = name.partition(".")[0] == "paragone"
            state[name] = (logger.disabled, *((logger.level, logger.propagate) if own else ()))
    return state


def _set_loggers(before: Mapping[str, Any]) -> None:
    root = logging.getLogger()
    root.setLevel(before["level"])
    root.handlers[:] = before["handlers"]
    logging.disable(before["disabled"])
    for name, state in before.items():
        if name in ("level", "handlers", "disabled"):
            continue
        logger, (disabled, *own) = logging.getLogger(name), state
        logger.disabled = disabled
        if own:
            logger.setLevel(own[0])
            logger.propagate = own[1]


def _known(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What became of the entries that were there; a new one harms nobody."""
    return {name: after.get(name) for name in before}


def _general(filters: list) -> list:
    """Filters that meet anybody's warnings. Libraries add some for their own while they load."""
    kinds = (Warning, UserWarning, DeprecationWarning, FutureWarning, RuntimeWarning)
    return [f for f in filters if f[1] is None and f[3] is None and f[2] in kinds]


def _set_filters(before: list) -> None:
    warnings.filters[:] = before
    if hasattr(warnings, "_filters_mutated"):  # Python keeps what it decided by the old ones.
        warnings._filters_mutated()


def _decimal(decimal: Any) -> tuple[Any, ...]:
    now = decimal.getcontext()
    traps = [signal for signal, on in now.traps.items() if on]
    return now.prec, now.rounding, now.Emin, now.Emax, now.capitals, now.clamp, [], traps


PYTHON = (
    _attribute("sys.stdin", sys, "stdin"),
    _attribute("sys.stderr", sys, "stderr"),
    _attribute("sys.excepthook", sys, "excepthook"),
    _attribute("sys.displayhook", sys, "displayhook"),
    _attribute("threading.excepthook", threading, "excepthook"),
    _attribute("warnings.showwarning", warnings, "showwarning"),
    Shared("the trace function", sys.gettrace, sys.settrace),
    Shared("the profile function", sys.getprofile, sys.setprofile),
    _attribute("tempfile.tempdir", tempfile, "tempdir"),
    Shared("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit, "", _value),
    Shared("the switch interval", sys.getswitchinterval, sys.setswitchinterval, "", _value),
    Shared(
        "the garbage collector",
        lambda: (gc.isenabled(), gc.get_threshold()),
        lambda before: (gc.enable() if before[0] else gc.disable(), gc.set_threshold(*before[1])),
    ),
    Shared("signal handlers", _handlers, _set_handlers, "", _names),
    Shared("the wakeup descriptor of signals", _wakeup, _set_wakeup),
    Shared(
        "the alarm clock",  # Its handler is put back, and without one it ends the process.
        lambda: signal.getitimer(signal.ITIMER_REAL),
        lambda before: signal.setitimer(signal.ITIMER_REAL, *before),
        "",
        _nothing,
        lambda before, after: bool(before[0]) or not after[0],
    ),
    Shared("the working folder", _directory, os.chdir),
    Shared("the mask of new files", _mask, os.umask, "", lambda before, after: f"{after:03o}"),
    Shared(
        "the locale",
        lambda: locale.setlocale(locale.LC_ALL),
        lambda before: locale.setlocale(locale.LC_ALL, before),
        "",
        _value,
    ),
    Shared("environment variables", lambda: dict(os.environ), _set_environ, "", _names),
    Shared(
        "the filters of warnings",
        lambda: list(warnings.filters),
        _set_filters,
        "",
        _nothing,
        lambda before, after: _general(before) == _general(after),
    ),
    Shared(
        "logging",
        _loggers,
        _set_loggers,
        "",
        lambda before, after: _names(before, _known(before, after)),
        lambda before, after: before == _known(before, after),
    ),
    Shared(
        "the order of sys.path",
        lambda: list(sys.path),
        _search_path,
        "",
        _nothing,
        lambda before, after: after[: len(before)] == before,
    ),
    Shared(
        "the default timeout of sockets",
        socket.getdefaulttimeout,
        socket.setdefaulttimeout,
        "",
        _value,
    ),
    Shared("Python's random numbers", random.getstate, random.setstate),
    _of(
        "decimal",
        "the decimal context",
        _decimal,
        lambda decimal, before: decimal.setcontext(decimal.Context(*before)),
        _nothing,
    ),
    _of(
        "asyncio.events",
        "the policy of event loops",
        lambda events: events._event_loop_policy,
        lambda events, before: setattr(events, "_event_loop_policy", before),
        _nothing,
    ),
    _of(
        "multiprocessing",
        "how processes are started",
        lambda multiprocessing: multiprocessing.get_start_method(allow_none=True),
        lambda multiprocessing, before: multiprocessing.set_start_method(before, force=True),
    ),
)

# --- libraries ---------------------------------------------------------------------------------


def _numpy_random(numpy: Any) -> Any:
    name, keys, *rest = numpy.random.get_state()
    return (name, keys.tobytes(), *rest)


def _set_numpy_random(numpy: Any, state: Any) -> None:
    name, keys, *rest = state
    numpy.random.set_state((name, numpy.frombuffer(keys, numpy.uint32), *rest))


def _set_torch_random(torch: Any, state: bytes) -> None:
    torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


def _rc(matplotlib: Any) -> dict[str, Any]:
    # Through `dict`, since to ask for the backend would choose one.
    items = dict.items(matplotlib.rcParams)
    return {k: list(value) if isinstance(value, list) else value for k, value in items}


def _set_rc(matplotlib: Any, before: Mapping[str, Any]) -> None:
    dict.update(matplotlib.rcParams, before)


def _set_deterministic(torch: Any, before: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(before[0], warn_only=before[1])


def _static_folders(utils: Any) -> list[Any]:
    from gradio.data_classes import _StaticFiles

    return list(_StaticFiles.all_paths)


def _set_static_folders(utils: Any, before: list[Any]) -> None:
    from gradio.data_classes import _StaticFiles

    _StaticFiles.all_paths[:] = before


def _place(context: Any) -> tuple[Any, Any]:
    return context.Context.root_block, context.Context.block


def _set_place(context: Any, before: tuple[Any, Any]) -> None:
    context.Context.root_block, context.Context.block = before


LIBRARIES = (
    _of(
        "numpy",
        "NumPy's answers to floating-point errors",
        lambda numpy: numpy.geterr(),
        lambda numpy, before: numpy.seterr(**before),
        _names,
    ),
    _of(
        "numpy",
        "how NumPy prints",
        lambda numpy: {k: v for k, v in numpy.get_printoptions().items() if k != "override_repr"},
        lambda numpy, before: numpy.set_printoptions(**before),
        _names,
    ),
    _of("numpy", "NumPy's random numbers", _numpy_random, _set_numpy_random, _nothing),
    _of(
        "torch",
        "torch's default dtype",
        lambda torch: torch.get_default_dtype(),
        lambda torch, before: torch.set_default_dtype(before),
    ),
    _of(
        "torch",
        "torch's default device",
        lambda torch: str(torch.get_default_device()),
        lambda torch, before: torch.set_default_device(None if before == "cpu" else before),
    ),
    _of(
        "torch",
        "torch's number of threads",
        lambda torch: torch.get_num_threads(),
        lambda torch, before: torch.set_num_threads(before),
    ),
    _of(
        "torch",
        "torch's number of threads between operations",
        lambda torch: torch.get_num_interop_threads(),
        lambda torch, before: torch.set_num_interop_threads(before),
    ),
    _of(
        "torch",
        "torch's gradient mode",
        lambda torch: torch.is_grad_enabled(),
        lambda torch, before: torch.set_grad_enabled(before),
    ),
    _of(
        "torch",
        "torch's search for anomalies",
        lambda torch: torch.is_anomaly_enabled(),
        lambda torch, before: torch.autograd.set_detect_anomaly(before),
    ),
    _of(
        "torch",
        "torch's deterministic algorithms",
        lambda torch: (
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        ),
        _set_deterministic,
        lambda before, after: str(after[0]),
    ),
    _of(
        "torch",
        "torch's precision of matrix products",
        lambda torch: torch.get_float32_matmul_precision(),
        lambda torch, before: torch.set_float32_matmul_precision(before),
    ),
    _of(
        "torch",
        "torch's random numbers",
        lambda torch: torch.get_rng_state().numpy().tobytes(),
        _set_torch_random,
        _nothing,
    ),
    _flag("torch's choice of cuDNN", "backends", "cudnn", "enabled"),
    _flag("torch's benchmarks of cuDNN", "backends", "cudnn", "benchmark"),
    _flag("torch's deterministic cuDNN", "backends", "cudnn", "deterministic"),
    _of(
        "PIL.Image",
        "Pillow's limit of pixels",
        lambda pillow: pillow.MAX_IMAGE_PIXELS,
        lambda pillow, before: setattr(pillow, "MAX_IMAGE_PIXELS", before),
    ),
    _of(
        "PIL.ImageFile",
        "how Pillow takes truncated pictures",
        lambda pillow: pillow.LOAD_TRUNCATED_IMAGES,
        lambda pillow, before: setattr(pillow, "LOAD_TRUNCATED_IMAGES", before),
        _nothing,
    ),
    _of("matplotlib", "Matplotlib's settings", _rc, _set_rc, _names),
    _of(
        "gradio.utils",
        "the folders that gradio serves",
        _static_folders,
        _set_static_folders,
        lambda before, after: ", ".join(p.name for p in after if p not in before),
    ),
    _of("gradio.context", "the page that gradio has open", _place, _set_place, _nothing),
)


# --- functions and classes ---------------------------------------------------------------------


def _replaced(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Public functions and classes that are others now, unless by the library itself, as torch does
    when more of it is imported.
    """

    def foreign(value: Any) -> bool:
        home = str(getattr(value, "__module__", ""))
        return home.partition(".")[0] != str(before["__name__"]).partition(".")[0]

    return [
        key
        for key, value in before.items()
        if after.get(key) is not value
        and key[0] != "_"
        and callable(value)
        and foreign(after.get(key))
    ]


def _namespace(name: str) -> Shared:
    def write(module: Any, before: Mapping[str, Any]) -> None:
        for key in _replaced(before, vars(module)):
            setattr(module, key, before[key])

    return Shared(
        f"functions of {name}",
        lambda: dict(vars(sys.modules[name])),
        lambda before: write(sys.modules[name], before),
        name,
        lambda before, after: ", ".join(_replaced(before, after)[:5]),
        lambda before, after: not _replaced(before, after),
    )


TABLE = (*PYTHON, *LIBRARIES, *map(_namespace, PATCHED))


def restore(shared: Shared, before: Any) -> bool:
    """Put a value back. False where that cannot be done."""
    with suppress(Exception):
        shared.write(before)
        return True
    return False
