"""The losses, beside the same in numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    import torch


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    import torch

    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_gram_matrix():
    from plugins.style_transfer.model import gram_matrix

    a = random(1, 5, 4, 6)
    flat = a[0].numpy().reshape(5, -1)
    np.testing.assert_allclose(gram_matrix(a).numpy(), flat @ flat.T / 24, rtol=1e-5)


def test_gram_matrix_does_not_know_where():
    import torch

    from plugins.style_transfer.model import gram_matrix

    a = random(1, 5, 4, 6)
    order = torch.randperm(24, generator=torch.Generator().manual_seed(1))
    moved = a.flatten(2)[..., order].view_as(a)
    torch.testing.assert_close(gram_matrix(moved), gram_matrix(a))


def test_masked_gram_matrix_sees_the_mask_only():
    import torch

    from plugins.style_transfer.model import gram_matrix

    a, mask = random(1, 5, 4, 6), torch.zeros(1, 1, 4, 6)
    mask[..., :3] = 1
    torch.testing.assert_close(gram_matrix(a, mask), gram_matrix(a[..., :3]))


def test_losses_are_zero_at_the_target_and_do_not_depend_on_its_size():
    import torch

    from plugins.style_transfer.model import content_loss, gram_matrix, style_loss

    a, b = random(1, 5, 4, 6), random(1, 5, 4, 6, seed=1)
    g, h = gram_matrix(a), gram_matrix(b)
    assert content_loss(a, a) == 0 and style_loss(g, g) == 0
    wanted = ((a - b) ** 2).mean() / b.var()
    torch.testing.assert_close(content_loss(a, b), wanted)
    torch.testing.assert_close(content_loss(9 * a, 9 * b), wanted)
    torch.testing.assert_close(style_loss(g, h), ((g - h) ** 2).sum() / (h**2).sum())
    torch.testing.assert_close(style_loss(9 * g, 9 * h), style_loss(g, h))


def test_total_variation():
    import torch

    from plugins.style_transfer.model import total_variation

    stripes = torch.zeros(1, 3, 4, 4)
    stripes[..., ::2] = 1
    assert total_variation(stripes) == 1 and total_variation(torch.ones(1, 3, 4, 4)) == 0


def entropy(values: torch.Tensor) -> float:
    shares = values.clamp(min=1e-12) / values.clamp(min=1e-12).sum()
    return float(-(shares * shares.log()).sum())


def test_smoothing_raises_the_entropy():
    import torch

    from plugins.style_transfer.model import smoothed

    a = random(1, 4, 8, 8)
    a[0, 0, 0, 0] = 12
    b = smoothed(a)
    assert b.min() > 0 and b.mean() == pytest.approx(1, abs=1e-5)
    assert torch.equal(a.flatten().argsort(), b.flatten().argsort())
    assert entropy(b) > entropy(a.relu()) + 0.5


def test_weights_of_layers_are_shares():
    import torch

    from plugins.style_transfer.model import Targets

    targets = Targets({"a": random(3, 3), "b": random(2, 2)}, {"a": 3.0, "b": 1.0})
    total = targets.total_style({"a": torch.tensor(2.0), "b": torch.tensor(6.0)})
    assert float(total) == pytest.approx(0.75 * 2 + 0.25 * 6)


def test_several_styles_are_averaged_by_weight():
    import torch

    from plugins.style_transfer.model import mean_gram

    g, h = random(3, 3), random(3, 3, seed=1)
    torch.testing.assert_close(mean_gram([g, h], [1, 3]), (g + 3 * h) / 4)


def test_keeping_colours():
    import torch

    from plugins.style_transfer.colours import luminance, recoloured

    picture, colours = torch.rand(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5)
    colours[:, 0] = 0.6
    kept = recoloured(0.5 + 0.1 * picture, colours)
    torch.testing.assert_close(luminance(kept), luminance(0.5 + 0.1 * picture))
    torch.testing.assert_close(kept[:, 0] - kept[:, 1], torch.full((1, 8, 8), 0.1))


def test_matched_colours():
    import torch

    from plugins.style_transfer.colours import matched

    style = 0.5 + 0.05 * random(1, 3, 32, 32)
    content = 0.4 + 0.08 * random(1, 3, 24, 40, seed=1) * torch.tensor([1, 0.5, 0.2]).view(
        1, 3, 1, 1
    )
    found = matched(style, content)
    assert found.shape == style.shape
    for wanted, got in ((content, found),):
        a, b = (p.flatten(2)[0] for p in (wanted, got))
        torch.testing.assert_close(b.mean(1), a.mean(1), atol=3e-3, rtol=0)
        torch.testing.assert_close(torch.cov(b), torch.cov(a), atol=4e-4, rtol=0)
    flat = torch.full((1, 3, 4, 4), 0.3)
    assert matched(style, flat).isfinite().all(), "a picture of one colour has no spread"
