"""What a person may choose for a painting, and the checks on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from plugins.shared.page.settings import Choices, SettingsError
from weights.messages import say

BACKBONE = "tf_efficientnet_lite0.in1k"
STARTS = ("content", "noise", "blend")
PARAMETRISATIONS = ("fourier", "pixels")
OPTIMISERS = ("adam", "lbfgs")
PRECISIONS = ("auto", "float32", "bfloat16")
SMALLEST, LARGEST = 64, 1024
COARSEST = 96
"""Pixels of the long side under which coarse to fine does not begin."""
SHARES = {1: (1.0,), 2: (0.55, 0.45), 3: (0.5, 0.3, 0.2), 4: (0.45, 0.28, 0.17, 0.10)}
"""Of the steps, from coarse to fine. A step costs four times as much at twice the size."""


@dataclass(frozen=True)
class Stage:
    """This many steps at (height, width) pixels."""

    size: tuple[int, int]
    steps: int


@dataclass(frozen=True)
class Settings(Choices):
    """One painting, wholly: with the same pictures and the same settings it comes out the same.

    Attributes:
        backbone: A name of the catalogue.
        size: Pixels of the long side of the result.
        steps: Over all sizes.
        start: From the `content` picture, from `noise`, or from a `blend` of both.
        blend: Share of the noise in a blend, 0..1.
        parametrisation: What is optimised: `fourier` coefficients or `pixels`.
        optimiser: `adam`, or `lbfgs` as Gatys et al. used it.
        rate: Of Adam. 0: what suits the parametrisation.
        alpha: Weight of the content loss. `beta`: of the style loss. `variation`: of the total
            variation, which smooths.
        content_layer: Its name; "": the default of the backbone.
        style_layers: (name, weight) pairs; none: the default of the backbone.
        smoothing: Whether activations are smoothed before they are compared (Wang, Li and
            Vasconcelos, CVPR 2021), for residual networks.
        keep_colours: Whether the content picture keeps its colours (Gatys et al. 2016).
        style_scale: Size of the style picture beside the result's; larger: larger strokes.
        style_weights: One for each style picture; none: all alike.
        coarse_to_fine: Whether it begins small.
        precision: What the network computes in: `float32`, `bfloat16`, or `auto`, the quicker.
        seed: Of noise and shifts.
    """

    backbone: str = BACKBONE
    size: int = 384
    steps: int = 200
    start: str = "content"
    blend: float = 0.5
    parametrisation: str = "fourier"
    optimiser: str = "adam"
    rate: float = 0.0
    alpha: float = 1.0
    beta: float = 20.0
    variation: float = 0.0
    content_layer: str = ""
    style_layers: tuple[tuple[str, float], ...] = ()
    smoothing: bool = False
    keep_colours: bool = False
    style_scale: float = 1.0
    style_weights: tuple[float, ...] = ()
    coarse_to_fine: bool = True
    precision: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (
            ("size", SMALLEST, LARGEST),
            ("steps", 1, 5000),
            ("seed", 0, 2**31 - 1),
            ("blend", 0, 1),
            ("rate", 0, 10),
            ("alpha", 0, 1e9),
            ("beta", 0, 1e9),
            ("variation", 0, 1e9),
            ("style_scale", 0.25, 4),
        ):
            self.check_number(name, least, most)
        for name, known in (
            ("start", STARTS),
            ("parametrisation", PARAMETRISATIONS),
            ("optimiser", OPTIMISERS),
            ("precision", PRECISIONS),
        ):
            self.check_known(name, known)
        self._check_weights()

    def _check_weights(self) -> None:
        if not (self.alpha or self.beta):
            raise SettingsError(
                "Both are 0: there is nothing to paint towards",
                where="alpha and beta",
                todo="Give at least one of them a weight.",
            )
        layers = _pairs(self.style_layers)
        weights = _numbers(self.style_weights, "style_weights")
        for name, values in (("style_layers", [w for _, w in layers]), ("style_weights", weights)):
            if values and not sum(values):
                raise SettingsError(
                    "All weights are 0", where=name, todo="Give at least one a weight above 0."
                )
        object.__setattr__(self, "style_layers", layers)
        object.__setattr__(self, "style_weights", weights)

    def schedule(self, shape: tuple[int, ...]) -> tuple[Stage, ...]:
        """The sizes of the painting, from coarse to fine, for a content picture of (H, W, ...)."""
        count = 1
        while self.coarse_to_fine and count < 4 and self.size / 2**count >= COARSEST:
            count += 1
        count = min(count, self.steps)
        stages, left = [], self.steps
        for i, share in enumerate(SHARES[count]):
            rest = count - 1 - i
            steps = left if not rest else min(max(1, round(self.steps * share)), left - rest)
            stages.append(Stage(fitted(shape, self.size / 2**rest), steps))
            left -= steps
        return tuple(stages)

    def plain(self) -> dict:
        """As plain values, for a file."""
        values = super().plain()
        values["style_layers"] = [list(pair) for pair in self.style_layers]
        values["style_weights"] = list(self.style_weights)
        return values


def fitted(shape: tuple[int, ...], longest: float) -> tuple[int, int]:
    """(height, width) of the same proportions whose longer side is `longest`; at least 1."""
    height, width = shape[:2]
    scale = longest / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _pairs(values: Any) -> tuple[tuple[str, float], ...]:
    todo = 'Give pairs of a layer and a weight, such as [["layer1", 1.0]].'
    try:
        pairs = tuple((name, weight) for name, weight in values)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            say("It is {values}", values=repr(values)), where="style_layers", todo=todo
        ) from error
    if any(not isinstance(name, str) for name, _ in pairs):
        raise SettingsError(
            say("It is {values}", values=repr(values)), where="style_layers", todo=todo
        )
    weights = _numbers([weight for _, weight in pairs], "style_layers")
    return tuple((name, weight) for (name, _), weight in zip(pairs, weights, strict=True))


def _numbers(values: Any, where: str) -> tuple[float, ...]:
    todo = "Give weights of 0 or more."
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            say("It is {values}", values=repr(values)), where=where, todo=todo
        ) from error
    if any(not math.isfinite(value) or value < 0 for value in numbers):
        raise SettingsError(say("It is {values}", values=repr(values)), where=where, todo=todo)
    return numbers
