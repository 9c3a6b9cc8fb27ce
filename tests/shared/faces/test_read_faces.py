"""Reading a labelled set face by face, with a made-up detector where faces do not matter."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.shared.faces import read_faces as survey
from plugins.shared.faces.detect import FaceError
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.read_faces import read_faces
from plugins.shared.files.image_folder import open_labelled
from tests.shared.faces import made, real

NOTES = {"eileen_collins/notes.jpg": b"These are my notes."}
VIEW = {"grace_hopper/view.png": made.encoded(real.landscape())}
FOUR = real.face_files(dict.fromkeys(real.WHO, ("plain", "mirrored")))


@pytest.fixture
def read(tmp_path):
    """Every step of a survey of these files."""

    def act(files, **options):
        source = made.folder(tmp_path / "set", files)
        with open_labelled(source, made.Limits()) as labelled:
            return list(
                read_faces(
                    labelled,
                    options.pop("detector", real.find()),
                    real.network(),
                    options.pop("cache", EncodingCache()),
                    made.Limits(),
                    **options,
                )
            )

    return act


def names(steps) -> list[str]:
    return [face.item.name for step in steps for face in step.faces]


def test_the_largest_face_of_every_picture_is_read(read):
    small, large = real.portrait("eileen_collins"), real.portrait("grace_hopper")
    both = real.side_by_side(small.resize((small.width // 2, small.height // 2)), large)
    files = FOUR | {"grace_hopper/both.png": made.encoded(both)}
    (step,) = read(files)
    assert names([step]) == sorted(files) and (step.done, step.total, step.found) == (5, 5, 5)
    faces = {face.item.name: face for face in step.faces}
    one, two = (
        faces[f"grace_hopper/{name}"].encoded.encoding for name in ("both.png", "plain.jpg")
    )
    assert np.linalg.norm(one - two) < 0.2
    for face in step.faces:
        assert face.item.person in face.item.name and face.picture.name in face.item.name
        assert face.encoded.chip.shape == (150, 150, 3)
    assert step.chips == tuple(face.encoded.chip for face in step.faces)


def test_everything_left_out_is_reported_once(read, monkeypatch):
    monkeypatch.setattr(survey, "REPORT_EVERY", 1)
    steps = read(FOUR | NOTES | VIEW)
    skipped = [skipped for step in steps for skipped in step.skipped]
    assert {s.name: s.why for s in skipped}.keys() == NOTES.keys() | VIEW.keys()
    assert len(skipped) == 2
    assert next(s.why for s in skipped if s.name in VIEW) == "No face was found"
    assert names(steps) == sorted(FOUR)


@pytest.mark.parametrize("batch", [1, 3, 4, 32])
def test_batches_lose_nobody(read, monkeypatch, batch):
    monkeypatch.setattr(survey, "BATCH", batch)
    steps = read(FOUR | VIEW)
    assert names(steps) == sorted(FOUR)
    assert max(len(step.faces) for step in steps) == min(batch, 4)
    assert (steps[-1].done, steps[-1].found) == (5, 4)
    assert [step.done for step in steps] == sorted({step.done for step in steps})


def test_the_last_picture_may_be_the_one_that_is_bad(read, monkeypatch):
    """A half-filled batch is encoded even where the set ends with a picture of nobody."""
    monkeypatch.setattr(survey, "BATCH", 3)
    (*_, last) = read(FOUR | {"zoe/view.png": VIEW["grace_hopper/view.png"]})
    assert len(last.faces) == 1 and len(last.skipped) == 1 and last.done == 5


def test_progress_is_reported_without_a_full_batch(read, monkeypatch):
    monkeypatch.setattr(survey, "REPORT_EVERY", 2)
    steps = read(FOUR)
    assert [(step.done, step.found, len(step.faces)) for step in steps] == [(2, 2, 0), (4, 4, 4)]


def test_what_is_not_wanted_is_neither_searched_nor_skipped(read):
    looked = []

    def detector(picture):
        looked.append(picture.name)
        return real.find()(picture)

    steps = read(
        FOUR, detector=detector, wanted=lambda item, picture: item.person == "grace_hopper"
    )
    assert {name.split("/")[0] for name in names(steps)} == {"grace_hopper"}
    assert len(looked) == 2
    assert (steps[-1].done, steps[-1].found, steps[-1].skipped) == (4, 2, ())


def test_a_face_that_does_not_pass_the_check_is_skipped_with_its_reason(read):
    def check(picture, face):
        if "mirrored" in picture.name:
            raise FaceError("It looks the wrong way", where=picture.name)

    steps = read(FOUR, check=check)
    skipped = [skipped for step in steps for skipped in step.skipped]
    assert sorted(s.name for s in skipped) == [f"{who}/mirrored.jpg" for who in sorted(real.WHO)]
    assert {s.why for s in skipped} == {"It looks the wrong way"} and steps[-1].found == 2


def test_any_other_failure_is_not_swallowed(read):
    with pytest.raises(ZeroDivisionError):
        read(FOUR, detector=lambda picture: 1 / 0)


def test_what_the_cache_knows_is_not_encoded_again(read):
    cache = EncodingCache()
    first = read(FOUR, cache=cache)
    assert len(cache) == 4 and all(f.encoded.fresh for step in first for f in step.faces)
    again = read(FOUR, cache=cache)
    assert names(again) == names(first)
    assert not any(f.encoded.fresh for step in again for f in step.faces)


def test_a_set_without_a_usable_face_ends_all_the_same(read):
    (step,) = read(VIEW | {"other/view.png": VIEW["grace_hopper/view.png"]})
    assert (step.done, step.found, step.faces, len(step.skipped)) == (2, 0, (), 2)
