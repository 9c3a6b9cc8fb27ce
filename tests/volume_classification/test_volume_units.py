"""Units: what has none of its own is scaled volume by volume, and what a network has never seen the
like of gets no answer.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.errors import VolumeError
from plugins.volume_classification.lesson.phantom import phantom, phantoms
from plugins.volume_classification.settings import Settings
from plugins.volume_classification.views.sets import set_view

UNITS = [(0.05, 0.0), (20.0, 0.0), (1.0, 1000.0)]


def changed(volume: Volume, times: float, more: float) -> Volume:
    """The same in other units."""
    return replace(volume, values=volume.values * np.float32(times) + np.float32(more))


def scans(count: int = 12, size: int = 16) -> VolumeSet:
    """A bright block on the left or on the right, each in units of its own, as MR has them."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.1, (count, size, size, size))
    labels = np.arange(count) % 2
    for one, label in zip(values, labels, strict=True):
        one[4:12, 4:12, slice(1, 6) if label else slice(10, 15)] += 1
        one *= 10.0 ** rng.uniform(-1, 3)
        one += rng.uniform(-100, 100)
    return VolumeSet(values.astype(np.float32), labels, ("left", "right"))


@pytest.mark.parametrize(("times", "more"), UNITS)
def test_a_gland_in_other_units_gets_the_same_answer(times, more):
    from plugins.volume_classification.lesson.packaged_panels import adrenal_panel
    from plugins.volume_classification.lesson.panel import judge

    values = np.zeros((28, 28, 28), np.float32)
    values[8:20, 10:16, 8:22] = 255
    one = Volume(values)
    (said,), (again,) = (
        judge(adrenal_panel(), v).verdicts for v in (one, changed(one, times, more))
    )
    assert not again.unlike and np.allclose(said.probabilities, again.probabilities, atol=1e-4)


@pytest.mark.parametrize(("times", "more"), UNITS)
def test_hounsfield_units_are_kept_and_a_volume_in_others_gets_no_answer(times, more):
    from plugins.volume_classification.lesson.packaged_panels import phantom_panel
    from plugins.volume_classification.lesson.panel import judge
    from plugins.volume_classification.views.html import cards

    judged = judge(phantom_panel(), changed(phantom(5, 1), times, more))
    assert all(one.unlike for one in judged.verdicts)
    assert any("of its voxels lie beyond" in note for note in judged.notes)
    shown = str(cards(judged.verdicts, "vessel"))
    assert shown.count("No answer") == 3 and "%" not in shown and "right" not in shown
    assert not any(one.unlike for one in judge(phantom_panel(), phantom(5, 1)).verdicts)


def test_volumes_that_were_not_learnt_from_but_are_like_those_are_not_refused():
    from plugins.volume_classification.lesson.packaged_panels import phantom_panel

    forms = {one.form for one in phantom_panel().networks.values()}
    held = phantoms(30, 99).values
    assert not any(form.strange(one[None])[0] for form in forms for one in held)


def test_a_set_without_fixed_units_is_scaled_volume_by_volume():
    from plugins.volume_classification.learning.training import Run

    train, test = scans(), scans()
    run = Run(Settings(width=4, steps=30, batch=8, budget=60), (train, test))
    list(run.advance())
    trained = run.finish().trained
    assert run.form.each
    one = test.volume(3)
    said = trained.probabilities(one.values[None])
    for times, more in UNITS:
        again = changed(one, times, more).values[None]
        assert np.allclose(said, trained.probabilities(again), atol=1e-3)
        assert not trained.form.strange(again)[0]


def test_how_a_set_is_scaled_is_guessed_said_and_can_be_chosen():
    from plugins.volume_classification.learning.training import form_for

    ct, mr = phantoms(20, 1, size=12), scans(4, 12)
    assert not form_for(ct).each and form_for(mr).each
    assert form_for(ct, "each").each and not form_for(mr, "alike").each
    assert not form_for(replace(mr, units="HU")).each and form_for(replace(ct, units="other")).each
    assert "Hounsfield units" in set_view(ct, ct)
    assert "scaled by its own range" in set_view(mr, mr)


def test_examples_are_drawn_each_in_its_own_grey_levels():
    from plugins.volume_classification.views.sets import _examples

    faint, bright = scans(2, 16), scans(2, 16)
    bright = replace(bright, values=bright.values * 1000)
    assert str(_examples(faint)) == str(_examples(bright))


def test_a_form_that_says_wrongly_what_was_learnt_is_refused():
    from plugins.volume_classification.learning.input_form import form_of

    plain = form_of(scans().values).plain()
    for wrong in ({"learnt": (1.0, 2.0)}, {"each": "yes"}, {"learnt": (np.nan,) * 6}):
        with pytest.raises(VolumeError):
            type(form_of(scans().values))(**plain | wrong)


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.float64, np.int32])
def test_large_numbers_keep_their_small_contrast(tmp_path, kind):
    from plugins.volume_classification.data.reader import read_volume
    from plugins.volume_classification.learning.input_form import ranges_of
    from registry.context import Limits

    base = 2**30 if kind == np.int32 else 2**40
    small = np.random.default_rng(0).integers(0, 50, (6, 7, 8))
    path = tmp_path / "large.npy"
    np.save(path, (small + base).astype(kind))
    volume = read_volume(Path(path), Limits())
    assert np.array_equal(volume.values - volume.values.min(), small - small.min())
    assert any("was taken off all values" in note for note in volume.notes)
    assert ranges_of(volume.values[None])[0, 1] > 40
