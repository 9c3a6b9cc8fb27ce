"""One size of a painting: the targets, and one step after another towards them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from plugins.style_transfer.colours import matched, recoloured
from plugins.style_transfer.layers import Taps
from plugins.style_transfer.model import (
    Targets,
    content_loss,
    gram_matrix,
    mean_gram,
    smoothed,
    total_variation,
)
from plugins.style_transfer.precision import activations_of
from plugins.style_transfer.settings import Settings, Stage, fitted
from weights.layers.parametrization import Fourier, Pixels, cropped, resized
from weights.messages import say

if TYPE_CHECKING:
    from weights.layers.encoder import MultiLayerEncoder

SHIFT = 4
"""Pixels by which the picture is shifted at most before it is looked at."""
SHIFTS = 8
"""Different shifts; each costs a pass of the content picture once."""
RATES = {"fourier": 0.05, "pixels": 0.02}
ASTRAY = 1.2
"""How many times the least loss so far L-BFGS may reach before it is called back."""
LEAST_STYLE = 32
"""Pixels of the shorter side under which a style picture is not shrunk."""


@dataclass(frozen=True)
class Pictures:
    """What goes in, as tensors (1, 3, H, W) in 0..1, on the device.

    Attributes:
        mask: (1, 1, H, W) in 0..1: where the style goes; None: everywhere.
    """

    content: Tensor
    styles: Sequence[Tensor]
    mask: Tensor | None = None


@dataclass(frozen=True)
class Evaluation:
    """The losses of one picture: weighted as in J, and by layer before that."""

    losses: dict[str, float]
    by_layer: dict[str, float]

    @property
    def bad(self) -> str:
        """The term that is no number, or ""."""
        for name, value in (*self.losses.items(), *self.by_layer.items()):
            if value != value or value in (float("inf"), float("-inf")):
                return name if name in self.losses else say("style at {name}", name=name)
        return ""


class Painter:
    """Steps at one size.

    Args:
        encoder: Of the network that judges.
        taps: Where it judges.
        settings: All but the sizes.
        stage: The size, and for how many steps.
        pictures: At their own sizes.
        before: The painting at the smaller size; None: this is the first.
        kind: What the network computes in.
    """

    def __init__(
        self,
        encoder: MultiLayerEncoder,
        taps: Taps,
        settings: Settings,
        stage: Stage,
        pictures: Pictures,
        before: Fourier | Pixels | None,
        kind: torch.dtype = torch.float32,
    ):
        self.kind = kind
        self.encoder, self.taps, self.settings, self.stage = encoder, taps, settings, stage
        self.content = resized(pictures.content, stage.size)
        self.mask = None
        if pictures.mask is not None:
            self.mask = resized(pictures.mask, stage.size)
        self.space = before.grown(stage.size) if before is not None else self._first()
        self.space.to(encoder.device)
        self.generator = torch.Generator().manual_seed(settings.seed)
        # L-BFGS compares gradients of one step and the next, so its picture stays where it is.
        still = settings.optimiser == "lbfgs"
        self.most = 0 if still else min(SHIFT, min(stage.size) // 16)
        places = torch.randint(0, self.most + 1, (SHIFTS, 2), generator=self.generator)
        self.shifts = sorted({(int(down), int(right)) for down, right in places})
        self._content: dict[tuple[int, int], Tensor] = {}
        self.targets = self._targets(pictures.styles)
        self.grams: dict[str, Tensor] = {}
        self.searching = False
        self.optimiser = self._optimiser()
        self.best: tuple[float, Sequence[Tensor]] | None = None
        self.done = 0

    def _first(self) -> Fourier | Pixels:
        settings = self.settings
        kind = Fourier if settings.parametrisation == "fourier" else Pixels
        noise = kind(self.stage.size, None, settings.seed)
        if settings.start == "noise":
            return noise
        if settings.start == "content":
            return kind(self.stage.size, self.content)
        with torch.no_grad():
            grey = noise.to(self.content.device)()
            share = settings.blend
            return kind(self.stage.size, (1 - share) * self.content + share * grey)

    def _optimiser(self) -> torch.optim.Optimizer:
        settings, parameters = self.settings, list(self.space.parameters())
        if settings.optimiser == "lbfgs":
            # A line search looks at each place twice and more. The steps of full length that L-BFGS
            # proposes nearly always serve; where one does not, `_watch` turns to searching.
            search = {"line_search_fn": "strong_wolfe", "max_eval": 8} if self.searching else {}
            return torch.optim.LBFGS(parameters, max_iter=1, history_size=20, **search)
        rate = settings.rate or RATES[settings.parametrisation]
        return torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.99))

    @torch.no_grad()
    def _targets(self, styles: Sequence[Tensor]) -> Targets:
        settings = self.settings
        weights = dict(self.taps.style)
        names = [name for name, weight in weights.items() if weight and settings.beta]
        grams: dict[str, list[Tensor]] = {name: [] for name in names}
        for style in styles:
            if settings.keep_colours:
                style = matched(style, self.content)
            shown = resized(style, self._style_size(style))
            activations = self._activations(shown, names)
            for name in names:
                grams[name].append(gram_matrix(activations[name]))
        shares = settings.style_weights or [1.0] * len(styles)
        targets = {name: mean_gram(found, shares) for name, found in grams.items()}
        return Targets(targets, {name: weights[name] for name in names}, self._masks(names))

    def _style_size(self, style: Tensor) -> tuple[int, int]:
        shape = tuple(style.shape[-2:])
        longest = max(self.stage.size) * self.settings.style_scale
        least = LEAST_STYLE * max(shape) / min(shape)
        return fitted(shape, max(longest, least))

    def _masks(self, names: Sequence[str]) -> dict[str, Tensor] | None:
        if self.mask is None or not names:
            return None
        mask = cropped(self.mask, self.most, (self.most // 2,) * 2)
        seen = cropped(self.content, self.most, (0, 0))
        grids = self._activations(seen, names)
        return {n: F.interpolate(mask, grids[n].shape[-2:], mode="area") for n in names}

    def _activations(self, picture: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """Activations of a picture in 0..1."""
        found = activations_of(self.encoder, picture, names, self.kind)
        return {n: smoothed(a) for n, a in found.items()} if self.settings.smoothing else found

    def _content_at(self, shift: tuple[int, int]) -> Tensor:
        if shift not in self._content:
            with torch.no_grad():
                seen = cropped(self.content, self.most, shift)
                self._content[shift] = self._activations(seen, [self.taps.content])[
                    self.taps.content
                ]
        return self._content[shift]

    def painted(self) -> Tensor:
        """(1, 3, H, W) in 0..1: the painting as it is, with the content's colours and outside of
        the mask the content where that was asked for.
        """
        picture = self.space()
        if self.settings.keep_colours:
            picture = recoloured(picture, self.content)
        if self.mask is not None:
            picture = self.mask * picture + (1 - self.mask) * self.content
        return picture

    def evaluate(self) -> tuple[Tensor, Evaluation]:
        """J of the painting, at one of the shifts, and what it is made of."""
        settings, targets = self.settings, self.targets
        choice = int(torch.randint(len(self.shifts), (1,), generator=self.generator))
        shift = self.shifts[choice]
        picture = self.painted()
        names = [*targets.style, *([self.taps.content] if settings.alpha else [])]
        activations = self._activations(cropped(picture, self.most, shift), names)
        self.grams = targets.grams(activations)
        by_layer = targets.style_losses(self.grams)
        terms: dict[str, Tensor] = {}
        if settings.alpha:
            found = content_loss(activations[self.taps.content], self._content_at(shift))
            terms["content"] = settings.alpha * found
        if by_layer:
            terms["style"] = settings.beta * targets.total_style(by_layer)
        if settings.variation:
            terms["variation"] = settings.variation * total_variation(picture)
        total = sum(terms.values())
        losses = {"total": float(total.detach())} | {n: float(t.detach()) for n, t in terms.items()}
        losses = {name: losses[name] for name in (*terms, "total")}
        return total, Evaluation(losses, {n: float(v.detach()) for n, v in by_layer.items()})

    def step(self) -> Evaluation:
        """One step. Where a term is no number, nothing changes."""
        found: list[Evaluation] = []
        before = [parameter.detach().clone() for parameter in self.space.parameters()]

        def closure() -> Tensor:
            self.optimiser.zero_grad(set_to_none=True)
            total, evaluation = self.evaluate()
            found.append(evaluation)
            total.backward()
            return total

        self._anneal()
        self.optimiser.step(closure)
        if found[0].bad or not all(bool(p.isfinite().all()) for p in self.space.parameters()):
            self._restore(before)
        elif isinstance(self.optimiser, torch.optim.LBFGS):
            self._watch(found[0].losses["total"], before)
        self.done += 1
        return found[0]

    @torch.no_grad()
    def _restore(self, values: Sequence[Tensor]) -> None:
        for parameter, good in zip(self.space.parameters(), values, strict=True):
            parameter.copy_(good)

    def _watch(self, total: float, seen: Sequence[Tensor]) -> None:
        """Where a step of L-BFGS led astray, go back to the best place, forget the curvature that
        led away from it, and search along lines from now on.
        """
        if self.best is None or total <= self.best[0]:
            self.best = total, seen
        elif total > ASTRAY * self.best[0]:
            self._restore(self.best[1])
            self.searching = True
            self.optimiser = self._optimiser()

    def _anneal(self) -> None:
        """Adam's steps shorten towards the end of a size, so that it settles."""
        if isinstance(self.optimiser, torch.optim.Adam):
            left = 1 - self.done / max(self.stage.steps, 1)
            rate = self.settings.rate or RATES[self.settings.parametrisation]
            self.optimiser.param_groups[0]["lr"] = rate * min(1.0, 0.1 + 1.8 * left)
