"""`python app.py …` as a process that begins warm: forked from one that has imported gradio.

That import takes seconds, and the tests start a hundred processes. The warm parent has imported
what `app.py` needs of others in any case, and nothing of ours: a child imports our modules, torch
and plug-ins itself, or does not, as a fresh process would.

Signals, exit codes and CPU times are those of a fresh process: the kernel makes the forked process
a child of the one that asked for it (`PR_SET_CHILD_SUBREAPER`).
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

APP = [sys.executable, "app.py"]
READ_LATER = ("PARAGONE_", "GRADIO_TEMP_DIR", "TMPDIR", "PYTEST_")
"""How the variables begin in which parent and child may differ; others are read by the imports."""
SUBREAPER = 36
"""`PR_SET_CHILD_SUBREAPER` of Linux."""
LARGEST = 1 << 17
"""Bytes of a request."""


class Parent:
    """The process that has imported gradio and waits for requests; it begins with the first one.

    Args:
        environ: Its environment.
    """

    def __init__(self, environ: dict[str, str]):
        self._environ = environ
        self._lock = threading.Lock()
        self._line: socket.socket | None = None

    def suits(self, arguments: list[str], environ: dict[str, str]) -> bool:
        """Whether a process with these arguments and this environment may begin warm."""
        differing = {k for k, _ in self._environ.items() ^ environ.items()}
        linux = sys.platform == "linux"
        return linux and arguments[:2] == APP and all(k.startswith(READ_LATER) for k in differing)

    def fork(self, request: dict[str, Any], streams: list[int]) -> int:
        """Begin a process with these standard streams. Returns its number."""
        prctl = ctypes.CDLL(None).prctl
        with self._lock:
            self._line = self._line or self._begin()
            prctl(SUBREAPER, 1, 0, 0, 0)  # For this moment only: other orphans are not ours.
            try:
                socket.send_fds(self._line, [json.dumps(request).encode()], streams)
                return int(self._line.recv(LARGEST))
            finally:
                prctl(SUBREAPER, 0, 0, 0, 0)

    def _begin(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, __file__]
            process = subprocess.Popen(command, stdin=theirs, env=self._environ)
        atexit.register(lambda: (ours.close(), process.wait()))  # It ends when nobody can ask.
        return ours


class Popen(subprocess.Popen):
    """A process that begins warm where it can, and fresh otherwise.

    Args:
        arguments, how: Of `subprocess.Popen`.
        fresh: Whether it imports everything itself, as for a user.
    """

    parent: Parent | None = None

    def __init__(self, *arguments: Any, fresh: bool = False, **how: Any):
        self._fresh = fresh or self.parent is None
        super().__init__(*arguments, **how)

    def _execute_child(self, args, executable, preexec, close, passed, cwd, env, *rest):
        arguments, environ = list(args), dict(os.environ if env is None else env)
        if self._fresh or not self.parent.suits(arguments, environ):
            super()._execute_child(args, executable, preexec, close, passed, cwd, env, *rest)
            return
        pipes = rest[3:9]  # What the child reads, what we write; the same of its output and errors.
        streams = [own if own >= 0 else n for n, own in enumerate((pipes[0], pipes[3], pipes[5]))]
        request = {"arguments": arguments, "folder": str(cwd), "environ": environ}
        self.pid = self.parent.fork(request, streams)
        self._child_created = True
        self._close_pipe_fds(*pipes)


def run(
    arguments: Sequence[str],
    input: str | None = None,
    timeout: float | None = None,
    capture_output: bool = True,
    **how: Any,
) -> subprocess.CompletedProcess[str]:
    """`subprocess.run` of a process that begins warm where it can. It always captures."""
    how |= {"stdin": None if input is None else subprocess.PIPE, "text": True}
    with Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how) as process:
        try:
            out, err = process.communicate(input, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def _wait_for_requests(line: socket.socket) -> dict[str, Any]:
    """Fork for every request. Returns in a child, with what it was asked for."""
    while True:
        message, streams, _, _ = socket.recv_fds(line, LARGEST, 3)
        if not message:
            os._exit(0)
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            child = os.fork()
            if child == 0:
                for number, stream in enumerate(streams):
                    os.dup2(stream, number)
                for number in {*streams, reading, writing, line.fileno()} - {0, 1, 2}:
                    os.close(number)
                return json.loads(message)
            os.write(writing, str(child).encode())
            os._exit(0)  # Now the child is an orphan, which the one who asked adopts.
        os.waitpid(between, 0)
        line.send(os.read(reading, 100))
        for number in (*streams, reading, writing):
            os.close(number)


def _become(arguments: list[str], folder: str, environ: dict[str, str]) -> types.ModuleType:
    """Make this process what `python app.py …` is at its first line. Returns its main module."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.orig_argv[:], sys.argv[:], sys.path[0] = arguments, arguments[1:], folder
    importlib.invalidate_caches()
    tempfile.tempdir = None
    sys.modules["numpy"].random.seed()
    for module in list(sys.modules.values()):
        if hasattr(module, "DEFAULT_TEMP_DIR"):  # gradio's, from the variables of the parent.
            module.DEFAULT_TEMP_DIR = environ.get("GRADIO_TEMP_DIR") or str(
                Path(tempfile.gettempdir(), "gradio")
            )
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__file__ = str(Path(folder, arguments[1]))
    return main


if __name__ == "__main__":
    import gradio  # noqa: F401

    gc.freeze()  # A child neither searches nor copies what it shares with this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the tests.
    waiting = socket.socket(fileno=os.dup(0))
    module = _become(**_wait_for_requests(waiting))
    exec(compile(Path(module.__file__).read_bytes(), module.__file__, "exec"), vars(module))
