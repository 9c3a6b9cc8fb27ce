"""Accuracy on two whole sets of faces, which are too large and too foreign to be kept here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plugins.face_verification.laboratory import survey
from plugins.face_verification.measure import LIMITS
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.measured.stored_curves import stored_curves
from plugins.shared.files.image_folder import open_labelled
from tests.shared.faces import real

SHARED = os.environ.get("PARAGONE_SHARED", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SHARED,
        reason="PARAGONE_SHARED does not name a folder with data/faces_orl and "
        "data/faces_dlib_johns",
    ),
]


def surveyed(folder: str):
    with open_labelled(Path(SHARED) / "data" / folder, LIMITS) as labelled:
        for step in survey(labelled, real.find(), real.network(), EncodingCache(), LIMITS):  # noqa: B007
            pass
    return step


def agrees_with_the_shipped(found, title: str) -> None:
    """The curve beside the code was measured so: same counts, but for rounding at a bin's edge."""
    card = real.backbone().card
    kept = {curve.title: curve for curve in stored_curves(card.name, revision_of(card))}[title]
    assert (kept.people, kept.pictures, kept.faces) == (
        found.curve.people,
        found.curve.pictures,
        found.curve.faces,
    )
    for name, curve in kept.by_metric.items():
        fresh = found.curve.by_metric[name]
        assert fresh.genuine.sum() == curve.genuine.sum()
        assert abs(fresh.fmr - curve.fmr).max() < 0.002
        assert abs(fresh.fnmr - curve.fnmr).max() < 0.004
        assert fresh.eer == pytest.approx(curve.eer, abs=1e-3)


def test_orl():
    found = surveyed("faces_orl")
    assert (found.curve.people, found.curve.pictures) == (40, 400)
    assert found.detection_rate >= 0.99
    curve = found.curve.by_metric["euclidean"]
    assert curve.eer <= 0.01 and curve.accuracy.max() >= 0.99
    agrees_with_the_shipped(found, "ORL")


def test_johns():
    found = surveyed("faces_dlib_johns")
    assert (found.curve.people, found.curve.pictures) == (5, 55)
    assert found.detection_rate == 1
    assert {skipped.name for skipped in found.skipped} <= {"SOURCE.txt"}
    curve = found.curve.by_metric["euclidean"]
    assert curve.eer == 0 and curve.accuracy.max() == 1
    agrees_with_the_shipped(found, "dlib johns")
