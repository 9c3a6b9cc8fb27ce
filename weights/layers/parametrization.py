"""How a picture is parametrised while it is optimised: by its pixels, or by its spectrum.

Gradients of most ConvNets are rough: pixels that follow them fill with noise. Mordvintsev,
Pezzotti, Schubert and Olah ("Differentiable Image Parameterizations", Distill, 2018) let the
picture's Fourier coefficients learn instead, each divided by its frequency, in decorrelated colours
and through a sigmoid: coarse structure then moves as readily as fine.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EDGE = 0.01
"""How near to black and white a start may come; the sigmoid reaches neither."""
# Square root of the covariance of natural colours, as published with the article.
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


class Pixels(nn.Module):
    """The plain way: one number a pixel and colour.

    Args:
        size: (height, width).
        start: (1, 3, H, W) in 0..1, resized where needed; None: grey noise.
        seed: Of the noise.
    """

    def __init__(self, size: tuple[int, int], start: Tensor | None = None, seed: int = 0):
        super().__init__()
        self.size = size
        if start is None:
            start = 0.5 + 0.1 * _noise((1, 3, *size), seed)
        values = resized(start.detach(), size).clone(memory_format=torch.contiguous_format)
        self.values = nn.Parameter(values)

    def forward(self) -> Tensor:
        """(1, 3, H, W) in 0..1. Gradients pass where it was clipped, so that no pixel is stuck."""
        return self.values + (self.values.clamp(0, 1) - self.values).detach()

    def grown(self, size: tuple[int, int]) -> Pixels:
        """A larger one that shows the same picture."""
        return Pixels(size, self().detach()).to(self.values.device)


class Fourier(nn.Module):
    """The spectrum divided by frequency, in decorrelated colours, through a sigmoid.

    The arguments are those of `Pixels`.
    """

    def __init__(self, size: tuple[int, int], start: Tensor | None = None, seed: int = 0):
        super().__init__()
        self.size = size
        height, width = size
        across = torch.fft.rfftfreq(width)
        frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], across[None])
        scale = math.sqrt(height * width) / frequency.clamp(min=1 / max(size)) / 4
        colours = torch.tensor(COLOURS)
        colours = colours / colours.norm(dim=0).max()
        self.register_buffer("scale", scale)
        self.register_buffer("colours", colours)
        if start is None:
            spectrum = 0.01 * _noise((1, 3, *frequency.shape, 2), seed)
        else:
            self.to(start.device)
            spectrum = self._spectrum(resized(start.detach(), size))
        self.spectrum = nn.Parameter(spectrum)

    def _spectrum(self, picture: Tensor) -> Tensor:
        logits = torch.logit(picture.float().clamp(EDGE, 1 - EDGE))
        plain = torch.einsum("dc,nchw->ndhw", torch.linalg.inv(self.colours), logits)
        return torch.view_as_real(torch.fft.rfft2(plain) / self.scale).contiguous()

    def forward(self) -> Tensor:
        """(1, 3, H, W) in 0..1."""
        plain = torch.fft.irfft2(torch.view_as_complex(self.spectrum) * self.scale, s=self.size)
        return torch.sigmoid(torch.einsum("cd,ndhw->nchw", self.colours, plain))

    def grown(self, size: tuple[int, int]) -> Fourier:
        """A larger one that shows the same picture."""
        return Fourier(size, self().detach())


def _noise(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, C, H, W) in 0..1 at another size; bicubic, without aliasing."""
    if tuple(picture.shape[-2:]) == tuple(size):
        return picture
    return F.interpolate(picture, size, mode="bicubic", antialias=True).clamp(0, 1)


def cropped(picture: Tensor, most: int, shift: tuple[int, int]) -> Tensor:
    """The picture less `most` rows and columns, beginning at `shift`, each 0..`most`."""
    height, width = picture.shape[-2:]
    down, right = shift
    return picture[..., down : height - most + down, right : width - most + right]


def shifted(pictures: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """The pictures less `most` rows and columns, at a random place: what must look right at every
    shift has no pattern that only the network's grid can see.
    """
    down, right = torch.randint(0, most + 1, (2,), generator=generator).tolist()
    return cropped(pictures, most, (down, right))
