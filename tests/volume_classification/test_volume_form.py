"""What a network takes in, how volumes are varied, and what a person may choose."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.shared.classification.labelled import check_trainable, split
from plugins.shared.page.settings import SettingsError
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.errors import VolumeError
from plugins.volume_classification.settings import SYMMETRIES, Settings

STILL = {"shift": 0, "scaling": 0, "tilt": 0}


def noise(count: int = 6, size: int = 12, kind: type = np.float32) -> np.ndarray:
    return np.random.default_rng(0).uniform(-50, 200, (count, size, size, size)).astype(kind)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint8, np.int16, np.uint16, bool])
def test_values_of_any_type_get_mean_0_and_deviation_1(kind):
    import torch

    from plugins.volume_classification.learning.input_form import form_of

    values = np.abs(noise()).astype(kind) if kind is not bool else noise() > 100
    values.flags.writeable = False
    scaled = form_of(values).scaled(values)
    assert scaled.dtype == torch.float32
    assert abs(float(scaled.mean())) < 0.02 and abs(float(scaled.std()) - 1) < 0.02
    assert torch.equal(form_of(values).scaled(values[1:2])[0], scaled[1])


def test_what_is_beyond_the_tails_counts_as_the_limit():
    from plugins.volume_classification.learning.input_form import form_of

    values = noise()
    values[0, 0, 0, 0] = 1e9
    form = form_of(values)
    assert form.each and float(form.scaled(values).max()) < 3
    window = form_of(values, (0.0, 100.0))
    assert (window.low, window.high) == (0, 100)


def test_a_few_bright_voxels_in_nothing_are_still_told_apart():
    from plugins.volume_classification.learning.input_form import form_of

    values = np.zeros((4, 20, 20, 20), np.uint8)
    values[0, 3, 3, 3] = 7
    form = form_of(values)
    assert (form.low, form.high, form.each) == (0, 1, True)
    assert float(form.scaled(values)[0, 3, 3, 3]) > float(form.scaled(values)[0, 0, 0, 0])


@pytest.mark.parametrize("value", [0, 255])
def test_constant_volumes_are_refused(value):
    from plugins.volume_classification.learning.input_form import form_of

    with pytest.raises(VolumeError, match="one and the same value"):
        form_of(np.full((4, 16, 16, 16), value, np.uint8))


def test_a_form_is_written_and_read_and_checked():
    from plugins.volume_classification.learning.input_form import Form, form_of

    form = form_of(noise())
    assert Form(**form.plain()) == form
    with pytest.raises(VolumeError, match="13 x 13 x 13"):
        form.scaled(noise(size=13))
    for wrong in ({"size": 7}, {"size": 8.5}, {"low": 5.0, "high": 5.0}, {"mean": np.nan}):
        with pytest.raises(VolumeError):
            Form(**form.plain() | wrong)
    values, notes = form.take(Volume(noise(1, 24)[0]))
    assert values.shape == (1, 12, 12, 12) and "24 x 24 x 24" in notes[0]


@pytest.mark.parametrize(
    ("name", "number"), [("none", 1), ("stack", 8), ("plane", 16), ("mirror", 8), ("cube", 48)]
)
def test_symmetries_are_different_turns_the_first_of_which_is_none(name, number):
    from plugins.volume_classification.learning.augment import symmetries

    known = symmetries(name)
    assert len(known) == number and np.array_equal(known[0], np.eye(3))
    assert len({one.tobytes() for one in known + 0.0}) == number
    assert np.allclose(known @ known.transpose(0, 2, 1), np.eye(3))
    assert name in SYMMETRIES and set(SYMMETRIES) == {"none", "stack", "plane", "mirror", "cube"}
    if name in ("stack", "plane"):
        assert (np.abs(known[:, 0]) == [1, 0, 0]).all()
    flat = symmetries(name, (3, 12, 12))
    assert (np.abs(flat[:, 0]) == [1, 0, 0]).all()
    assert len(symmetries(name, (3, 12, 14))) <= 8


@pytest.mark.parametrize("name", SYMMETRIES)
def test_a_turn_by_reading_between_voxels_is_the_exact_one(name):
    """One draw of both ways uses the same chance: the exact turn, and the same as a linear map."""
    import torch

    from plugins.volume_classification.learning.augment import vary

    values = torch.from_numpy(noise(5, 9))
    exact = vary(values, Settings(symmetry=name, **STILL), np.random.default_rng(3))
    read = vary(values, Settings(symmetry=name, **STILL | {"tilt": 1e-6}), np.random.default_rng(3))
    assert torch.allclose(exact, read, atol=0.05)
    assert torch.equal(exact.flatten(1).sort(1)[0], values.flatten(1).sort(1)[0])


def test_a_volume_keeps_its_slices_apart_unless_its_depth_is_like_the_other_axes():
    import torch

    from plugins.volume_classification.learning.augment import vary

    ramp = torch.arange(16.0)[:, None, None].expand(1, 16, 16, 16).repeat(20, 1, 1, 1)
    free = {"shift": 0.2, "scaling": 0.3, "tilt": 30}
    stack = vary(ramp, Settings(symmetry="stack", **free), np.random.default_rng(0))
    assert torch.allclose(stack, ramp, atol=1e-3)
    solid = vary(ramp, Settings(symmetry="mirror", **free), np.random.default_rng(0))
    assert (solid - ramp).abs().amax((1, 2, 3)).min() > 0.5


def test_every_volume_of_a_batch_is_varied_by_itself_and_a_seed_repeats_it():
    import torch

    from plugins.volume_classification.learning.augment import vary

    same = torch.from_numpy(noise(1)).repeat(8, 1, 1, 1)
    first = vary(same, Settings(), np.random.default_rng(0))
    assert len({one.numpy().tobytes() for one in first}) == 8
    assert torch.equal(first, vary(same, Settings(), np.random.default_rng(0)))


def test_the_middle_of_few_slices_stays_in_the_middle():
    import torch

    from plugins.volume_classification.learning.augment import symmetries, turned, vary

    slab = torch.zeros(40, 3, 8, 8)
    slab[:, 1] = 1
    for symmetry in SYMMETRIES:
        varied = vary(slab, Settings(symmetry=symmetry, tilt=20), np.random.default_rng(0))
        assert torch.allclose(varied, slab, atol=1e-4)
        assert all(torch.equal(turned(slab, m), slab) for m in symmetries(symmetry, (3, 8, 8)))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "4d"}, "kind"),
        ({"symmetry": "all"}, "symmetry"),
        ({"slices": 4}, "slices"),
        ({"width": 3}, "width"),
        ({"stem": 3}, "stem"),
        ({"budget": 0}, "budget"),
        ({"batch": 1}, "batch"),
        ({"rate": "fast"}, "rate"),
        ({"shift": float("nan")}, "shift"),
        ({"tilt": 90}, "tilt"),
        ({"looks": 2.5}, "looks"),
        ({"balance": 1}, "balance"),
        ({"timm": ""}, "timm"),
    ],
)
def test_a_setting_that_cannot_be_used_names_its_field(values, field):
    with pytest.raises(SettingsError) as caught:
        Settings(**values)
    assert caught.value.where == field


def test_settings_are_written_and_read():
    assert Settings.from_plain(Settings(looks=4.0).plain()) == Settings(looks=4)
    with pytest.raises(SettingsError, match="no such setting"):
        Settings.from_plain({"colour": 1})
    assert Settings.from_json('{"kind": "2d"}', "{}").kind == "2d"


def labelled(labels: list[int], classes: tuple[str, ...] = ("a", "b")) -> VolumeSet:
    return VolumeSet(noise(len(labels)), np.array(labels), classes)


def test_a_set_says_what_does_not_fit():
    for values, labels, said in (
        (noise(0), [], "no volume"),
        (noise(2)[:, :10], [0, 1], "10 x 12 x 12"),
        (noise(2)[0], [0, 1], "12 x 12"),
        (noise(2), [0, 1, 1], "2 volumes and 3 labels"),
        (noise(2), [0, 2], "none of the 2 classes"),
        (noise(2), [0, -1], "none of the 2 classes"),
    ):
        with pytest.raises(VolumeError, match=said):
            VolumeSet(values, np.array(labels), ("a", "b"))
    for bad in (np.nan, np.inf):
        values = noise(2)
        values[1, 3, 3, 3] = bad
        with pytest.raises(VolumeError, match="hold no number") as caught:
            VolumeSet(values, np.array([0, 1]), ("a", "b"))
        assert caught.value.where == "volume 2"


def test_what_cannot_be_learnt_is_refused():
    with pytest.raises(VolumeError, match="one class"):
        check_trainable(labelled([1, 1, 1]))
    with pytest.raises(VolumeError, match="class 'b' has one example"):
        split(labelled([0, 0, 1]))
    with pytest.raises(VolumeError, match="class 'c' has no example"):
        check_trainable(labelled([0, 0, 1, 1], ("a", "b", "c")))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
def test_a_division_has_every_class_on_both_sides_and_no_volume_twice(share):
    volumes = labelled([0] * 9 + [1] * 2)
    train, test = split(volumes, share, seed=1)
    assert (train.counts > 0).all() and (test.counts > 0).all()
    assert sorted(train.names + test.names) == sorted(volumes.names)
    again = split(volumes, share, seed=1)
    assert again[1].names == test.names
