"""The app as a process of its own on a free port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import warm

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "plugins"
HOUSE = {
    "PARAGONE_PLUGIN_DIRS": os.pathsep.join((str(FIXTURES / "house"), str(FIXTURES / "slow"))),
    "PARAGONE_PLUGINS": "good,twice,broken_import,broken_build,broken_run,too_new,sleeper",
    "PARAGONE_DISABLE": "sleeper",
}
"""The six fixture plug-ins, and the one that sleeps, which is switched off."""
BEGUN = dict(os.environ)
"""The environment in which the tests began; what a test imports, such as timm, adds to it."""
OF_TESTS: dict[str, str] = {}
"""What the tests set for each process, and a benchmark does not: see conftest.py."""


def clean_environ(changes: dict[str, str]) -> dict[str, str]:
    """The tests' environment without any setting of ours or gradio's, and the changes."""
    kept = {k: v for k, v in BEGUN.items() if not k.startswith(("PARAGONE_", "GRADIO_"))}
    return {**kept, "HF_HUB_OFFLINE": "1", **OF_TESTS, **changes}


def run_app(
    environ: dict[str, str],
    *arguments: str,
    timeout: float = 600,
    python: str = sys.executable,
    fresh: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run `python app.py …` to its end.

    Args:
        fresh: Whether it imports everything itself, as for a user; see `warm`.
    """
    return warm.run(
        [python, "app.py", *arguments],
        cwd=ROOT,
        env=clean_environ(environ),
        timeout=timeout,
        fresh=fresh,
    )


def run_code(
    code: str, environ: dict[str, str] | None = None, *arguments: object, timeout: float = 900
) -> str:
    """Run Python code in a process of its own, in the app's folder, to its end; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=clean_environ(environ or {}),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running app.

    Args:
        program: What Python runs: our app, or one that is to be compared with it.
        fresh: Whether it imports everything itself, as for a user; see `warm`.

    Attributes:
        url: Its address, with a slash at the end.
        seconds_to_first_answer: From the start of the process to the first answer on `/`.
    """

    def __init__(
        self,
        environ: dict[str, str],
        *options: str,
        timeout: float = 600,
        program: tuple[str, ...] = ("app.py",),
        python: str = sys.executable,
        fresh: bool = False,
    ):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")
        begun = time.monotonic()
        self.process = warm.Popen(
            [python, *program, "--port", str(port), *options],
            cwd=ROOT,
            env=clean_environ(environ),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            text=True,
            fresh=fresh,
        )
        while True:
            try:
                self.get("")
                break
            except OSError as error:
                ended = self.process.poll() is not None
                if ended or time.monotonic() - begun > timeout:
                    self.stop()
                    raise RuntimeError(f"The app did not answer:\n{self.log}") from error
                time.sleep(0.02)
        self.seconds_to_first_answer = time.monotonic() - begun

    def get(self, path: str) -> str:
        """The text at a path. An HTTP error is raised."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    @property
    def log(self) -> str:
        """What the process has written so far."""
        self._log.seek(0)
        return self._log.read()

    def stop(self, seconds: float = 10) -> int:
        """End the process as a container would, and return its exit code.

        Args:
            seconds: How long it may take before it is killed.
        """
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
