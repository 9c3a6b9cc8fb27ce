"""What a classifier's run follows, whatever it classifies, and the checks on it."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.shared.page.settings import Choices, SettingsError
from weights.messages import say

BOUNDS = (
    ("steps", 1, 1_000_000),
    ("budget", 0.1, 86_400),
    ("batch", 2, 1024),
    ("rate", 1e-7, 1),
    ("decay", 0, 1),
    ("average", 0, 0.99999),
    ("smoothing", 0, 0.5),
    ("seed", 0, 2**31 - 1),
)


@dataclass(frozen=True, kw_only=True)
class Recipe(Choices):
    """The settings that all classifiers share. Where `steps` is reached before `budget`, the same
    examples and the same settings give the same network; a slower machine stops at the budget,
    having learnt less.

    Attributes:
        timm: The timm network that is made narrower, or given other dimensions.
        steps: At most this many.
        budget: At most this many seconds.
        batch: Examples a step; smaller sets are taken whole.
        rate: Highest learning rate of AdamW. `decay`: its weight decay.
        average: How much of the running mean of the weights a step keeps, 0..1; 0: no mean.
        smoothing: Share of the label that is spread over all classes, 0..1.
        balance: Whether rare classes are drawn as often as frequent ones.
        seed: Of the start, the batches and the augmentation.
    """

    timm: str = "resnet10t"
    steps: int = 1000
    budget: float = 90.0
    batch: int = 32
    rate: float = 3e-3
    decay: float = 1e-2
    average: float = 0.99
    smoothing: float = 0.0
    balance: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in BOUNDS:
            self.check_number(name, least, most)
        if not isinstance(self.timm, str) or not self.timm:
            todo = "Give the name of a timm ConvNet, such as resnet10t."
            raise SettingsError(say("It is {timm}", timm=repr(self.timm)), where="timm", todo=todo)
        self.check_yes("balance")
