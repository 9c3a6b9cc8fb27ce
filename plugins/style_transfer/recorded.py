"""A painting that was recorded from a real run, for the page to open with.

`python -m plugins.style_transfer.record` makes it; nothing in it is written by hand.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from plugins.style_transfer.settings import Settings

FOLDER = Path(__file__).with_name("recorded")


@dataclass(frozen=True)
class Recorded:
    """A finished painting, as files tell it.

    Attributes:
        settings: Of the run.
        size: (height, width) of the result. `seconds`: what it took.
        note: Which network judged, on which machine; a sentence.
        result, content: WebP bytes.
        saved, losses: As a `Run` has them.
        grams: (painting, style) as PNG data URIs by layer.
    """

    settings: Settings
    size: tuple[int, int]
    seconds: float
    note: str
    result: bytes
    content: bytes
    saved: list[Any]
    losses: list[Any]
    grams: dict[str, tuple[str, str]]


@lru_cache(maxsize=1)
def recorded() -> Recorded:
    """The painting that the page opens with."""
    table = json.loads((FOLDER / "run.json").read_text(encoding="utf-8"))
    frames = table["frames"]
    return Recorded(
        Settings.from_plain(table["settings"]),
        tuple(table["size"]),
        table["seconds"],
        table["note"],
        (FOLDER / "result.webp").read_bytes(),
        (FOLDER / "content.webp").read_bytes(),
        [SimpleNamespace(step=step, webp=base64.b64decode(data)) for step, data in frames],
        [
            SimpleNamespace(step=step, losses=losses, by_layer=layers)
            for step, losses, layers in table["losses"]
        ],
        {name: tuple(pair) for name, pair in table["grams"].items()},
    )
