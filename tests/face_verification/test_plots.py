"""Verdict and curves as data: what the page's scripts look up."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from plugins.face_verification import plots
from plugins.face_verification.model import OPENING, compare
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.measured.operating_curves import BINS, OperatingCurve
from plugins.shared.faces.measured.stored_curves import StoredCurve, stored_curves
from plugins.shared.faces.subject import detect_faces
from tests.shared.faces import real

CARD = real.weights().card(real.DLIB)
SHIPPED = stored_curves(CARD.name, revision_of(CARD))
RATES = ("fmr", "fnmr", "fmr_low", "fmr_high", "fnmr_low", "fnmr_high")
CASES = [
    pytest.param(stored, metric, id=f"{stored.title}-{metric}")
    for stored in SHIPPED
    for metric in METRICS
]


def narrow(cells: int, metric: str = "euclidean") -> StoredCurve:
    """As many genuine pairs in each of the first bins, so that all bars are equally high."""
    counts = np.zeros(BINS, np.int64)
    counts[:cells] = 3
    curve = OperatingCurve(METRICS[metric].top, counts, counts)
    return replace(SHIPPED[0], by_metric={metric: curve})


@pytest.mark.parametrize(("stored", "metric"), CASES)
def test_rates_on_the_sliders_own_grid(stored, metric):
    value = plots.curves(stored, metric, 0.3, 0.4, "a network")
    assert json.loads(json.dumps(value, allow_nan=False))
    curve, step = stored.by_metric[metric], METRICS[metric].step
    assert value["step"] == pytest.approx(step)
    count = round(value["reach"] / step) + 1
    for name in (*RATES, "accuracy"):
        assert len(value[name]) == count
        assert all(0 <= rate <= 1 for rate in value[name])
    for i in range(0, count, 7):  # the page shows the rates of the tau that it names
        point = curve.at(i * step)
        assert value["fmr"][i] == pytest.approx(point.fmr.value, abs=1e-6)
        assert value["fnmr"][i] == pytest.approx(point.fnmr.value, abs=1e-6)
        assert value["fmr_low"][i] == pytest.approx(point.fmr.low, abs=1e-6)
        assert value["fmr_high"][i] == pytest.approx(point.fmr.high, abs=1e-6)
        assert value["fnmr_low"][i] == pytest.approx(point.fnmr.low, abs=1e-6)
        assert value["fnmr_high"][i] == pytest.approx(point.fnmr.high, abs=1e-6)
        assert value["accuracy"][i] == pytest.approx(point.accuracy, abs=1e-6)


@pytest.mark.parametrize(("stored", "metric"), CASES)
def test_rates_only_rise_or_only_fall(stored, metric):
    value = plots.curves(stored, metric, 0.3, None, "a network")
    assert value["distance"] is None
    for name in RATES:
        sign = 1 if name.startswith("fmr") else -1
        assert (sign * np.diff(value[name]) >= 0).all()
        places = np.array(value["det"][name])
        assert (sign * np.diff(places) >= 0).all() and places.min() >= 0 and places.max() <= 1
        assert len(places) == len(value[name])
    assert (value["fmr"][0], value["fnmr"][0]) == (0, 1)
    assert (value["fmr"][-1], value["fnmr"][-1]) == (1, 0)


def test_det_places_are_normal_deviates():
    from scipy.stats import norm

    low, high = norm.ppf(plots.DET_RANGE)
    value = plots.curves(SHIPPED[0], "euclidean", 0.3, None, "a network")
    for (place, label), rate in zip(value["det"]["ticks"], plots.DET_TICKS, strict=True):
        assert place == pytest.approx((norm.ppf(rate) - low) / (high - low))
        assert label == f"{100 * rate:g} %"
    places = [place for place, _ in value["det"]["ticks"]]
    assert places == sorted(places) and 0 < places[0] < places[-1] < 1


@pytest.mark.parametrize(("stored", "metric"), CASES)
def test_bars_hold_every_pair(stored, metric):
    value = plots.curves(stored, metric, 0.3, None, "a network")
    sums = {kind: sum(value[kind]) for kind in ("genuine", "impostor")}
    assert max(max(value["genuine"]), max(value["impostor"])) == pytest.approx(1)
    assert sums["genuine"] == pytest.approx(sums["impostor"], rel=1e-4)  # each is all its pairs
    assert len(value["genuine"]) == len(value["impostor"]) == plots.BARS


@pytest.mark.parametrize("cells", [1, 37, 50, 100, 150, 333, 1000])
def test_equal_counts_give_equal_bars(cells):
    """Also on a short range: bars that hold one bin here and two there would look like a comb."""
    value = plots.curves(narrow(cells), "euclidean", 0.3, None, "a network")
    bars = [height for height in value["genuine"] if height]
    whole = round(value["reach"] / 2.0 * BINS) == cells
    assert bars[:-1] == pytest.approx([1] * (len(bars) - 1))
    assert bars[-1] == pytest.approx(1) if whole else 0 < bars[-1] <= 1


@pytest.mark.parametrize(("cells", "end"), [(1, 0.1), (50, 0.1), (51, 0.2), (1000, 2.0)])
def test_the_slider_ends_where_the_distances_do(cells, end):
    curve = narrow(cells).by_metric["euclidean"]
    assert plots.reach(curve, curve.top) == pytest.approx(end)
    assert plots.reach(None, 2.0) == 2.0


def test_figures_that_the_page_prints():
    value = plots.curves(SHIPPED[0], "cosine", 0.3, None, "a network")
    curve = SHIPPED[0].by_metric["cosine"]
    assert (value["eer"], value["eer_tau"]) == (curve.eer, curve.eer_threshold)
    assert tuple(value["eer_interval"]) == curve.eer_interval
    assert (value["best"], value["best_tau"]) == (curve.accuracy.max(), curve.best_threshold)
    assert SHIPPED[0].title in value["source"] and SHIPPED[0].date in value["source"]


def test_a_set_without_a_bootstrap_still_draws():
    value = plots.curves(narrow(400), "euclidean", 0.3, None, "a network")
    assert value["eer_interval"] is None and json.dumps(value, allow_nan=False)


def test_nothing_measured_is_said():
    value = plots.curves(None, "euclidean", 0.7, 0.4, "<b>net</b>")
    assert value["tau"] == 0.7 and "fmr" not in value
    assert "&lt;b&gt;net&lt;/b&gt;" in value["message"] and "<" not in value["message"]


def test_titles_and_sources_are_escaped():
    evil = replace(SHIPPED[0], title="<script>t</script>", source="<img onerror=x>")
    source = plots.curves(evil, "euclidean", 0.3, None, "a network")["source"]
    assert "<" not in source and "&lt;script&gt;" in source and "&lt;img" in source


def test_the_verdict():
    subjects = [detect_faces(load_example(key), real.find()) for key in OPENING]
    found = compare(*subjects, real.network(), "squared", EncodingCache())
    value = plots.verdict(found, 0.36, 1.4)
    assert json.loads(json.dumps(value)) == {
        "distance": found.distance,
        "metric": "Squared Euclidean",
        "step": 0.02,
        "tau": 0.36,
        "reach": 1.4,
        "message": "",
    }
    waiting = plots.verdict(None, 0.6, 2.0, "Bring two pictures.")
    assert waiting["distance"] is None and waiting["message"] == "Bring two pictures."
