"""A picture with its faces, as a visitor brings it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugins.shared.faces.detect import FaceError
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.measured.stored_curves import recorded_faces
from plugins.shared.faces.subject import detect_faces, plain_face
from tests.shared.faces import real


def never(picture):
    raise AssertionError("the detector was asked")


@pytest.mark.parametrize("key", ["grace_hopper", "eileen_collins", "together"])
def test_recorded_faces_are_those_that_the_detector_finds(key):
    subject = detect_faces(load_example(key), never)
    assert subject.detect_ms == 0 and subject.chosen == 0
    assert subject.faces == tuple(one.face for one in recorded_faces(subject.picture.digest))
    for known, found in zip(subject.faces, real.faces(key), strict=True):
        assert known.box == pytest.approx(found.box, abs=4), "Pillow's resampling may differ"
        assert known.size == pytest.approx(found.size, abs=4)


def test_any_other_picture_is_searched():
    picture = replace(load_example("grace_hopper_mirrored"), digest="another")
    subject = detect_faces(picture, real.find())
    assert subject.faces == real.faces("grace_hopper_mirrored") and subject.detect_ms > 0


def test_the_chosen_face_must_be_usable():
    subject = detect_faces(load_example("together"), never)
    assert subject.face is subject.faces[0]
    assert replace(subject, chosen=1).face is subject.faces[1]
    for wrong, says in (
        (replace(subject, chosen=2), "There is no face 3"),
        (replace(subject, chosen=-1), "There is no face 0"),
        (replace(subject, faces=()), "No face was found"),
        (replace(subject, faces=(replace(subject.faces[0], size=39),)), "only 39 pixels wide"),
    ):
        with pytest.raises(FaceError, match=says) as caught:
            wrong.face  # noqa: B018
        assert caught.value.where == subject.picture.name


def test_a_plain_face_is_in_pixels_of_the_original():
    subject = detect_faces(load_example("grace_hopper"), never)
    half = replace(subject.picture, scale=0.5)
    whole, reduced = (plain_face(p, subject.face) for p in (subject.picture, half))
    assert whole == {
        "box": list(subject.face.box),
        "width": subject.face.size,
        "score": round(subject.face.score, 3),
        "number": 1,
    }
    assert reduced["box"] == [2 * edge for edge in subject.face.box]
    assert all(type(edge) is int for edge in reduced["box"])
