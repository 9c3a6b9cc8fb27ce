"""What a person may choose for a run, and the checks on it."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.shared.classification.recipe import Recipe

RESNET, INCEPTION, TWIN, VOTE = "resnet", "inception", "twin", "vote"
ROCKET = "rocket"
LONGEST = 1800
"""Seconds that a run may be given on the page."""
COVERAGE = 0.9
"""How often the truth is wanted in a prediction set."""
NETWORKS = {
    VOTE: "ResNet-1D and a Rocket, voting",
    RESNET: "ResNet-1D, made for signals",
    INCEPTION: "InceptionTime, kernels of three lengths side by side",
    TWIN: "1-D twin of a timm network",
    ROCKET: "Rocket alone, fixed kernels and a linear classifier",
}


@dataclass(frozen=True, kw_only=True)
class Settings(Recipe):
    """One run; what is not listed here is in `Recipe`.

    Attributes:
        network: A key of `NETWORKS`.
        members: Networks that are trained one after another and vote.
        width: Kernels in a ResNet-1D's first block; later ones have two and four times as many.
        mixup: Parameter of the Beta distribution that two signals are mixed by; 0: never.
        jitter: Standard deviation of added noise, in units of the signal's own.
        scaling: The amplitude varies by so much, as a standard deviation; 0: never.
        warp: The time axis is bent by up to this share of the length, 0..0.5.
        crop: Up to this share of the signal is cut off and the rest stretched, 0..0.5.
        early: Whether a network that names its training signals rightly again and again ends early.
        refit: Whether what was tested learns from all signals in the end, those of the test too.
        looks: A signal is classified this many times, each time cut a little differently.
    """

    network: str = VOTE
    members: int = 2
    width: int = 32
    steps: int = 600
    smoothing: float = 0.1
    mixup: float = 0.2
    jitter: float = 0.05
    scaling: float = 0.1
    warp: float = 0.05
    crop: float = 0.1
    early: bool = True
    refit: bool = False
    looks: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least, most in (
            ("members", 1, 10),
            ("width", 4, 128),
            ("mixup", 0, 4),
            ("jitter", 0, 1),
            ("scaling", 0, 1),
            ("warp", 0, 0.5),
            ("crop", 0, 0.5),
            ("looks", 1, 32),
        ):
            self.check_number(name, least, most)
        self.check_known("network", NETWORKS)
        self.check_yes("early")
        self.check_yes("refit")

    @property
    def rocket(self) -> bool:
        """Whether there is a Rocket: alone, or with as much weight as all networks together."""
        return self.network in (VOTE, ROCKET)

    @property
    def wanted(self) -> int:
        """Steps of all networks together."""
        return 0 if self.network == ROCKET else self.members * self.steps
