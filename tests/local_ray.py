"""Ray in tests: it is an option, and may be missing."""

from __future__ import annotations

import importlib.util

import pytest

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is an option: requirements-ray.txt"
)
