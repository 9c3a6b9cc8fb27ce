"""Networks that a visitor trained, to take home: a zip with safetensors and a card, and back."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.shared.classification.model_file import About
from plugins.shared.files.limits import Limits
from plugins.volume_classification.data.zip_pieces import WHERE, pieces_of
from plugins.volume_classification.errors import ModelFileError
from plugins.volume_classification.learning.model_file import load, to_bytes
from plugins.volume_classification.lesson.panel import OWN, Panel
from plugins.volume_classification.settings import KINDS
from plugins.volume_classification.views.html import SHORT
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.training import Outcome
    from plugins.volume_classification.session import Session

NAME, CARD = "volume-networks.zip", "README.md"
TITLE = "Your own networks"


def panel_of(outcomes: Mapping[str, Outcome], title: str) -> Panel:
    """What came of a training, to be asked.

    Args:
        title: Of the set.
    """
    return Panel(
        OWN,
        TITLE,
        {kind: one.trained for kind, one in outcomes.items()},
        {kind: one.report.accuracy for kind, one in outcomes.items()},
        say("Trained here on “{title}”.", title=say(title)),
    )


def write_models(folder: Path, session: Session) -> Path:
    """Write the visitor's networks as a zip and give its path.

    Raises:
        ParagoneError: There are none.
    """
    panel = session.own
    if panel is None:
        raise ParagoneError("There are no networks of yours yet", todo="Train them first.")
    path = folder / NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for kind, trained in panel.networks.items():
            accuracy = panel.accuracy.get(kind)
            figures = {} if accuracy is None else {"accuracy": accuracy}
            about = About(data=panel.about, figures=figures)
            archive.writestr(f"{kind}.safetensors", to_bytes(trained, about))
        archive.writestr(CARD, card(panel))
    session.files.append(path)
    return path


def card(panel: Panel) -> str:
    """What the networks are, in words."""
    some = next(iter(panel.networks.values()))
    rows = "\n".join(
        f"| {SHORT[kind]} | {one.settings.timm}, width {one.settings.width} | "
        f"{panel.accuracy.get(kind, float('nan')):.3f} |"
        for kind, one in panel.networks.items()
    )
    return f"""# Networks that classify volumes

For learning, not for diagnosis.

{panel.about} They take cubes of {some.form.size} voxels and tell apart: {", ".join(some.classes)}.
Each file is `safetensors` and tells its settings in its header; the page reads this zip again.

| Sees | timm network | Accuracy on the test volumes |
| --- | --- | --- |
{rows}
"""


def read_models(path: Path, limits: Limits) -> Panel:
    """The networks of a zip that this page wrote; nothing in it is executed.

    Raises:
        ParagoneError: It is no such zip, or a network in it cannot be used.
    """
    networks, accuracy, data = {}, {}, ""
    with pieces_of(path, limits) as pieces, tempfile.TemporaryDirectory() as folder:
        for piece in pieces:
            if not piece.order.endswith(".safetensors") or piece.fault:
                continue
            place = Path(folder) / "a network of the zip"
            place.write_bytes(piece.read())
            trained, about = load(place)
            kind = trained.settings.kind
            networks[kind], data = trained, about.data
            if "accuracy" in about.figures:
                accuracy[kind] = about.figures["accuracy"]
    if not networks:
        todo = say("Bring a {name} that was downloaded here.", name=NAME)
        raise ModelFileError("It holds no network", where=WHERE, todo=todo)
    ordered = {kind: networks[kind] for kind in KINDS if kind in networks}
    return Panel(OWN, TITLE, ordered, accuracy, data)
