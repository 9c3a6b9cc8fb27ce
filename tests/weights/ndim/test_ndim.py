"""Twins in one and three dimensions give what their 2-D networks give."""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING

import pytest

from weights.errors import WeightsError

if TYPE_CHECKING:
    import torch
    from torch import nn

# Small members of twenty-five families and more; tests/benchmarks/sweep_ndim.py goes through all.
SAMPLE = (
    "test_resnet test_byobnet test_convnext2 test_efficientnet_evos test_efficientnet_gn "
    "test_mambaout test_nfnet dla46x_c fasternet_t0 fastvit_t8 ghostnet_050 hgnetv2_b0 "
    "inception_next_atto inception_v3 legacy_seresnet18 mobilenetv3_small_050 poolformer_s12 "
    "regnety_002 repghostnet_050 repvit_m0_9 resnest14d resnetv2_18 rexnet_100 skresnet18 "
    "starnet_s050 ese_vovnet19b_dw cspnext_tiny lcnetv2_small"
).split()
LARGER = {"inception_v3": 96}
"""Sides of pictures, where 64 is too small for the network."""


def made(name: str, **settings) -> nn.Module:
    import timm
    import torch

    from tests.weights.ndim.ndim_equal import awakened, inputs, settled

    torch.manual_seed(0)
    settings = {"num_classes": 10, **settings}
    module = awakened(timm.create_model(name, **settings)).requires_grad_(False)
    side = LARGER.get(name, 64)
    return settled(module, inputs(4, settings.get("in_chans", 3), side, side))


def noise(*shape: int) -> torch.Tensor:
    import torch

    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_of_the_families(name):
    import timm

    from tests.weights.ndim.ndim_equal import depth_alike, inputs, rows_alike, slices_alike
    from weights.ndim import to_ndim

    if not timm.is_model(name):
        pytest.skip(f"this timm has no {name}")
    module, side = made(name), LARGER.get(name, 64)
    assert rows_alike(module, to_ndim(module, 1), inputs(2, 3, side)) < 1e-4
    slices = to_ndim(module, 3, gates="slice")
    volumes = inputs(2, 3, 2, side, side)
    assert slices_alike(module, slices, volumes) < 1e-4
    mean = to_ndim(module, 3, inflation="mean")
    assert depth_alike(module, mean, inputs(2, 3, side, side), slices=2) < 1e-4
    # Equal means something only where they could differ.
    assert slices_alike(module, mean, volumes) > 0.1


def test_one_dimension_beside_the_network_as_it_is():
    """Nothing of the 2-D network is changed here: the picture is so high that its middle row is
    further from the border than it sees.
    """
    import torch

    from tests.weights.ndim.ndim_equal import difference
    from weights.ndim import to_ndim

    module = made("resnet18")
    twin = to_ndim(module, 1)
    signal = noise(1, 3, 96)
    for x, net in ((signal.unsqueeze(2).expand(-1, -1, 256, -1), module), (signal, twin)):
        kept = []
        part = net.layer2 if net is module else net.net.layer2
        part.register_forward_hook(lambda _, __, output, kept=kept: kept.append(output))
        with torch.no_grad():
            net(x)
        if net is module:
            wanted = kept[0][:, :, kept[0].shape[2] // 2]
    assert difference(kept[0][:, :, 0], wanted) < 1e-5


def test_without_gates_every_slice_is_the_2d_networks_in_any_case():
    import torch

    from tests.weights.ndim.ndim_equal import difference, slices_alike
    from weights.ndim import to_ndim

    module = made("resnet18")
    volumes = noise(2, 3, 5, 64, 48)
    twin = to_ndim(module, 3)
    assert slices_alike(module, twin, volumes) < 1e-5
    with torch.no_grad():
        of_slices = torch.stack([module(one) for one in volumes.unbind(2)]).mean(0)
        assert difference(twin(volumes), of_slices) < 1e-5


@pytest.mark.parametrize("name", ["test_efficientnet", "convnextv2_atto", "test_efficientnet_gn"])
def test_gates_see_the_volume(name):
    """Squeeze-and-excitation, global response norms, and norms over positions."""
    import torch

    from tests.weights.ndim.ndim_equal import difference
    from weights.ndim import to_ndim

    module = made(name)
    volume = noise(1, 3, 6, 64, 64)
    other = volume.clone()
    other[:, :, 5] += 2
    changed = {}
    for gates in ("volume", "slice"):
        twin = to_ndim(module, 3, gates=gates)
        with torch.no_grad():
            found, wanted = twin.forward_features(volume), twin.forward_features(other)
        changed[gates] = difference(found[:, :, 0], wanted[:, :, 0])
    assert changed["volume"] > 1e-3 > changed["slice"] == 0


@pytest.mark.parametrize("name", ["resnet18", "seresnet18", "resnetv2_18", "resnest14d"])
def test_a_strided_depth(name):
    import torch

    from tests.weights.ndim.ndim_equal import depth_alike, difference, inputs
    from weights.ndim import to_ndim

    module = made(name)
    twin = to_ndim(module, 3, inflation="mean", along="same")
    assert depth_alike(module, twin, inputs(2, 3, 64, 64)) < 1e-4
    with torch.no_grad():
        assert twin.forward_features(noise(1, 3, 64, 64, 64)).shape[2:] == (2, 2, 2)
        # What happens in the middle of the depth matters at the end.
        volume = noise(2, 3, 16, 32, 32)
        assert difference(twin(volume), twin(volume.roll(4, 2))) > 1e-3


@pytest.mark.parametrize(
    ("along", "depths"),
    [(1, [9, 9, 9, 9, 9]), (2, [5, 5, 5, 5, 5]), (4, [5, 3, 3, 3, 3]), ("same", [5, 3, 2, 1, 1])],
)
def test_the_depths_stride_is_a_choice(along, depths):
    from tests.weights.ndim.ndim_equal import depth_alike, inputs
    from weights.ndim import to_ndim

    module = made("resnet18")
    twin = to_ndim(module, 3, inflation="mean", along=along)
    found = []
    for name in ("act1", "layer1", "layer2", "layer3", "layer4"):
        part = twin.net.get_submodule(name)
        part.register_forward_hook(lambda _, __, output: found.append(output.shape[0] // 2))
    assert depth_alike(module, twin, inputs(2, 3, 64, 64), slices=9) < 1e-4
    assert found[:5] == depths


@pytest.mark.parametrize("dims", [1, 3])
def test_the_model_is_left_as_it_was(dims):
    import timm
    import torch

    from weights.ndim import Twin, to_ndim

    module = timm.create_model("test_efficientnet", in_chans=2, num_classes=7)
    before = copy.deepcopy(module.state_dict())
    twin = to_ndim(module, dims)
    assert isinstance(twin, Twin) and twin.training and module.training
    assert not to_ndim(module.eval(), dims).training
    assert all(torch.equal(before[k], v) for k, v in module.state_dict().items())
    x = noise(3, 2, 50) if dims == 1 else noise(3, 2, 4, 40, 40)
    assert twin(x).shape == (3, 7) and twin.num_classes == 7
    shared = {p.data_ptr() for p in module.parameters()} & {p.data_ptr() for p in twin.parameters()}
    assert not shared


@pytest.mark.parametrize("dims", [1, 3])
@pytest.mark.parametrize("name", ["test_convnext", "test_mambaout", "mobilenetv3_small_050"])
def test_features_and_head(name, dims):
    import torch

    from tests.weights.ndim.ndim_equal import maps
    from weights.ndim import to_ndim

    module = made(name)
    twin = to_ndim(module, dims)
    x = noise(2, 3, 64) if dims == 1 else noise(2, 3, 4, 64, 64)
    with torch.no_grad():
        features = twin.forward_features(x)
        channels = maps(module, noise(1, 3, 64, 64)).shape[1]
        assert features.shape == (2, channels, *((2,) if dims == 1 else (4, 2, 2)))
        torch.testing.assert_close(twin.forward_head(features), twin(x))
        assert twin.forward_head(features, pre_logits=True).shape == (2, twin.head_hidden_size)
        twin.reset_classifier(4)
        assert twin(x).shape == (2, 4)


@pytest.mark.parametrize("settings", [{"dims": 1}, {"dims": 3}, {"dims": 3, "along": "same"}])
@pytest.mark.parametrize("name", ["test_resnet", "test_nfnet", "test_convnext2"])
def test_training(name, settings):
    import timm
    import torch
    from torch import nn

    from weights.ndim import to_ndim

    torch.manual_seed(0)
    twin = to_ndim(timm.create_model(name, num_classes=2, drop_path_rate=0.1), **settings).train()
    x = noise(4, 3, 64) if settings["dims"] == 1 else noise(4, 3, 8, 32, 32)
    x[:2] += 1
    optimiser = torch.optim.AdamW(twin.parameters(), lr=2e-3)
    losses = []
    while not losses or losses[-1] > losses[0] / 2:
        assert len(losses) < 60, f"it does not learn: {losses}"
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(twin(x), torch.tensor([0, 0, 1, 1]))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert all(p.grad is not None for p in twin.parameters())
    again = to_ndim(timm.create_model(name, num_classes=2), **settings)
    again.load_state_dict(twin.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(x), twin.eval()(x))


def test_a_block_is_dropped_for_a_whole_volume():
    import timm
    import torch

    from tests.weights.ndim.ndim_equal import awakened, difference
    from weights.ndim import to_ndim

    torch.manual_seed(0)
    module = timm.create_model("test_convnext", num_classes=2, drop_path_rate=0.9)
    twin = to_ndim(awakened(module), 3, inflation="mean").train()
    equal = noise(1, 3, 1, 32, 32).expand(4, -1, 6, -1, -1)
    with torch.no_grad():
        features = twin.forward_features(equal)
    assert difference(features, features[:, :, :1].expand_as(features)) < 1e-5
    assert difference(features, features[:1].expand_as(features)) > 1e-3, "each has its own"


def test_two_threads_with_one_twin():
    import torch

    from weights.ndim import to_ndim

    twin = to_ndim(made("test_efficientnet"), 3)
    volumes = [noise(1, 3, depth, 48, 48) for depth in (3, 7)]
    results: dict[int, torch.Tensor] = {}

    def work(i: int) -> None:
        with torch.no_grad():
            for _ in range(5):
                results[i] = twin(volumes[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with torch.no_grad():
        for i in range(2):
            torch.testing.assert_close(results[i], twin(volumes[i]))


def test_windows_along_the_depth():
    import torch

    from weights.ndim.volume import _extended

    slices = torch.arange(5.0).view(1, 5, 1)
    windows = {
        (taps, stride): [
            w.tolist() for w in _extended(slices, taps, stride, 1)[0, :, 0].unfold(0, taps, stride)
        ]
        for taps, stride in ((3, 1), (2, 2), (4, 4), (3, 2))
    }
    assert windows[3, 1] == [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 4]]
    assert windows[2, 2] == [[0, 1], [2, 3], [4, 4]]
    assert windows[4, 4] == [[0, 1, 2, 3], [4, 4, 4, 4]]
    assert windows[3, 2] == [[0, 0, 1], [1, 2, 3], [3, 4, 4]]


@pytest.mark.parametrize(
    ("name", "dims", "said"),
    [
        ("test_maxvit", 1, "stages.0.blocks.0.attn_block: PartitionAttentionCl"),
        ("edgenext_xx_small", 1, "stages.1.blocks.1.pos_embd.*PositionalEncodingFourier"),
        ("lambda_resnet26t", 1, "conv_lambda.*conv3d has no twin in 1-D"),
        ("mixer_s32_224", 1, "stem: PatchEmbed.*PatchEmbed works with positions"),
    ],
)
def test_what_has_no_twin_is_said(name, dims, said):
    import timm
    import torch

    from weights.ndim import NotConvertible, to_ndim

    with torch.device("meta"):
        module = timm.create_model(name)
    with pytest.raises(NotConvertible, match=said) as caught:
        to_ndim(module, dims)
    assert isinstance(caught.value, WeightsError) and caught.value.where


def test_what_could_go_wrong_unseen_is_refused():
    from torch import nn

    from weights.ndim import NotConvertible, to_ndim

    class Oblique(nn.Conv2d):
        """Computes its kernel in its own way."""

        def forward(self, x):
            return nn.functional.conv2d(x, self.weight * 2, padding=1)

    class Batched(nn.Module):
        """Mixes what is a batch with what is not."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 3, padding=1)

        def forward(self, x):
            return self.conv(x.reshape(-1, 1, *x.shape[2:])).mean((2, 3))

    with pytest.raises(NotConvertible, match="0.*Oblique.*computes its kernel"):
        to_ndim(nn.Sequential(Oblique(3, 4, 3)), 1)
    with pytest.raises(NotConvertible, match="pads by 'circular'"):
        to_ndim(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular")), 3)
    three = Batched()
    three.pretrained_cfg = {"input_size": (3, 32, 32)}
    with pytest.raises(NotConvertible, match="mixes its pictures|answers came out"):
        to_ndim(nn.Sequential(nn.Conv2d(3, 3, 1), three), 3)


def test_bad_arguments():
    import timm

    from weights.ndim import to_ndim

    module = timm.create_model("test_resnet")
    for wrong in ({"dims": 2}, {"dims": 3, "inflation": "sum"}, {"dims": 3, "along": 0}):
        with pytest.raises(ValueError, match="is one of|is a stride"):
            to_ndim(module, **wrong)
    with pytest.raises(ValueError, match=r"\(N, C, L\)"):
        to_ndim(module, 1)(noise(1, 3, 32, 32))
    with pytest.raises(ValueError, match=r"\(N, C, D, H, W\)"):
        to_ndim(module, 3)(noise(1, 3, 32, 32))
