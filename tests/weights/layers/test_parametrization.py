"""Pictures as pixels and as spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import torch


def smooth(height: int, width: int) -> torch.Tensor:
    import torch

    y, x = torch.meshgrid(torch.linspace(0, 3, height), torch.linspace(0, 3, width), indexing="ij")
    return torch.stack([torch.sin(y), torch.cos(x), torch.sin(x * y)])[None] * 0.4 + 0.5


@pytest.mark.parametrize("kind", ["Pixels", "Fourier"])
@pytest.mark.parametrize("size", [(24, 32), (25, 31)])
def test_it_shows_what_it_starts_from(kind, size):
    import torch

    from weights.layers import parametrization

    start = smooth(*size)
    space = getattr(parametrization, kind)(size, start)
    assert space().shape == (1, 3, *size)
    torch.testing.assert_close(space(), start.clamp(0.01, 0.99), atol=2e-4, rtol=0)


@pytest.mark.parametrize("kind", ["Pixels", "Fourier"])
def test_a_grown_one_shows_the_same(kind):
    from weights.layers import parametrization

    space = getattr(parametrization, kind)((24, 32), smooth(24, 32))
    grown = space.grown((48, 64))
    assert grown().shape == (1, 3, 48, 64)
    back = parametrization.resized(grown().detach(), (24, 32))
    assert (back - space()).abs().mean() < 0.01


@pytest.mark.parametrize("kind", ["Pixels", "Fourier"])
def test_noise_comes_from_the_seed(kind):
    import torch

    from weights.layers import parametrization

    made = getattr(parametrization, kind)
    one, same, other = (made((16, 16), seed=seed)().detach() for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert 0 < one.min() and one.max() < 1


def test_coarse_and_fine_frequencies_learn_alike():
    """A step of the same size in every coefficient gives a picture with a spectrum of 1/f."""
    import torch

    from weights.layers import parametrization

    space = parametrization.Fourier((64, 64))
    with torch.no_grad():
        space.spectrum.copy_(torch.randn(space.spectrum.shape, generator=torch.Generator()))
        spectrum = torch.fft.rfft2(torch.logit(space())).abs().mean(dim=(0, 1))
    low, high = spectrum[1:4, 1:4].mean(), spectrum[28:36, 28:].mean()
    assert 5 < low / high < 40


def test_colours_are_decorrelated():
    import torch

    from weights.layers import parametrization

    space = parametrization.Fourier((8, 8))
    assert torch.linalg.matrix_rank(space.colours) == 3
    assert space.colours.norm(dim=0).max() == pytest.approx(1)


def test_clipped_pixels_are_not_stuck():
    import torch

    from weights.layers import parametrization

    space = parametrization.Pixels((4, 4), torch.full((1, 3, 4, 4), 0.5))
    with torch.no_grad():
        space.values.fill_(1.5)
    assert space().max() == 1
    space().sum().backward()
    assert (space.values.grad == 1).all()


def test_shifts():
    import torch

    from weights.layers import parametrization

    picture = torch.arange(36.0).view(1, 1, 6, 6)
    assert torch.equal(parametrization.cropped(picture, 2, (1, 2)), picture[..., 1:5, 2:6])
    generator = torch.Generator().manual_seed(0)
    seen = {float(parametrization.shifted(picture, 2, generator)[0, 0, 0, 0]) for _ in range(100)}
    assert seen == {0, 1, 2, 6, 7, 8, 12, 13, 14}
