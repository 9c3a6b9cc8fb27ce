"""Plain values to JSON and back, the same bytes for the same values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weights.errors import ParagoneError
from weights.messages import say


class ResultError(ParagoneError):
    """A result that cannot be written, or cannot be read."""


def plain(value: Any) -> Any:
    """Values that JSON knows: numpy's numbers become Python's, NaN and infinity become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if hasattr(value, "tolist"):  # Of numpy and torch.
        return plain(value.tolist())
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"{type(value).__name__} is no plain value")


def write_json(value: Any) -> bytes:
    """JSON for people to read, with a newline at the end."""
    return (json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n").encode()


def read_json(path: Path) -> dict[str, Any]:
    """The table in a JSON file.

    Raises:
        ResultError: There is no such file, it is no JSON, or it holds no table.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        what = say("The file cannot be read: {strerror}", strerror=error.strerror)
        todo = "Give the folder that holds all files of a result."
        raise ResultError(what, where=str(path), todo=todo) from error
    except (ValueError, RecursionError) as error:
        raise ResultError(say("It is no JSON: {error}", error=error), where=str(path)) from error
    if not isinstance(value, dict):
        raise ResultError("It holds no table", where=str(path))
    return value
