"""Receptive fields as computed, beside those that gradients show, in networks of many families."""

from __future__ import annotations

import pytest

from weights.layers.indexing import indexed, viewed

PLAIN = (
    "convnext_atto cspresnet50 darknet17 densenet121 dla34 fasternet_t0 fbnetc_100 "
    "inception_next_atto inception_v3 legacy_xception mobilenetv2_050 mobileone_s0 "
    "regnetx_002 repvgg_a0 res2net50d resnet18 resnet26d resnetv2_18 resnext50_32x4d selecsls42 "
    "starnet_s1 tf_efficientnet_lite0 tf_mobilenetv3_small_minimal_100 vgg11_bn"
).split()
GATED = (
    "efficientnet_b0 ese_vovnet19b_dw mnasnet_small mobilenetv3_small_050 regnety_002 seresnet18"
).split()
SIZE = (160, 96)
"""No square: heights and widths are not to be mistaken for each other."""


def checked(name: str, gates: bool) -> list[tuple]:
    import timm
    import torch

    from tests.weights.layers.linear import box_by_gradient, straightened
    from weights.layers.encoder import MultiLayerEncoder

    torch.manual_seed(0)
    module = timm.create_model(name).eval().requires_grad_(False)
    encoder = MultiLayerEncoder(straightened(module, gates), (0.5,) * 3, (0.5,) * 3)
    layers = encoder.layers(SIZE)
    stages = {encoder.layer(name, SIZE) for name in encoder.stages(SIZE)}
    some = sorted(stages | set(layers[:: max(1, len(layers) // 4)]), key=layers.index)
    picture = torch.rand(1, 3, *SIZE, requires_grad=True)
    activations = encoder(picture, [layer.name for layer in some])
    compared = []
    for layer in some:
        assert activations[layer.name].shape[1:] == (layer.channels, *layer.grid)
        place = layer.grid[0] // 2, layer.grid[1] // 2
        field = layer.field.box(*place)
        seen, share = box_by_gradient(picture, activations[layer.name], *place)
        # Where a field reaches beyond the picture, convolutions without padding leave out what lies
        # at the edge; everywhere else the pixel counts.
        edges = zip(field, seen, (0, 0, *SIZE), (1, 1, -1, -1), strict=True)
        exact = all(
            shown == side if (side - end) * sign > 0 else (shown - end) * sign >= 0
            for side, shown, end, sign in edges
        )
        compared.append((layer.name, exact, field, seen, layer.field.everywhere, share))
    assert len(compared) >= 5
    return compared


@pytest.mark.parametrize("name", PLAIN)
def test_fields_are_what_gradients_show(name):
    for layer, exact, field, seen, everywhere, _ in checked(name, gates=True):
        assert not everywhere, layer
        assert exact, (layer, field, seen)


@pytest.mark.parametrize("name", GATED)
def test_gates_see_everywhere(name):
    gated = checked(name, gates=True)
    assert {(everywhere, share == 1) for *_, everywhere, share in gated} >= {(True, True)}
    for layer, exact, field, seen, everywhere, _ in gated:
        assert everywhere or exact, (layer, field, seen)
    for layer, exact, field, seen, *_ in checked(name, gates=False):
        assert exact, (layer, field, seen)


def test_known_sizes():
    """Of the literature: VGG16's last pool sees 212 pixels, ResNet-18's last block 435."""
    import timm

    from weights.layers.encoder import MultiLayerEncoder

    for name, layer, size in (("vgg16", "features.30", 212), ("resnet18", "layer4", 435)):
        encoder = MultiLayerEncoder(timm.create_model(name), (0.5,) * 3, (0.5,) * 3)
        field = encoder.layer(layer).field
        assert field.size == (size, size) and field.stride == (32, 32)


def test_boxes():
    from weights.layers.receptive_fields import Axis, Field

    field = Field(Axis().window(7, 2, 3), Axis().window(3, 2, 0))
    assert field.size == (7, 3) and field.stride == (2, 2) and field.offset == (-3, 0)
    assert field.box(2, 5) == (1, 10, 8, 13)


def test_views_and_indices_keep_track_of_axes():
    assert viewed((2, 6, 5, 4), (2, 2, 3, 5, 4), (2, 3)) == (3, 4)
    assert viewed((2, 6, 5, 4), (2, 6, 20), (2, 3)) is None
    assert viewed((1, 6, 1, 1), (1, 1, 6, 1, 1), (2, 3)) == (3, 4)
    assert indexed((1, 3, 8, 8), (slice(None), slice(None), slice(1, None, 2)), (2, 3)) == (
        (2, 3),
        ((1, 2), (0, 1)),
    )
    assert indexed((1, 3, 8, 8), (Ellipsis, slice(4), 0), (2, 3)) is None
    assert indexed((1, 3, 8, 8), (0, None), (2, 3)) == ((2, 3), ((0, 1), (0, 1)))
