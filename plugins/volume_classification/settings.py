"""What a person may choose for a run, and the checks on it."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.shared.classification.recipe import Recipe
from plugins.shared.page.settings import SettingsError
from weights.messages import say

FLAT, THIN, WHOLE = "2d", "2.5d", "3d"
KINDS = {
    FLAT: "2-D: the central slice alone",
    THIN: "2.5-D: a few slices around the centre, as channels",
    WHOLE: "3-D: the whole volume",
}
SYMMETRIES = {
    "none": "No: left stays left, up stays up",
    "stack": "Yes: the slices may be turned and mirrored, all alike",
    "plane": "Yes: the slices may be turned and mirrored, and their order reversed",
    "mirror": "Yes: each axis may be reversed, and the depth is like the others",
    "cube": "Yes: any axis may become any other",
}
"""Whether a volume may be mirrored or turned without becoming one of another class."""
AUTO, EACH, ALIKE = "auto", "each", "alike"
SCALES = {
    AUTO: "As the values suggest",
    EACH: "Each volume by its own range (MR, arbitrary units)",
    ALIKE: "All volumes alike (CT, Hounsfield units)",
}
SOLID = ("mirror", "cube")
"""Symmetries of volumes whose depth is like their height and width: these are moved along the depth
and tilted out of it, too."""


@dataclass(frozen=True, kw_only=True)
class Settings(Recipe):
    """One run; what is not listed here is in `Recipe`.

    Attributes:
        kind: What the network sees of a volume: a key of `KINDS`.
        timm: The timm network that is narrowed and, for 3-D, given a third dimension.
        width: Kernels in the first stage of a timm ResNet, which then has no pooling before it and
            no stride in its last stage, since volumes are small; 0: the network as timm has it.
        stem: Stride of such a ResNet's first kernels; 1 sees more and takes several times as long.
        slices: How many a 2.5-D network sees; an odd number.
        symmetry: Turns and mirrorings that leave a volume's class as it is: a key of `SYMMETRIES`.
        shift: Volumes are moved by up to this share of their edge, 0..0.5; in the plane of the
            slices, or along every axis where `symmetry` is one of `SOLID`. So for the next two.
        scaling: Volumes are made larger or smaller by up to this share, 0..0.5.
        tilt: Volumes are turned by up to this many degrees, 0..45.
        scale: How values are scaled: a key of `SCALES`.
        looks: A volume is classified this many times, turned or mirrored as `symmetry` allows.
    """

    kind: str = WHOLE
    width: int = 8
    stem: int = 2
    slices: int = 5
    steps: int = 1500
    budget: float = 120.0
    symmetry: str = "none"
    shift: float = 0.05
    scaling: float = 0.1
    tilt: float = 0.0
    looks: int = 8
    scale: str = AUTO

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least, most in (
            ("width", 0, 128),
            ("stem", 1, 2),
            ("slices", 1, 15),
            ("shift", 0, 0.5),
            ("scaling", 0, 0.5),
            ("tilt", 0, 45),
            ("looks", 1, 48),
        ):
            self.check_number(name, least, most)
        self.check_known("kind", KINDS)
        self.check_known("symmetry", SYMMETRIES)
        self.check_known("scale", SCALES)
        if not self.slices % 2:
            todo = "Give an odd number, so that one slice is in the middle."
            raise SettingsError(
                say("It is {slices}", slices=self.slices), where="slices", todo=todo
            )
        if 0 < self.width < 4:
            raise SettingsError(
                say("It is {width}", width=self.width), where="width", todo="Give 0, or 4 or more."
            )
