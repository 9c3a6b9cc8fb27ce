"""Stopping: a signal ends the process in time, whatever a plug-in or a visitor's call is doing.

The first SIGTERM or SIGINT raises `Stopped` in the main thread, where everything that contains
errors lets it through. A watchdog thread ends the process if that takes too long, and a second
signal ends it at once. It reads the signals from a wakeup descriptor, to which Python writes even
while the main thread is inside a long call in C.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

GRACE = 8.0
"""Seconds from the first signal to the forced end; `docker stop` kills after ten."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)

_cleanups: list[Callable[[], None]] = []
_asked: list[int] = []
_wakeup: list[socket.socket] = []


class Stopped(KeyboardInterrupt):
    """A signal told the process to end. A plug-in that raises a plain KeyboardInterrupt is blamed
    for it as for any other error; this one is never contained.
    """

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal, as shells count."""
        return 128 + self.number


def heed_signals(serves: bool) -> None:
    """End the process on SIGTERM and SIGINT. Only the main thread can ask for it; elsewhere, as
    when gradio reloads the page, nothing changes.

    Args:
        serves: Whether the process is a server, for which being told to stop is a success: a forced
            end has exit code 0 then, and that of the signal otherwise.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    _asked.clear()
    for number in SIGNALS:
        signal.signal(number, _on_signal)
    if not _wakeup:
        _wakeup.extend(socket.socketpair())
        for end in _wakeup:
            end.setblocking(False)
        watch = threading.Thread(target=_watch, args=(serves,), name="stopping", daemon=True)
        watch.start()
    signal.set_wakeup_fd(_wakeup[1].fileno(), warn_on_full_buffer=False)


def check_stop() -> None:
    """Raise `Stopped` where a signal has come and something swallowed the exception.

    Raises:
        Stopped: The process is to end.
    """
    if _asked:
        raise Stopped(_asked[0])


def at_end(work: Callable[[], None]) -> None:
    """Do some work when the process ends, be it by force."""
    _cleanups.append(work)
    atexit.register(work)


def leave(code: int) -> None:
    """End the process with an exit code. After a signal that is done without taking Python apart:
    a call that is inside a library in C, such as one that is just being imported, would abort.
    """
    if not _asked:
        if code:  # Where gradio reloads the page, the process goes on.
            sys.exit(code)
        return
    atexit._run_exitfuncs()  # The watchdog ends it if one of these hangs.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _on_signal(number: int, frame: object) -> None:
    _asked.append(number)
    raise Stopped(number)


def _watch(serves: bool) -> None:
    first = _next(None)
    again = _next(GRACE)
    if again is None:
        text = f"paragone: what did not end within {GRACE:.0f} seconds was cut off.\n"
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, text.encode())
    for work in reversed(_cleanups):
        try:
            work()
        except Exception:  # The process ends in any case.
            continue
    os._exit(0 if serves else 128 + first)


def _next(seconds: float | None) -> int | None:
    """The next signal that is ours to answer; None when the time is over."""
    while True:
        if not select.select(_wakeup[:1], [], [], seconds)[0]:
            return None
        for number in _wakeup[0].recv(1):
            # A command may have an answer of its own to Ctrl-C, such as to finish a batch.
            if number in SIGNALS and signal.getsignal(number) is _on_signal:
                return number
