"""A painting from its first step to its last, from coarse to fine."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from plugins.style_transfer.layers import Taps, defaults_for
from plugins.style_transfer.painter import Painter, Pictures
from plugins.style_transfer.precision import chosen
from plugins.style_transfer.settings import Settings, SettingsError, fitted
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from weights import Backbone

SAVED, THUMB = 24, 320
"""Steps that are kept for the scrubber, and the pixels of their long side."""
LEAST = 32
"""Pixels of the shorter side that a painting has at the least."""
CELLS = 32
"""Rows and columns of a Gram matrix as it is drawn."""


class PictureError(ParagoneError):
    """A picture that cannot be painted, or painted after."""


@dataclass(frozen=True)
class Progress:
    """One step.

    Attributes:
        step: From 1. `steps`: of all sizes.
        size: (height, width) of this stage.
        seconds: Since the start, without pauses.
        losses: content, style, variation as they enter J, and the total.
        by_layer: The style loss of each layer, before its weight.
    """

    step: int
    steps: int
    size: tuple[int, int]
    seconds: float
    losses: dict[str, float]
    by_layer: dict[str, float]


@dataclass(frozen=True)
class Saved:
    """A step that can be looked at again; `webp`: the picture's bytes."""

    step: int
    webp: bytes


class Run:
    """A painting.

    Args:
        settings: What to do.
        backbone: The network that judges.
        content: uint8 (H, W, 3).
        styles: One or more, uint8 (H, W, 3).
        mask: uint8 (H, W), 255 where the style goes; None: everywhere.

    Attributes:
        stopped: Set it, and the run ends within a step.
        failed: Which term was no number, or "".
        losses: Every step's.
        saved: A few of its pictures.

    Raises:
        PictureError: A picture is missing, too small or too narrow.
        SettingsError: A layer does not exist.
        WeightsError: The network is no ConvNet.
    """

    def __init__(
        self,
        settings: Settings,
        backbone: Backbone,
        content: np.ndarray,
        styles: Sequence[np.ndarray],
        mask: np.ndarray | None = None,
    ):
        check_pictures(settings, content, styles, mask)
        self.settings, self.backbone = settings, backbone
        self.content, self.styles, self.mask = content, list(styles), mask
        self.encoder = backbone.encoder()
        self.schedule = settings.schedule(content.shape)
        self.taps = chosen_taps(settings, self.encoder, self.schedule[-1].size)
        device = self.encoder.device
        self._pictures = Pictures(
            _tensor(content, device),
            [_tensor(style, device) for style in styles],
            None if mask is None else _tensor(mask[..., None], device),
        )
        self.stopped, self.paused, self.failed = False, False, ""
        self.losses: list[Progress] = []
        self.saved: list[Saved] = []
        self._marks = set(np.linspace(1, settings.steps, SAVED).round().astype(int).tolist())
        self._painter: Painter | None = None
        self._spent = 0.0
        self._work = [stage.steps * stage.size[0] * stage.size[1] for stage in self.schedule]
        self._worked = 0.0

    def advance(self) -> Iterator[Progress]:
        """Paint, a step at a time; not asking for the next one is a pause."""
        step = 0
        for stage in self.schedule:
            if self.stopped:
                return
            started = time.monotonic()
            before = self._painter.space if self._painter else None
            painter = Painter(
                self.encoder, self.taps, self.settings, stage, self._pictures, before, self._kind()
            )
            self._painter = painter
            self._spent += time.monotonic() - started
            for _ in range(stage.steps):
                if self.stopped:
                    return
                started = time.monotonic()
                evaluation = painter.step()
                step += 1
                if evaluation.bad:
                    self.failed = evaluation.bad
                    self._spent += time.monotonic() - started
                    return
                if step in self._marks:
                    self._save(step)
                self._spent += time.monotonic() - started
                self._worked += stage.size[0] * stage.size[1]
                progress = Progress(
                    step,
                    self.settings.steps,
                    stage.size,
                    self._spent,
                    evaluation.losses,
                    evaluation.by_layer,
                )
                self.losses.append(progress)
                yield progress

    def _kind(self) -> torch.dtype:
        names = sorted({self.taps.content, *(name for name, _ in self.taps.style)})
        return chosen(self.settings.precision, self.encoder, self.backbone.card.name, names)

    def _save(self, step: int) -> None:
        picture = Image.fromarray(self.picture())
        size = fitted(picture.size[::-1], min(THUMB, max(picture.size)))
        data = io.BytesIO()
        picture.resize(size[::-1], Image.Resampling.LANCZOS).save(data, "WEBP", quality=80)
        self.saved.append(Saved(step, data.getvalue()))

    @property
    def step(self) -> int:
        """The last step that was done."""
        return self.losses[-1].step if self.losses else 0

    @property
    def remaining(self) -> float:
        """Seconds that the rest will take; NaN before the first step."""
        if not self._worked:
            return float("nan")
        return self._spent * (sum(self._work) - self._worked) / self._worked

    @property
    def seconds(self) -> float:
        """Spent so far, without pauses."""
        return self._spent

    @torch.no_grad()
    def picture(self) -> np.ndarray:
        """uint8 (h, w, 3): the painting as it is, at the size of its stage; before the first step
        the content picture.
        """
        if self._painter is None:
            size = self.schedule[0].size
            return np.asarray(Image.fromarray(self.content).resize(size[::-1]))
        return _pixels(self._painter.painted())

    def result(self) -> np.ndarray:
        """uint8 at the full size, also where it was stopped before."""
        height, width = self.schedule[-1].size
        picture = self.picture()
        if picture.shape[:2] == (height, width):
            return picture
        enlarged = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
        return np.asarray(enlarged)

    def grams(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By style layer the Gram matrix of the painting and its target, (<= 32, <= 32) each."""
        if self._painter is None:
            return {}
        now, target = self._painter.grams, self._painter.targets.style
        return {name: (_small(now[name]), _small(target[name])) for name in target if name in now}


def chosen_taps(settings: Settings, encoder, size: tuple[int, int]) -> Taps:
    """The layers of the settings, or the network's defaults.

    Raises:
        SettingsError: A layer does not exist; the message lists near ones.
        WeightsError: The network is no ConvNet.
    """
    defaults = defaults_for(encoder, size)
    wanted = Taps(
        settings.content_layer or defaults.content, settings.style_layers or defaults.style
    )
    for where, names in (
        ("content_layer", [wanted.content]),
        ("style_layers", [name for name, _ in wanted.style]),
    ):
        for name in names:
            try:
                encoder.layer(name, size)
            except ParagoneError as error:
                raise SettingsError(error.what, where=where, todo=error.todo) from error
    return wanted


def check_pictures(
    settings: Settings,
    content: np.ndarray | None,
    styles: Sequence[np.ndarray],
    mask: np.ndarray | None,
) -> None:
    """Raise a PictureError that says which picture cannot be used, and why."""
    if content is None:
        raise PictureError("There is no content picture", where="content", todo="Choose one.")
    if not len(styles):
        raise PictureError("There is no style picture", where="style", todo="Choose one.")
    for where, picture in (
        ("content", content),
        *((say("style {value}", value=i + 1), s) for i, s in enumerate(styles)),
    ):
        height, width = picture.shape[:2]
        if min(height, width) < 8:
            raise PictureError(
                say(
                    "It is {width} x {height} pixels: there is nothing to see",
                    width=width,
                    height=height,
                ),
                where=say("{where} picture", where=where),
                todo="Bring one of 32 pixels or more.",
            )
    height, width = content.shape[:2]
    painted = min(fitted(content.shape, settings.size))
    if painted < LEAST:
        raise PictureError(
            say(
                "It is {width} x {height} pixels: at a size of {size} its shorter side "
                "would have {painted}",
                width=width,
                height=height,
                size=settings.size,
                painted=painted,
            ),
            where="content picture",
            todo="Crop it nearer to a square, or choose a larger size.",
        )
    if settings.style_weights and len(settings.style_weights) != len(styles):
        raise SettingsError(
            say(
                "There are {style_weights} weights for {styles} style pictures",
                style_weights=len(settings.style_weights),
                styles=len(styles),
            ),
            where="style_weights",
            todo="Give one for each, or none.",
        )
    if mask is not None and not mask.any():
        raise PictureError(
            "It is black all over: the style would go nowhere",
            where="mask",
            todo="Paint white where the style is to go.",
        )


def _tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    tensor = torch.from_numpy(np.array(picture)).to(device)
    return tensor.permute(2, 0, 1)[None].float() / 255


def _pixels(picture: Tensor) -> np.ndarray:
    scaled = (picture[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return scaled.permute(1, 2, 0).cpu().numpy()


def _small(gram: Tensor) -> np.ndarray:
    gram = gram.detach()
    if len(gram) > CELLS:
        gram = F.adaptive_avg_pool2d(gram[None, None], CELLS)[0, 0]
    return gram.cpu().numpy()
