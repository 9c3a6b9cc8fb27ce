"""One pass in bounded memory finds the same nine as looking at everything."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.activation_explorer.cache import Surveys, key_for, nbytes
from plugins.activation_explorer.maps import activation_map, activations, firing, nearest
from plugins.activation_explorer.pictureset import PictureSet, bundled
from plugins.activation_explorer.survey import Survey, survey
from weights import Backbone, Weights
from weights.catalog import Card
from weights.errors import NotConvolutional, UnknownLayer
from weights.store import Origin

SIDE, MANY = 96, 31


def untrained(name: str) -> Backbone:
    import timm
    import torch

    from weights.transform import Transform

    torch.manual_seed(0)
    module = timm.create_model(name).eval().requires_grad_(False)
    card = Card(f"{name}.untrained", "local:none")
    origin = Origin("local", card.name, card.source, "", "0" * 64, pinned=False)
    mean = std = (0.5, 0.5, 0.5)
    return Backbone(module, Transform((SIDE, SIDE), mean, std, "cpu"), card, origin)


@pytest.fixture(scope="module")
def pictures() -> PictureSet:
    """Corners of the bundled pictures."""
    some = bundled().pixels[:: len(bundled()) // MANY][:MANY, :SIDE, :SIDE]
    return PictureSet("corners", [f"picture {i}" for i in range(MANY)], np.ascontiguousarray(some))


@pytest.fixture(scope="module", params=["tf_efficientnet_lite0.packaged_in1k", "resnet18"])
def backbone(request) -> Backbone:
    if "." in request.param:
        return Weights(device="cpu", offline=True).backbone(request.param)
    return untrained(request.param)


def last(steps) -> Survey:
    *_, end = steps
    return end


def everything(backbone: Backbone, pictures: PictureSet, layers) -> dict[str, np.ndarray]:
    """All activations at once: (pictures, units, rows, columns) by layer."""
    import torch

    encoder = backbone.encoder()
    with torch.no_grad():
        x = torch.from_numpy(pictures.pixels.copy()).permute(0, 3, 1, 2).float() / 255
        found = encoder(encoder.normalise(x), layers)
    return {name: values.numpy() for name, values in found.items()}


def test_equal_to_brute_force(backbone, pictures):
    found = last(survey(backbone, pictures, batch=8))
    assert found.done and len(found.layers) == 5
    for name, values in everything(backbone, pictures, list(found.layers)).items():
        top = found.layers[name]
        best = values.reshape(*values.shape[:2], -1)
        for unit in range(values.shape[1]):
            peaks = best[:, unit].max(axis=1)
            wanted = np.sort(peaks)[::-1][:9]
            np.testing.assert_allclose(top.values[unit], wanted, rtol=1e-4, atol=1e-4)
            numbers = top.pictures[unit]
            assert len(set(numbers)) == 9, "nine different pictures"
            np.testing.assert_allclose(peaks[numbers], wanted, rtol=1e-4, atol=1e-4)
            places = values[numbers, unit, top.rows[unit], top.columns[unit]]
            np.testing.assert_allclose(places, wanted, rtol=1e-4, atol=1e-4)


def test_tiles_of_one_photograph_count_once(backbone, pictures):
    """Twelve photographs in 31 tiles, in any order: the nine are the best of nine of them."""
    sources = np.random.default_rng(0).integers(0, 12, MANY)
    tiles = PictureSet("tiles", pictures.names, pictures.pixels, sources=sources)
    assert tiles.digest != pictures.digest
    found = last(survey(backbone, tiles, batch=8))
    for name, values in everything(backbone, tiles, list(found.layers)).items():
        top, peaks = found.layers[name], values.max(axis=(2, 3))
        for unit in range(values.shape[1]):
            wanted = [peaks[sources == s, unit].max() for s in np.unique(sources)]
            wanted = np.sort(wanted)[::-1][:9]
            np.testing.assert_allclose(top.values[unit], wanted, rtol=1e-4, atol=1e-4)
            assert len(set(sources[top.pictures[unit]])) == 9
            np.testing.assert_allclose(
                peaks[top.pictures[unit], unit], wanted, rtol=1e-4, atol=1e-4
            )
    few = PictureSet("few", pictures.names, pictures.pixels, sources=sources % 4)
    top = next(iter(last(survey(backbone, few, batch=8)).layers.values()))
    assert (top.pictures[:, 4:] == -1).all() and np.isinf(top.values[:, 4:]).all()
    assert (top.pictures[:, :4] >= 0).all() and top.count(0) == 4


def test_batches_do_not_matter(backbone, pictures):
    one, other = (last(survey(backbone, pictures, batch=n)) for n in (7, 31))
    for name, top in one.layers.items():
        np.testing.assert_allclose(top.values, other.layers[name].values, rtol=1e-4, atol=1e-4)


def test_it_streams_and_stops(backbone, pictures):
    seen = []
    steps = survey(
        backbone,
        pictures,
        ["blocks.1"] if "lite0" in backbone.card.name else [],
        batch=10,
        stop=lambda: len(seen) == 2,
    )
    for found in steps:
        seen.append(found.seen)
    assert seen == [10, 20] and not found.done


def test_fewer_pictures_than_nine(backbone, pictures):
    few = PictureSet("few", pictures.names[:4], pictures.pixels[:4])
    found = last(survey(backbone, few))
    name, top = next(iter(found.layers.items()))
    assert top.count(0) == 4 and (top.pictures[:, 4:] == -1).all()
    assert len(found.patches(name, 0)) == 4


def test_what_cannot_be_surveyed(pictures):
    with pytest.raises(UnknownLayer, match="layer4"):
        next(survey(untrained("resnet18"), pictures, ["layer5"]))
    vit = PictureSet("larger", ["one"], np.zeros((1, 160, 160, 3), np.uint8))
    with pytest.raises(NotConvolutional, match="resnet18"):
        next(survey(untrained("test_vit"), vit))


def test_a_patch_is_exactly_the_receptive_field(backbone, pictures):
    """Pixels outside of the box do not matter; inside they do."""
    found = last(survey(backbone, pictures, batch=16))
    name = list(found.layers)[1]
    noise = np.random.default_rng(0)
    checked = 0
    for unit in range(0, 24, 4):
        patch = found.patch(name, unit, 0)
        top, left, bottom, right = patch.box
        picture = pictures.picture(patch.picture)
        assert np.array_equal(patch.crop, picture[top:bottom, left:right])
        outside = noise.integers(0, 256, picture.shape, np.uint8)
        inside = picture.copy()
        inside[top:bottom, left:right] = outside[top:bottom, left:right]
        outside[top:bottom, left:right] = patch.crop
        row, column = (
            int(a[unit, 0]) for a in (found.layers[name].rows, found.layers[name].columns)
        )
        values = [
            float(activation_map(backbone, name, unit, one).values[row, column])
            for one in (outside, inside)
        ]
        assert values[0] == pytest.approx(patch.value, rel=1e-3, abs=1e-3)
        if patch.value > 1e-3:
            assert values[1] != pytest.approx(patch.value, rel=1e-3, abs=1e-3)
            checked += 1
    assert checked >= 3


def test_fields_at_the_border_are_cut(backbone, pictures):
    found = last(survey(backbone, pictures, batch=16))
    cut = 0
    for name in found.layers:
        for unit in range(4):
            for patch in found.patches(name, unit):
                (top, left, bottom, right), whole = patch.box, patch.field
                assert patch.crop.shape[:2] == (bottom - top, right - left)
                assert top == max(whole[0], 0) and right == min(whole[3], SIDE)
                cut += patch.box != whole
    assert cut > 10


def test_units_that_fire_here_have_their_best_place_here(backbone, pictures):
    found = last(survey(backbone, pictures, batch=16))
    name, top = list(found.layers.items())[2]
    unit = int(top.top.argmax())
    patch = found.patch(name, unit, 0)
    y, x = (
        (patch.field[0] + patch.field[2] - 1) / 2 / SIDE,
        (patch.field[1] + patch.field[3] - 1) / 2 / SIDE,
    )
    hits = {
        hit.layer.name: hit
        for hit in firing(backbone, found, pictures.picture(patch.picture), (x, y), most=3)
    }
    assert unit in hits[name].units and hits[name].shares.max() == pytest.approx(1, abs=1e-3)
    assert list(hits[name].shares) == sorted(hits[name].shares, reverse=True)
    assert hits[name].box == patch.field


def test_maps_are_the_networks_activations(backbone, pictures):
    name = list(last(survey(backbone, pictures, batch=31)).layers)[0]
    found = activation_map(backbone, name, 2, pictures.picture(0))
    whole = everything(backbone, pictures, [name])[name][0, 2]
    np.testing.assert_allclose(found.values, whole, rtol=1e-3, atol=1e-3)
    layer, values = activations(backbone, [name], pictures.picture(0))[name]
    assert values.shape == (layer.channels, *layer.grid)
    for i in range(layer.grid[0]):
        middle = found.centre[0] + i * layer.field.stride[0]
        assert nearest(layer.field, 0, middle, layer.grid[0]) == i


def test_surveys_are_kept_by_weights_layers_and_pixels(backbone, pictures):
    found = last(survey(backbone, pictures, batch=31))
    key = key_for(backbone, pictures, list(found.layers))
    kept = Surveys(most=int(2.5 * nbytes(found)))
    kept.put(key, found)
    assert kept.get(key) is found
    assert kept.get(key_for(backbone, pictures, ["layer1"])) is None
    half = next(survey(backbone, pictures, batch=8))
    kept.put((*key[:3], "half"), half)
    assert kept.get((*key[:3], "half")) is None, "what was not finished is not kept"
    for digest in ("a", "b"):
        kept.put((*key[:3], digest), found)
    assert kept.get(key) is None and kept.get((*key[:3], "b")) is found, "the least used left"
    assert kept.forget("b") == 1 and kept.get((*key[:3], "b")) is None
    Surveys(most=10).put(key, found)
