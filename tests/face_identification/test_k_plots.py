"""The K laboratory's data: what the page draws and what readers of JSON and text get."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from plugins.face_identification.k_laboratory.k_curve import k_curve
from plugins.face_identification.k_laboratory.plots import k_lab, k_rows, k_text
from plugins.face_identification.k_laboratory.stored import UNIT, StoredKCurve
from plugins.shared.faces.distances import distances
from tests.face_identification.loops import random_set

TAUS = np.arange(0, 41) * 0.1


def some_stored(sizes=(4, 3, 5, 2, 1, 3), taus=TAUS, **settings) -> StoredKCurve:
    points, names = random_set(3, sizes=sizes)
    distance = distances(points, points, "euclidean")
    curve = k_curve(distance, names, taus=taus, replicates=30, **settings)
    return StoredKCurve("A <set>", "me & you", 40, "2026-11-24", "a command", "euclidean", curve)


@pytest.fixture(scope="module")
def stored() -> StoredKCurve:
    return some_stored()


def test_the_page_gets_every_rate_on_the_grid(stored):
    value, curve = k_lab(stored, 0.6, 3, "A network"), stored.curve
    assert (value["tau"], value["k"], value["digits"]) == (0.6, 3, 2)
    assert value["step"] == pytest.approx(0.1)
    assert value["ks"] == [1, 2, 3, 4, 5, 6] and value["reach"] == 5
    assert value["fpir"][-1] is None and value["tau_at"][-1] is None
    for name in ("fpir", "fnir"):
        for row, measured in zip(value[name], getattr(curve, name), strict=True):
            if row is not None:
                np.testing.assert_allclose(np.array(row).T / UNIT, measured, atol=5.1e-5)
    assert value["fnir"][-1] is not None
    np.testing.assert_allclose(value["fmr"], curve.fmr, rtol=1e-3)
    np.testing.assert_allclose(value["rank1"], curve.rank1, atol=1e-5)
    np.testing.assert_allclose(value["tau_at"][:-1], curve.tau_at[:-1], atol=1e-4)


def test_thresholds_of_any_spacing_are_put_on_an_even_grid(stored):
    taus = np.array([0, 0.1, 0.3, 0.4, 1.0, 1.1, 4.0])
    uneven = some_stored(taus=taus)
    value = k_lab(uneven, 0.6, 3, "A network")
    grid = np.arange(len(taus)) * value["step"]
    assert grid[-1] == pytest.approx(4.0)
    expected = np.interp(grid, taus, uneven.curve.fpir[2, :, 0])
    np.testing.assert_allclose(np.array(value["fpir"][2][0]) / UNIT, expected, atol=5.1e-5)
    np.testing.assert_allclose(value["fmr"], np.interp(grid, taus, uneven.curve.fmr), rtol=1e-3)


def test_the_value_is_plain_json_without_nan(stored):
    text = json.dumps(k_lab(stored, 0.6, 3, "A network"), allow_nan=False)
    assert json.loads(text) == k_lab(stored, 0.6, 3, "A network")
    json.dumps(k_rows(stored, 0.6), allow_nan=False)


def test_names_are_escaped_and_the_limits_are_told(stored):
    value = k_lab(stored, 0.6, 3, "A network")
    assert "A &lt;set&gt;" in value["source"] and "me &amp; you" in value["source"]
    assert "<" not in value["source"]
    assert "At K = 6 everybody is enrolled" in value["source"]
    assert "From K = 1 on fewer than 100 strangers&#39; photos are left" in value["source"]


def test_a_large_set_is_not_told_that_it_is_small():
    large = some_stored(sizes=(60,) * 4, ks=[1, 2])
    assert "fewer than 100" not in k_lab(large, 0.6, 1, "A network")["source"]


def test_nothing_measured_says_so_and_escapes_the_name():
    value = k_lab(None, 0.5, 7, "<b>Net</b>")
    assert (value["tau"], value["k"]) == (0.5, 7) and "fpir" not in value
    assert "&lt;b&gt;Net&lt;/b&gt;" in value["message"] and "not been measured" in value["message"]


@pytest.mark.parametrize("tau", [0.0, 0.7, 0.75, 4.0, 9.0])
def test_rows_are_the_curve_at_tau(stored, tau):
    rows, curve = k_rows(stored, tau), stored.curve
    assert [row["k"] for row in rows] == curve.ks.tolist()
    assert rows[-1]["fpir"] is None and rows[-1]["fnir"] is not None
    for i, row in enumerate(rows):
        fnir = [np.interp(tau, curve.taus, end) for end in curve.fnir[i].T]
        assert row["fnir"] == pytest.approx(fnir, abs=1e-6)
        assert row["rank1"] == pytest.approx(curve.rank1[i], abs=1e-6)
        if row["fpir"]:
            fpir = [np.interp(tau, curve.taus, end) for end in curve.fpir[i].T]
            assert row["fpir"] == pytest.approx(fpir, abs=1e-6)
    at = int(np.argmin(np.abs(curve.taus - tau)))
    if np.isclose(curve.taus[at], tau):
        predicted = [1 - (1 - curve.fmr[at]) ** k for k in curve.ks]
        assert [row["fpir_predicted"] for row in rows] == pytest.approx(predicted, abs=1e-6)


def test_text_has_a_line_for_every_k(stored):
    lines = k_text(stored, 0.6).splitlines()
    assert lines[0] == stored.sentence and lines[1] == "At tau = 0.6:"
    assert [line.split(":")[0] for line in lines[2:]] == [f"K = {k}" for k in range(1, 7)]
    row = k_rows(stored, 0.6)[1]
    assert f"FPIR {100 * row['fpir'][0]:.2f} % (" in lines[3]
    assert f"predicted {100 * row['fpir_predicted']:.2f} %" in lines[3]
    assert f"rank-1 {100 * row['rank1'][0]:.2f} % (" in lines[3]
    assert f"tau for FPIR = 1 %: {row['tau_for_fpir_1_percent'][0]:.3f} (" in lines[3]
    assert "FPIR no stranger is left" in lines[-1] and lines[-1].endswith("not measured")
    assert "nan" not in k_text(stored, 0.6).lower()


def test_text_of_what_could_not_be_searched_for(stored):
    blank = np.full_like(stored.curve.fnir, np.nan)
    curve = replace(stored.curve, fnir=blank, rank1=np.full_like(stored.curve.rank1, np.nan))
    lines = k_text(replace(stored, curve=curve), 0.6).splitlines()
    assert "FNIR nobody to search for; rank-1 not measured" in lines[2]
