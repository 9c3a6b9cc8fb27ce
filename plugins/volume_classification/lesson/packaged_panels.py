"""The panels that come with the page, from the packaged models; loaded once, when first asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from plugins.volume_classification.lesson.packaged_models import ADRENAL, FOLDER, MODELS, recorded
from plugins.volume_classification.lesson.panel import Panel
from weights.messages import say

PHANTOM = "phantom"
WARNINGS = {
    PHANTOM: "These networks have seen simulated phantoms only, and know two words: nodule and "
    "vessel. Of any other volume they say one of the two with the same certainty, and it means "
    "nothing.",
    ADRENAL: "This network has seen shapes of adrenal glands only (AdrenalMNIST3D: masks, no grey "
    "levels). Of any other volume its answer means nothing.",
}
TITLES = {
    PHANTOM: "Three networks that know the phantom",
    ADRENAL: "A network that knows the shapes of adrenal glands",
}


@lru_cache(maxsize=2)
def phantom_panel(folder: Path = FOLDER) -> Panel:
    """The 2-D, the 2.5-D and the 3-D network.

    Raises:
        ModelFileError: A model is missing or is another one.
    """
    return _panel(PHANTOM, [name for name in MODELS if name != ADRENAL], folder)


@lru_cache(maxsize=2)
def adrenal_panel(folder: Path = FOLDER) -> Panel:
    """The network that knows adrenal glands.

    Raises:
        ModelFileError: The model is missing or is another one.
    """
    return _panel(ADRENAL, [ADRENAL], folder)


def _panel(key: str, names: list[str], folder: Path) -> Panel:
    networks, accuracy = {}, {}
    for name in names:
        kind = MODELS[name].kind
        networks[kind], about = recorded(name, folder)
        if "accuracy" in about.figures:
            accuracy[kind] = about.figures["accuracy"]
    about_data = say(
        "Trained on {data}. Licence of the weights: {licence}.",
        data=say(about.data),
        licence=about.licence,
    )
    return Panel(key, TITLES[key], networks, accuracy, about_data, WARNINGS[key])


PANELS: dict[str, Callable[[], Panel]] = {PHANTOM: phantom_panel, ADRENAL: adrenal_panel}
