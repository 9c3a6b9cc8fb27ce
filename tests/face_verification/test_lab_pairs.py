"""What the laboratory opens with, its table of figures, and its pairs in the compare part."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from plugins.face_verification.example import example
from plugins.face_verification.figures import summary
from plugins.face_verification.lab_facts import WANTED, lab_facts, too_few
from plugins.face_verification.laboratory import worst
from plugins.face_verification.model import Session
from plugins.face_verification.pair_events import PairEvents
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.encode import EncodingCache, encode_faces
from tests.shared.faces import real
from tests.shared.faces.markup import Page
from weights.errors import ParagoneError


@pytest.fixture
def pairs(events) -> PairEvents:
    """With the events of a laboratory that shows the visitor's own set, or the example."""
    shown = lambda session, model: session.lab or example(events.card(model))  # noqa: E731
    return PairEvents(events, SimpleNamespace(lab=shown))


def event(first: object, second: object) -> SimpleNamespace:
    return SimpleNamespace(first=first, second=second)


def test_the_example_is_a_measured_curve_and_pairs_of_the_bundled_pictures():
    card = real.backbone().card
    shown = example(card)
    assert shown.example and shown.curve.people == 40
    assert set(shown.people) == {"Grace Hopper", "Eileen Collins"}
    assert len(shown.people) == len(shown.thumbnails) == len(shown.originals) == 10
    fresh = np.stack([real.encoding("grace_hopper"), real.encoding("eileen_collins")])
    plain = [shown.names.index("Grace Hopper"), shown.names.index("Eileen Collins")]
    assert np.allclose(shown.encodings[plain], fresh, atol=1e-4)
    nearest, farthest = worst(shown, "euclidean")
    assert len(nearest) == len(farthest) == 8
    words = summary(shown)
    assert "whose pictures are not ours to show" in words and shown.curve.title in words


def test_a_network_without_records_has_the_curve_and_no_pairs():
    card = next(c for c in real.weights().cards(("sface_mobilefacenet.*",)))
    shown = example(card)
    assert shown.curve.people == 40 and shown.people == []
    assert worst(shown, "cosine") == ([], [])


def test_the_table_holds_the_curves_own_figures(lab):
    shown = example(real.backbone().card)
    curve = shown.curve.by_metric["euclidean"]
    text = Page(lab_facts(shown, "euclidean", real.backbone().card)).text
    tau = METRICS["euclidean"].snap(curve.threshold_for_fmr(0.01), down=True)
    assert f"τ = {tau:.3f}: FMR {100 * curve.at(tau).fmr.value:.2f} %" in text
    assert real.backbone().card.sha256 in text and "numpy" in text
    assert not too_few(shown.curve, "1 %")
    assert all("people cannot show an FMR of" in too_few(lab.curve, wanted) for wanted in WANTED)
    assert (
        "2 people cannot show an FMR of 1 %"
        in Page(lab_facts(lab, "euclidean", real.backbone().card)).text
    )


@pytest.mark.parametrize("metric", METRICS)
def test_a_pair_is_compared_at_the_distance_that_the_laboratory_shows(pairs, lab, metric):
    session = Session()
    session.lab = lab
    for pair in [rows[0] for rows in worst(lab, metric)]:
        shown = pairs.compare(event(pair.first, pair.second), session, real.DLIB, metric, 0.5)
        assert shown["answer"]["distance"] == pytest.approx(pair.distance, abs=1e-6)
        assert shown["answer"]["metric"] == metric and shown["answer"]["threshold"] == 0.5
        assert shown["answer"]["measured_on"].startswith("Measured on two women.zip")
        assert shown["measured_on"].value == "two women.zip"
        names = [session.subjects[side].picture.name for side in "ab"]
        shown_as = [lab.names[i].replace("/", " / ") for i in (pair.first, pair.second)]
        assert names == shown_as
        for side, name in zip("ab", names, strict=True):
            assert name in shown[f"view_{side}"]


def test_what_is_kept_of_a_face_is_that_face(lab):
    """Encoded anew, it is as near to the survey's encoding as what a gallery keeps."""
    for index, original in lab.originals.items():
        subject = original()
        (again,) = encode_faces(real.network(), [(subject.picture, subject.face)], EncodingCache())
        moved = distances(again.encoding[None], lab.encodings[index][None], "euclidean")[0, 0]
        assert moved < 0.08, lab.names[index]


def test_the_example_is_compared_without_a_network(pairs):
    session = Session()
    shown = pairs.compare(event(0, 5), session, real.DLIB, "euclidean", 0.6)
    lab = example(real.backbone().card)
    (wanted,) = distances(lab.encodings[:1], lab.encodings[5:6], "euclidean")[0]
    assert shown["answer"]["distance"] == pytest.approx(wanted, abs=1e-6)
    assert shown["answer"]["measured_on"].startswith("Measured on ORL")
    assert session.lab is None, "it is nobody's own set"


@pytest.mark.parametrize("sent", [(0, 99), (-1, 0), ("0", 1), (True, 1), (None, None), (0.0, 1)])
def test_pairs_that_are_not_shown_are_refused(pairs, lab, sent):
    session = Session()
    session.lab = lab
    with pytest.raises(ParagoneError, match="no longer kept"):
        pairs.compare(event(*sent), session, real.DLIB, "euclidean", 0.5)
    assert session.subjects == {}
