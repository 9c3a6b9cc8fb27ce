"""The threshold laboratory on real faces: bundled portraits and their copies, in a zip."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from plugins.face_verification.laboratory import (
    LabResult,
    curve_csv,
    pairs_csv,
    survey,
    worst,
)
from plugins.shared.faces import read_faces as survey_module
from plugins.shared.faces.detect import FaceError
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.read_faces import Step
from plugins.shared.files.image_folder import LabelledError, open_labelled
from tests.shared.faces import made, real

LIMITS = made.Limits()


def survey_of(path, detector=None, network=None, cache=None):
    with open_labelled(path, LIMITS) as labelled:
        steps = survey(
            labelled,
            detector or real.find(),
            network or real.network(),
            cache if cache is not None else EncodingCache(),
            LIMITS,
        )
        yield from steps


def test_what_a_survey_finds(lab):
    assert isinstance(lab, LabResult)
    assert sorted(zip(lab.people, lab.names, strict=True)) == [
        ("eileen_collins", "eileen_collins/mirrored.jpg"),
        ("eileen_collins", "eileen_collins/plain.jpg"),
        ("grace_hopper", "grace_hopper/darker.jpg"),
        ("grace_hopper", "grace_hopper/mirrored.jpg"),
        ("grace_hopper", "grace_hopper/plain.jpg"),
    ]
    assert lab.encodings.shape == (5, 128) and lab.encodings.dtype == np.float32
    assert lab.model == real.DLIB
    assert lab.detection_rate == pytest.approx(5 / 7)
    assert (lab.curve.people, lab.curve.pictures, lab.curve.faces) == (2, 7, 5)
    assert lab.curve.title == "two women.zip"
    for name, curve in lab.curve.by_metric.items():
        assert (curve.genuine.sum(), curve.impostor.sum()) == (1 + 3, 2 * 3)
        assert curve.top == METRICS[name].top
        assert curve.eer == 0, "two women are told apart"


def test_what_is_left_out_has_its_reason(lab):
    why = {skipped.name: skipped.why for skipped in lab.skipped}
    assert why.keys() == {"eileen_collins/notes.jpg", "grace_hopper/view.png"}
    assert "not a picture" in why["eileen_collins/notes.jpg"]
    assert "plain text" in why["eileen_collins/notes.jpg"]
    assert why["grace_hopper/view.png"] == "No face was found"


def test_progress_is_told(surveyed):
    *steps, last = surveyed
    assert isinstance(last, LabResult) and steps
    assert all(isinstance(step, Step) and step.total == 7 for step in steps)
    assert (steps[-1].done, steps[-1].found) == (7, 5)
    assert sum(len(step.chips) for step in steps) == 5
    assert all(chip.shape == (150, 150, 3) for step in steps for chip in step.chips)


def test_progress_of_many_batches(set_zip, monkeypatch):
    monkeypatch.setattr(survey_module, "BATCH", 2)
    *steps, last = survey_of(set_zip)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert [len(step.chips) for step in steps] == [2, 2, 1]
    assert last.names == [name for name in sorted(last.names)]


def test_the_thumbnails_are_small_jpegs_of_the_chips(lab):
    assert len(lab.thumbnails) == 5
    for data in lab.thumbnails:
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, image.size) == ("JPEG", (96, 96))
            assert np.asarray(image).std() > 20


def test_the_same_as_one_comparison(lab):
    """The laboratory must say of a pair what the compare part says of it."""
    from plugins.face_verification.model import compare
    from plugins.shared.faces.subject import detect_faces
    from plugins.shared.files.pictures import read_picture

    files = real.face_files({"grace_hopper": ("plain",), "eileen_collins": ("plain",)})
    subjects = [detect_faces(read_picture(data, name), real.find()) for name, data in files.items()]
    single = compare(*subjects, real.network(), "euclidean", EncodingCache()).distance
    i, j = (lab.names.index(name) for name in files)
    table = distances(lab.encodings, lab.encodings, "euclidean")
    assert table[i, j] == pytest.approx(single, abs=1e-5)


def test_what_the_session_knows_is_not_encoded_again(set_zip):
    cache = EncodingCache()
    *_, first = survey_of(set_zip, cache=cache)

    def load():
        raise AssertionError("the network was loaded")

    asleep = Network(real.network().card, real.network().origin, load)
    *_, again = survey_of(set_zip, network=asleep, cache=cache)
    assert np.array_equal(first.encodings, again.encodings)


@pytest.mark.parametrize("metric", METRICS)
def test_the_worst_pairs_come_first(lab, metric):
    nearest, farthest = worst(lab, metric)
    assert len(nearest) == 6 and len(farthest) == 4
    assert [p.distance for p in nearest] == sorted(p.distance for p in nearest)
    assert [p.distance for p in farthest] == sorted((p.distance for p in farthest), reverse=True)
    table = distances(lab.encodings, lab.encodings, metric)
    for pair in (*nearest, *farthest):
        assert pair.distance == table[pair.first, pair.second]
        assert pair.genuine == (lab.people[pair.first] == lab.people[pair.second])
    assert not any(p.genuine for p in nearest) and all(p.genuine for p in farthest)
    some, others = worst(lab, metric, count=2)
    assert (some, others) == (nearest[:2], farthest[:2])


@pytest.mark.parametrize("metric", METRICS)
def test_the_pairs_as_csv(lab, metric):
    rows = list(csv.DictReader(io.StringIO(pairs_csv(lab, metric))))
    assert len(rows) == 10 and sum(int(row["genuine"]) for row in rows) == 4
    table = distances(lab.encodings, lab.encodings, metric)
    for row in rows:
        a, b = lab.names.index(row["picture_a"]), lab.names.index(row["picture_b"])
        assert (row["person_a"], row["person_b"]) == (lab.people[a], lab.people[b])
        assert int(row["genuine"]) == (row["person_a"] == row["person_b"])
        assert float(row[metric]) == pytest.approx(table[a, b], abs=1e-6)


def test_names_cannot_break_out_of_the_csv(lab):
    """Commas, quotes and lines stay in their cell; what a spreadsheet would run is quoted."""
    people = ['=HYPERLINK("http://x","a")', "+1", "-2", "@sum", 'Anna, "Ann"\nB']
    evil = replace(lab, people=people, names=[f"{p}/1.jpg" for p in people])
    rows = list(csv.reader(io.StringIO(pairs_csv(evil, "euclidean"))))
    assert {len(row) for row in rows} == {6} and len(rows) == 11
    cells = {cell for row in rows[1:] for cell in row[:4]}
    assert {people[4], f"'{people[0]}", "'+1/1.jpg"} <= cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_the_curve_as_csv(lab):
    curve = lab.curve.by_metric["euclidean"]
    rows = list(csv.DictReader(io.StringIO(curve_csv(lab, "euclidean"))))
    assert list(rows[0]) == ["threshold", "fmr", "fnmr", "balanced_accuracy"]
    columns = {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}
    assert columns["threshold"] == pytest.approx(curve.thresholds, abs=1e-5)
    assert columns["fmr"] == pytest.approx(curve.fmr, abs=1e-5)
    assert columns["fnmr"] == pytest.approx(curve.fnmr, abs=1e-5)
    assert columns["balanced_accuracy"] == pytest.approx(curve.accuracy, abs=1e-5)


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ({"grace_hopper": ("plain",), "eileen_collins": ("plain",)}, "No person has two pictures"),
        ({"grace_hopper": ("plain", "mirrored")}, "only one person"),
    ],
)
def test_a_set_without_pairs_is_refused_before_anything_runs(tmp_path, copies, said):
    path = made.zipped(tmp_path / "set.zip", real.face_files(copies))

    def never(picture):
        raise AssertionError("the detector ran")

    with pytest.raises(LabelledError, match=said) as caught:
        list(survey_of(path, detector=never))
    assert caught.value.where == "set.zip" and caught.value.todo


def test_a_set_that_loses_its_pairs(tmp_path):
    """Two pictures each, but one of each shows nobody."""
    nobody = made.encoded(real.landscape())
    files = real.face_files({who: ("plain",) for who in real.WHO})
    path = made.zipped(tmp_path / "set.zip", files | {f"{w}/no.png": nobody for w in real.WHO})
    with pytest.raises(FaceError) as caught:
        list(survey_of(path))
    assert "Faces were found in 2 pictures of 2 people" in caught.value.what
    assert caught.value.where == "set.zip" and "two clear pictures" in caught.value.todo


def test_a_set_that_shows_nobody(tmp_path):
    nobody = made.encoded(real.landscape())
    path = made.zipped(tmp_path / "s.zip", {f"{w}/{i}.png": nobody for w in "ab" for i in "12"})
    with pytest.raises(FaceError, match="Faces were found in 0 pictures of 0 people"):
        list(survey_of(path))


def test_of_several_faces_the_largest_is_taken(tmp_path):
    """Hopper's picture also shows a smaller Collins; it must count as Hopper."""
    both = made.encoded(real.side_by_side(*(real.portrait(who) for who in real.WHO)), "PNG")
    files = real.face_files({"eileen_collins": ("plain",), "grace_hopper": ("plain",)})
    files |= {"grace_hopper/both.png": both}
    *_, found = survey_of(made.zipped(tmp_path / "set.zip", files))
    (nearest, *_), (genuine,) = worst(found, "euclidean")
    assert genuine.distance < 0.3 < 0.5 < nearest.distance


def open_files() -> set[str]:
    return {os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if
            os.path.exists(f"/proc/self/fd/{n}")}  # fmt: skip


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux's list of open files")
def test_stopping_early_closes_the_zip(set_zip, monkeypatch):
    monkeypatch.setattr(survey_module, "BATCH", 1)
    steps = survey_of(set_zip)
    assert next(steps).done == 1
    assert str(set_zip) in open_files()
    steps.close()
    assert str(set_zip) not in open_files()
