"""Twins of a network that has learnt: EfficientNet-Lite0 as its package has it, on a photograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from weights import Backbone, Weights

if TYPE_CHECKING:
    import torch


@pytest.fixture(scope="module")
def lite0() -> Backbone:
    return Weights(device="cpu", offline=True).backbone("tf_efficientnet_lite0.packaged_in1k")


@pytest.fixture(scope="module")
def pictures(lite0) -> torch.Tensor:
    """(2, 3, 224, 224): an astronaut and a cat."""
    from skimage import data

    return lite0.transform([data.astronaut(), data.chelsea()])


@pytest.fixture(scope="module")
def logits(lite0, pictures) -> torch.Tensor:
    import torch

    with torch.no_grad():
        return lite0.module(pictures)


def test_a_volume_of_equal_slices(lite0, pictures, logits):
    import torch

    from tests.weights.ndim.ndim_equal import difference
    from weights.ndim import to_ndim

    twin = to_ndim(lite0.module, 3, inflation="mean")
    with torch.no_grad():
        found = twin(pictures.unsqueeze(2).expand(-1, -1, 3, -1, -1))
    assert difference(found, logits) < 1e-4
    assert found.argmax(1).tolist() == logits.argmax(1).tolist()
    assert logits.argmax(1).unique().numel() == 2


def test_slices_of_a_volume(lite0, pictures, logits):
    """Without gates, what the head gives for a volume is the mean over its slices."""
    import torch

    from tests.weights.ndim.ndim_equal import difference
    from weights.ndim import to_ndim

    twin = to_ndim(lite0.module, 3)
    both = pictures.movedim(0, 1)
    volumes = torch.stack([both, both[:, :1].expand_as(both)])
    with torch.no_grad():
        found = twin.forward_features(volumes)
        wanted = lite0.module.forward_features(pictures)
        assert difference(found[0].movedim(1, 0), wanted) < 1e-4
        assert difference(twin(volumes), torch.stack([logits.mean(0), logits[0]])) < 1e-4


def test_rows_of_a_photograph_as_signals(lite0, pictures):
    import torch

    from tests.weights.ndim.ndim_equal import rows_alike
    from weights.ndim import to_ndim

    signals = pictures[:, :, 100]
    twin = to_ndim(lite0.module, 1)
    assert rows_alike(lite0.module, twin, signals) < 1e-4
    with torch.no_grad():
        assert twin(signals).shape == (2, 1000)


@pytest.mark.parametrize("channels", [1, 4])
def test_other_input_channels_as_timm_does(lite0, pictures, channels):
    """timm sums the first kernel's colours for one channel, and repeats them for more."""
    import timm
    import torch

    from tests.weights.ndim.ndim_equal import difference, rows_alike
    from weights.ndim import to_ndim

    overlay = {"state_dict": lite0.module.state_dict()}
    narrow = timm.create_model(
        "tf_efficientnet_lite0", pretrained=True, in_chans=channels, pretrained_cfg_overlay=overlay
    ).eval()
    grey = pictures.mean(1, keepdim=True)
    if channels == 1:
        with torch.no_grad():
            wanted = lite0.module(grey.expand(-1, 3, -1, -1))
            volumes = grey.unsqueeze(2).expand(-1, -1, 2, -1, -1)
            found = to_ndim(narrow, 3, inflation="mean")(volumes)
        assert difference(found, wanted) < 1e-4
    signals = grey[:, :, 100].expand(-1, channels, -1) * np.float32(0.5)
    assert rows_alike(narrow, to_ndim(narrow, 1), signals) < 1e-4
