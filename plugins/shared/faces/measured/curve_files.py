"""Files of measured curves: one for each network, with rows that hold for one revision of it: for
one set of weights, one detector and one alignment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_rows(path: Path, revision: str) -> list[dict[str, Any]]:
    """The rows that were measured with exactly this revision; none where there is no file."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return kept["curves"] if kept.get("revision") == revision else []


def write_row(path: Path, model: str, revision: str, row: dict[str, Any]) -> None:
    """Add a row, replacing an older one of the same title. Rows of other revisions are
    dropped."""
    older = [old for old in read_rows(path, revision) if old["title"] != row["title"]]
    kept = {"model": model, "revision": revision, "curves": [*older, row]}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
