"""What a person may choose for a run, and the checks on it."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.shared.page.settings import Choices, SettingsError

RESNET, INCEPTION, TWIN, VOTE = "resnet", "inception", "twin", "vote"
NETWORKS = {
    RESNET: "ResNet-1D, made for signals",
    INCEPTION: "InceptionTime, kernels of three lengths side by side",
    TWIN: "1-D twin of a timm network",
    VOTE: "ResNet-1D and a Rocket, voting",
}


@dataclass(frozen=True)
class Settings(Choices):
    """One run. Where `steps` is reached before `budget`, the same signals and the same settings
    give the same network; a slower machine stops at the budget, having learnt less.

    Attributes:
        network: A key of `NETWORKS`.
        timm: The timm network that a twin is made of.
        members: Networks that are trained one after another and vote.
        width: Kernels in a ResNet-1D's first block; later ones have two and four times as many.
        steps: At most so many for each member.
        budget: At most so many seconds for all members together.
        batch: Signals a step; smaller sets are taken whole.
        rate: Highest learning rate of AdamW. `decay`: its weight decay.
        average: How much of the running mean of the weights a step keeps, 0..1; 0: no mean.
        smoothing: Share of the label that is spread over all classes, 0..1.
        mixup: Parameter of the Beta distribution that two signals are mixed by; 0: never.
        jitter: Standard deviation of added noise, in units of the signal's own.
        scaling: The amplitude varies by so much, as a standard deviation; 0: never.
        warp: The time axis is bent by up to this share of the length, 0..0.5.
        crop: Up to this share of the signal is cut off and the rest stretched, 0..0.5.
        looks: A signal is classified so many times, each time cut a little differently.
        balance: Whether rare classes are drawn as often as frequent ones.
        seed: Of the start, the batches and the augmentation.
    """

    network: str = RESNET
    timm: str = "resnet10t"
    members: int = 2
    width: int = 32
    steps: int = 600
    budget: float = 90.0
    batch: int = 32
    rate: float = 3e-3
    decay: float = 1e-2
    average: float = 0.99
    smoothing: float = 0.1
    mixup: float = 0.2
    jitter: float = 0.05
    scaling: float = 0.1
    warp: float = 0.05
    crop: float = 0.1
    looks: int = 1
    balance: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (
            ("members", 1, 10),
            ("width", 4, 128),
            ("steps", 1, 1_000_000),
            ("budget", 0.1, 86_400),
            ("batch", 2, 1024),
            ("rate", 1e-7, 1),
            ("decay", 0, 1),
            ("average", 0, 0.99999),
            ("smoothing", 0, 0.5),
            ("mixup", 0, 4),
            ("jitter", 0, 1),
            ("scaling", 0, 1),
            ("warp", 0, 0.5),
            ("crop", 0, 0.5),
            ("looks", 1, 32),
            ("seed", 0, 2**31 - 1),
        ):
            self.check_number(name, least, most)
        self.check_known("network", NETWORKS)
        if not isinstance(self.timm, str) or not self.timm:
            todo = "Give the name of a timm ConvNet, such as resnet10t."
            raise SettingsError(f"It is {self.timm!r}", where="timm", todo=todo)
        if not isinstance(self.balance, bool):
            raise SettingsError(f"It is {self.balance!r}", where="balance", todo="Say yes or no.")

    @property
    def rocket(self) -> bool:
        """Whether a Rocket votes beside the networks, with as much weight as all of them."""
        return self.network == VOTE
