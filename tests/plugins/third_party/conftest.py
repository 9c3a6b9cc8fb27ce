"""Finds Paragone's test kit: the environment variable PARAGONE_HOME names the folder of its app.py.
`python app.py check FOLDER` sets it.
"""

import os
import sys
from pathlib import Path

import pytest

home = os.environ.get("PARAGONE_HOME", "")
if not (Path(home) / "registry" / "testing.py").is_file():
    raise pytest.UsageError("Set PARAGONE_HOME to the folder that holds Paragone's app.py.")
sys.path.append(home)
pytest_plugins = ["registry.testing"]
