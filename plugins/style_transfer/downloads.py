"""What a visitor takes home: the painting, and what it was painted with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.style_transfer.run import Run
    from plugins.style_transfer.session import Session


def write_picture(folder: Path, session: Session) -> Path:
    """The painting as a PNG at its full size.

    Raises:
        ParagoneError: Nothing was painted.
    """
    path = folder / "painting.png"
    Image.fromarray(_painted(session).result()).save(path)
    session.files.append(path)
    return path


def write_settings(folder: Path, session: Session) -> Path:
    """What painted it, as JSON; no picture's name is in it.

    Raises:
        ParagoneError: Nothing was painted.
    """
    run = _painted(session)
    path = folder / "settings.json"
    written = {
        "settings": run.settings.plain(),
        "layers": {"content": run.taps.content, "style": [list(x) for x in run.taps.style]},
        "weights": {"name": run.backbone.card.name, "sha256": run.backbone.origin.sha256},
        "losses": run.losses[-1].losses,
        "steps": run.step,
        "seconds": round(run.seconds, 2),
    }
    path.write_text(json.dumps(written, indent=2), encoding="utf-8")
    session.files.append(path)
    return path


def _painted(session: Session) -> Run:
    if session.run is None or not session.run.losses:
        raise ParagoneError("There is no painting of yours", todo="Paint one first.")
    return session.run
