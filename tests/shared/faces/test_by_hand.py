"""Faces that the detector missed, placed by clicks on their eyes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from plugins.shared.faces.by_hand import MOST, place
from plugins.shared.faces.detect import FaceError, Faces
from plugins.shared.faces.distances import distances
from plugins.shared.faces.encode import EncodingCache, encode_faces
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.subject import Subject, detect_faces, plain_face
from plugins.shared.files.pictures import read_picture
from tests.shared.faces import made, real


def subject_of(key: str) -> Subject:
    return detect_faces(load_example(key), real.find())


def eyes_of(subject: Subject, index: int = 0) -> list[tuple[float, float]]:
    """Where a visitor clicks: on the eyes of a face, in shares of the picture."""
    height, width = subject.picture.pixels.shape[:2]
    return [(x / width, y / height) for x, y in subject.faces[index].landmarks[:2]]


def apart(*faces) -> float:
    """The distance of two faces, each with its picture."""
    found = [one.encoding for one in encode_faces(real.network(), faces, EncodingCache())]
    return distances(*found, "euclidean")[0, 0]


@pytest.mark.parametrize("who", real.WHO)
def test_the_eyes_alone_give_nearly_the_face_that_the_detector_finds(who):
    known = subject_of(who)
    alone = place(replace(known, faces=Faces()), eyes_of(known))
    (found,) = alone.faces
    (wanted,) = known.faces
    assert np.abs(np.subtract(found.box, wanted.box)).max() < 0.12 * wanted.size
    assert found.size == pytest.approx(wanted.size, rel=0.12)
    ends = np.subtract(found.landmarks, wanted.landmarks)
    assert np.abs(ends[:2]).max() < 0.01 and np.abs(ends).max() < 0.15 * wanted.size
    assert apart((known.picture, found), (known.picture, wanted)) < 0.35


def test_it_is_one_face_more_chosen_and_all_are_numbered_anew():
    both = detect_faces(
        real.picture(real.side_by_side(*(real.portrait(who) for who in real.WHO))), real.find()
    )
    right = max(range(2), key=lambda i: both.faces[i].box[0])
    left = both.faces[1 - right]
    missing = replace(both, faces=Faces([both.faces[right]], 1, 2, 3))
    found = place(missing, eyes_of(both, 1 - right)[::-1])
    assert [face.number for face in found.faces] == [2, 1] and found.chosen == 1
    assert (found.faces.turns, found.faces.sizes, found.faces.doubtful) == (1, 2, 3)
    assert [face.by_hand for face in found.faces] == [False, True]
    assert np.abs(np.subtract(found.face.box, left.box)).max() < 0.12 * left.size
    said = plain_face(found.picture, found.face)
    assert said["by_hand"] and said["score"] is None and said["number"] == 1
    assert "by_hand" not in plain_face(found.picture, found.faces[0])


def test_a_small_face_of_a_large_picture_is_cut_from_the_picture_at_its_own_size():
    image = Image.new("RGB", (6000, 2000), (128, 128, 128))
    face = real.portrait("grace_hopper")
    image.paste(face, (4000, 700))
    data = made.encoded(image, "JPEG", quality=92)
    picture = read_picture(data, "large.jpg", keep_source=True)
    assert picture.scale < 0.5
    known = detect_faces(real.picture(face), real.find())
    at = [((4000 + x) / 6000, (700 + y) / 2000) for x, y in known.faces[0].landmarks[:2]]
    placed = place(Subject(picture, Faces()), at).face
    assert placed.close_up and placed.size == pytest.approx(known.faces[0].size, rel=0.12)
    assert apart((picture, placed), (known.picture, known.faces[0])) < 0.35


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([(0.5, 0.5), (0.5, 0.5)], "one place"),
        ([(0.5, 0.5), (0.51, 0.5)], "pixels wide, and 40 are needed"),
        ([(0.5, 0.5)], "not in the picture"),
        ([(0.5, 0.5), (1.2, 0.5)], "not in the picture"),
        ([(0.5, float("nan")), (0.6, 0.5)], "not in the picture"),
        ("nonsense", "not in the picture"),
        (None, "not in the picture"),
    ],
)
def test_what_is_no_pair_of_eyes_is_refused(points, says):
    with pytest.raises(FaceError, match=says):
        place(subject_of("grace_hopper"), points)


def test_there_is_an_end():
    subject = subject_of("grace_hopper")
    for _ in range(MOST):
        subject = place(subject, eyes_of(subject))
    with pytest.raises(FaceError, match="placed in this picture already"):
        place(subject, eyes_of(subject))
