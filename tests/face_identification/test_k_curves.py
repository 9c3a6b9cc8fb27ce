"""K curves in small files: what is written is read, and only for the weights that were measured."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace

import numpy as np
import pytest

from plugins.face_identification.k_laboratory.k_curve import k_curve
from plugins.face_identification.k_laboratory.open_set import KCurve
from plugins.face_identification.k_laboratory.stored import (
    MEASURED,
    StoredKCurve,
    stored_k_curves,
    write_k_curve,
)
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.distances import distances
from plugins.shared.faces.measured.stored_curves import stored_curves
from tests.face_identification.loops import TAUS, random_set
from weights.catalog import read_catalog

SHIPPED = sorted(MEASURED.glob("*.json"))
MODEL = "dlib_resnet.faces_v1"


def some_curve(title: str = "A set", seed: int = 0, **settings) -> StoredKCurve:
    points, names = random_set(seed)
    distance = distances(points, points, "euclidean")
    curve = k_curve(distance, names, **({"taus": TAUS, "replicates": 25} | settings))
    return StoredKCurve(title, "München, “quoted”", 30, "2026-11-24", "a command", "cosine", curve)


def check_same(read: KCurve, curve: KCurve):
    """Equal but for the rounding, with NaN at the same places."""
    for field in fields(KCurve):
        one, other = getattr(read, field.name), getattr(curve, field.name)
        within = 5e-5 if field.name in ("fpir", "fnir") else 1e-6
        if field.name == "tau_at":
            assert not (one > other).any(), "a threshold that is rounded up may hold less"
            within = 1.1e-4
        np.testing.assert_allclose(one, other, atol=within + 1e-9, err_msg=field.name)
        assert np.shape(one) == np.shape(other)


@pytest.mark.parametrize("seed", range(3))
def test_written_and_read(tmp_path, seed):
    stored = some_curve(seed=seed)
    assert write_k_curve(stored, "arch.tag", "abc", tmp_path) == tmp_path / "arch.tag.json"
    (read,) = stored_k_curves("arch.tag", "abc", tmp_path)
    check_same(read.curve, stored.curve)
    assert replace(read, curve=None) == replace(stored, curve=None)
    assert read.curve.ks.dtype.kind == "i"
    assert np.isnan(read.curve.fpir[-1]).all() and read.curve.reach == stored.curve.reach
    assert stored_k_curves("other.tag", "abc", tmp_path) == ()


def test_small_differences_survive(tmp_path):
    stored = some_curve()
    rates = np.zeros_like(stored.curve.fpir)
    rates[0, :, 0] = np.arange(len(TAUS)) * 1e-4
    curve = replace(stored.curve, fpir=rates, fmr=np.geomspace(1e-9, 1, len(TAUS)))
    write_k_curve(replace(stored, curve=curve), "n", "abc", tmp_path)
    (read,) = stored_k_curves("n", "abc", tmp_path)
    np.testing.assert_allclose(read.curve.fpir, rates, atol=1e-9)
    np.testing.assert_allclose(read.curve.fmr, curve.fmr, rtol=1e-5)


def test_a_threshold_on_the_grid_stays_itself(tmp_path):
    stored = some_curve()
    curve = replace(stored.curve, tau_at=np.full_like(stored.curve.tau_at, 0.57))
    write_k_curve(replace(stored, curve=curve), "n", "abc", tmp_path)
    (read,) = stored_k_curves("n", "abc", tmp_path)
    assert (read.curve.tau_at == 0.57).all()


def test_a_second_set_is_added_and_the_same_set_replaced(tmp_path):
    for title, seed in (("A", 0), ("B", 1), ("A", 2)):
        write_k_curve(some_curve(title, seed), "n", "abc", tmp_path)
    read = {one.title: one for one in stored_k_curves("n", "abc", tmp_path)}
    assert sorted(read) == ["A", "B"]
    check_same(read["A"].curve, some_curve("A", 2).curve)
    check_same(read["B"].curve, some_curve("B", 1).curve)


def test_other_weights_hide_and_replace(tmp_path):
    write_k_curve(some_curve("A"), "n", "abc", tmp_path)
    assert stored_k_curves("n", "def", tmp_path) == ()
    write_k_curve(some_curve("B"), "n", "def", tmp_path)
    assert [one.title for one in stored_k_curves("n", "def", tmp_path)] == ["B"]
    assert stored_k_curves("n", "abc", tmp_path) == ()


def test_the_file_is_utf_8_and_names_its_model(tmp_path):
    path = write_k_curve(some_curve("Zürich – Gesichter"), "n", "abc", tmp_path)
    kept = json.loads(path.read_bytes().decode("utf-8"))
    assert (kept["model"], kept["revision"]) == ("n", "abc")
    assert kept["curves"][0]["title"] == "Zürich – Gesichter"


def test_a_large_curve_stays_small(tmp_path):
    points, names = random_set(0, sizes=(6,) * 40)
    curve = k_curve(
        distances(points, points, "euclidean"), names, taus=np.linspace(0, 4, 200), replicates=20
    )
    path = write_k_curve(replace(some_curve(), curve=curve), "n", "abc", tmp_path)
    assert path.stat().st_size < 150_000


def test_the_sentence_says_what_was_measured():
    stored = some_curve("Two streets")
    assert stored.sentence == (
        "Measured on Two streets: 6 people, 18 faces found in 30 pictures, 25 random galleries of "
        "every size with one photo a person, Cosine distance, 2026-11-24."
    )
    assert (stored.people, stored.faces) == (6, 18)


# --- what is shipped ---------------------------------------------------------------------------


def test_a_curve_is_shipped_for_the_embedded_network():
    assert MODEL in [path.stem for path in SHIPPED]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_curve_fits_the_catalogue(path):
    card = read_catalog()[path.stem]
    curves = stored_k_curves(path.stem, revision_of(card))
    assert curves and path.stat().st_size < 150_000
    for stored in curves:
        assert stored.metric == card.distance
        module = "python -m plugins.face_identification.measure kcurve "
        assert re.match(re.escape(module) + r"\w+ --title", stored.command), "no path in it"
        check_rates(stored.curve)


def check_rates(curve: KCurve):
    """What holds for any measurement."""
    for rates in (curve.fpir, curve.fnir, curve.rank1):
        known = rates[~np.isnan(rates)]
        assert known.min() >= 0 and known.max() <= 1
    assert (np.diff(curve.fpir[:-1], axis=1) >= -1e-9).all(), "FPIR rises with tau"
    assert (np.diff(curve.fnir, axis=1) <= 1e-9).all(), "FNIR falls with tau"
    assert (np.diff(curve.fpir[:-1, :, 0], axis=0) >= -0.02).all(), "FPIR rises with K"
    assert curve.fpir[:-1, -1, 0].min() == 1, "the grid ends where everybody is named"
    assert curve.fmr[-1] == 1 and curve.fmr[0] == 0
    assert np.isnan(curve.fpir[-1]).all() and curve.ks[-1] == curve.people


def test_orl_agrees_with_the_operating_curve_of_its_pairs():
    """Both were measured on their own, by other code, on the same pictures."""
    revision = revision_of(read_catalog()[MODEL])
    (stored,) = stored_k_curves(MODEL, revision)
    pairs = next(one for one in stored_curves(MODEL, revision) if one.title == "ORL")
    assert (stored.people, stored.faces, stored.pictures) == (
        pairs.people,
        pairs.faces,
        pairs.pictures,
    )
    assert stored.curve.ks.tolist() == list(range(1, 41))
    operating = pairs.by_metric["euclidean"]
    fmr = np.interp(stored.curve.taus, operating.thresholds, operating.fmr)
    np.testing.assert_allclose(stored.curve.fmr, fmr, atol=1e-4)
    # A gallery of one photo names as many strangers as pairs match.
    np.testing.assert_allclose(stored.curve.fpir[0, :, 0], fmr, atol=0.03)
    # A stranger's comparisons are not independent, so fewer strangers are named than predicted;
    # where K is small, chance counts for more.
    at = int(np.argmin(np.abs(stored.curve.taus - 0.6)))
    measured, predicted = stored.curve.fpir[:-1, at, 0], stored.curve.predicted()[:-1, at]
    assert (measured < 1.05 * predicted).all() and (measured > 0.8 * predicted).all()
    assert (measured[9:] < predicted[9:]).all()
