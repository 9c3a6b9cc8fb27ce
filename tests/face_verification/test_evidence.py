"""What the page says of the strength of a comparison."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from plugins.face_verification.evidence import calibration, evidence, said
from plugins.face_verification.laboratory import LabResult
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.measured.likelihood_ratio import Reading, fit_ratio
from plugins.shared.faces.measured.measuring import measure
from plugins.shared.faces.measured.stored_curves import StoredCurve


def surveyed(people: int, each: int = 3) -> LabResult:
    """Encodings that were made up, surveyed."""
    random = np.random.default_rng(people)
    centres = np.repeat(random.normal(0, 0.12, (people, 32)), each, axis=0)
    table = (centres + random.normal(0, 0.05, centres.shape)).astype(np.float32)
    who = [f"p{i}" for i in range(people) for _ in range(each)]
    found = {name: distances(table, table, name) for name in METRICS}
    curves = {name: measure(found[name], who, METRICS[name].top) for name in METRICS}
    count = len(who)
    curve = StoredCurve("mine", "your own pictures", people, count, count, "2026", "", curves)
    ratios = {name: fit_ratio(found[name], who) for name in METRICS}
    return LabResult("net", who, who, [], table, (), curve, ratios)


@pytest.fixture(scope="module")
def lab() -> LabResult:
    return surveyed(20)


@pytest.mark.parametrize("metric", METRICS)
def test_near_faces_speak_for_one_person_and_far_ones_for_two(lab, metric):
    near, far = (evidence(lab, metric, d) for d in (0.0, METRICS[metric].top))
    assert "likely if both pictures show one person" in near["said"] and near["log10"][0] > 1
    assert "likely if the pictures show two people" in far["said"] and far["log10"][0] < -1
    for shown in (near, far):
        assert shown["cap"][0] <= shown["log10"][1] <= shown["log10"][0] <= shown["log10"][2]
        assert shown["log10"][2] <= shown["cap"][1] and json.dumps(shown, allow_nan=False)
        assert "Measured on mine; 20 people cannot show more than 190 to 1" in shown["detail"]


def test_at_the_cap_it_is_at_least(lab):
    assert evidence(lab, "euclidean", 0.0)["said"].startswith("This distance is at least 190 times")


@pytest.mark.parametrize(
    ("log10", "words"),
    [
        (1.602, "about 40 times more likely if both pictures show one person"),
        (-1.0, "about 10 times more likely if the pictures show two people"),
        (0.2, "about as likely if both pictures show one person as if they show two"),
    ],
)
def test_words_of_a_ratio(log10, words):
    assert words in said(Reading(log10, log10 - 0.5, log10 + 0.5, False))


def test_it_is_called_no_probability_of_identity(lab):
    shown = evidence(lab, "euclidean", 0.3)
    assert not re.search("probab", shown["said"] + shown["detail"])


def test_of_other_peoples_sets_no_ratio_is_told():
    shown = evidence(None, "euclidean", 0.5)
    assert "log10" not in shown and "a set like your pictures" in shown["message"]


def test_four_people_carry_none():
    few = surveyed(4)
    for shown in (evidence(few, "euclidean", 0.5), calibration(few, "euclidean")):
        assert [*shown] == ["message"] and "Fewer than 5 people" in shown["message"]


def test_the_tippett_plot_has_both_curves(lab):
    shown = calibration(lab, "cosine")
    assert len(shown["points"]) == len(shown["genuine"]) == len(shown["impostor"])
    assert shown["cap"] == [shown["points"][0], shown["points"][-1]]
    assert re.search(r"Cllr 0\.\d{3} bits", shown["said"]) and json.dumps(shown, allow_nan=False)
