"""A fresh virtual environment that sees the packages of this one, so that nothing is installed
twice and nothing is fetched.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

LEAVE = shutil.ignore_patterns("__pycache__", "*.pyi", "*.egg-info", "build", ".pytest_cache")
OFFLINE = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation")


class Venv:
    """A virtual environment.

    Attributes:
        python: Its interpreter.
    """

    def __init__(self, folder: Path):
        venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
        self.python = str(folder / "bin" / "python")
        site = next(folder.glob("lib/python*/site-packages"))
        here = sysconfig.get_path("purelib")
        (site / "this.pth").write_text(f"{here}\n", encoding="utf-8")

    def pip(self, *arguments: str, cwd: Path | None = None) -> None:
        """Run pip without an index; a failure is raised with what it said."""
        command = [self.python, "-m", "pip", arguments[0], *OFFLINE, *arguments[1:]]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")

    def wheel_of(self, package: Path, folder: Path) -> Path:
        """Build a wheel of a copy: setuptools leaves traces in the sources."""
        copy = shutil.copytree(package, folder / "sources", ignore=LEAVE)
        self.pip("wheel", "--wheel-dir", str(folder / "wheels"), str(copy))
        (wheel,) = (folder / "wheels").glob("*.whl")
        return wheel


def installed_here(name: str) -> bool:
    """Whether this environment, not the fresh one, has a distribution."""
    command = [sys.executable, "-m", "pip", "show", name]
    return subprocess.run(command, capture_output=True).returncode == 0
