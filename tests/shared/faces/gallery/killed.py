"""A process that is killed, and what it had acknowledged by then."""

from __future__ import annotations

import subprocess
import sys
import time

from serving import ROOT


def said_until_killed(module: str, arguments: list[str], seconds: float) -> list[str]:
    """Run a module, which says when it is ready, for so long; kill it; the lines that it said."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(seconds)
    process.kill()
    said = process.stdout.read()  # A line without its end was not said.
    process.wait()
    process.stdout.close()
    return [line.strip() for line in said.splitlines(keepends=True) if line.endswith("\n")]
