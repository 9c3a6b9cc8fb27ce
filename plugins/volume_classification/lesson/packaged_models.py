"""The models that come with the page: three for the phantom, and one for adrenal glands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.volume_classification.settings import FLAT, THIN, WHOLE
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.model_file import About
    from plugins.volume_classification.learning.trained import Trained

FOLDER = Path(__file__).parents[1] / "recorded"
ADRENAL = "adrenal"


@dataclass(frozen=True)
class Packaged:
    """A packaged model.

    Attributes:
        title: For people.
        kind: What it sees of a volume.
    """

    title: str
    kind: str


MODELS = {
    "phantom-2d": Packaged("Phantom, 2-D: the central slice", FLAT),
    "phantom-2.5d": Packaged("Phantom, 2.5-D: slices around the centre", THIN),
    "phantom-3d": Packaged("Phantom, 3-D: the whole volume", WHOLE),
    ADRENAL: Packaged("AdrenalMNIST3D, 3-D: the shape of an adrenal gland", WHOLE),
}
"""By name; a model's file is NAME.safetensors, its card NAME.md."""


def recorded(name: str, folder: Path = FOLDER) -> tuple[Trained, About]:
    """A packaged model, after its digest was checked against its card's.

    Args:
        name: A key of `MODELS`.

    Raises:
        ModelFileError: There is no such model, its card or its file is missing, or the file is
            another one.
    """
    from plugins.shared.classification.model_file import digest_in
    from plugins.volume_classification.errors import ModelFileError
    from plugins.volume_classification.learning.model_file import load

    if name not in MODELS:
        todo = say("Choose one of: {models}.", models=", ".join(MODELS))
        raise ModelFileError(
            say("There is no packaged model called {name}", name=repr(name)), todo=todo
        )
    return load(folder / f"{name}.safetensors", digest_in(folder / f"{name}.md"))
