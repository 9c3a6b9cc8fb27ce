"""Windows for CT: which Hounsfield units are shown from black to white."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.volume_classification.data.units import like_hounsfield
from plugins.volume_classification.data.volume import Volume


@dataclass(frozen=True)
class Preset:
    """A window, as radiologists set it.

    Attributes:
        title: For people.
        centre: The value shown in the middle of the greys.
        width: From black to white.
    """

    title: str
    centre: float
    width: float

    @property
    def range(self) -> tuple[float, float]:
        """The values shown black and white."""
        return self.centre - self.width / 2, self.centre + self.width / 2


PRESETS = (
    Preset("Lung", -600, 1500),
    Preset("Bone", 400, 1800),
    Preset("Soft tissue", 40, 400),
    Preset("Brain", 40, 80),
)


def presets_of(volume: Volume) -> tuple[tuple[str, float, float], ...]:
    """(title, value shown black, value shown white) of the windows that suit a volume; none where
    its values do not look like Hounsfield units.
    """
    if not like_hounsfield(volume.values, volume.units):
        return ()
    return tuple((one.title, *one.range) for one in PRESETS)
