"""What is kept beside the code: curves in small files, and the opening comparison."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from plugins.shared.faces.align import revision_of
from plugins.shared.faces.detect import Face
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.encode import EncodingCache, encode_faces
from plugins.shared.faces.examples import examples, load_example
from plugins.shared.faces.measured import record
from plugins.shared.faces.measured import stored_curves as stored
from plugins.shared.faces.measured.operating_curves import BINS, OperatingCurve
from plugins.shared.faces.measured.stored_curves import (
    RecordedFace,
    StoredCurve,
    recorded_faces,
    stored_curves,
    write_curve,
    write_opening,
)
from tests.shared.faces import real
from weights.catalog import read_catalog

SHIPPED = sorted(set(stored.CURVES.glob("*.json")) - {stored.OPENING})


def some_curve(title: str = "A set", seed: int = 0) -> StoredCurve:
    random = np.random.default_rng(seed)
    counts = [random.poisson(0.2, BINS) for _ in range(2)]
    by_metric = {
        "euclidean": OperatingCurve(2.0, *counts, effective=(12.5, 3.25), eer_interval=(0.1, 0.2)),
        "cosine": OperatingCurve(2.0, *counts[::-1]),
    }
    return StoredCurve(title, "München, “quoted”", 5, 30, 28, "2026-11-23", "a command", by_metric)


def same(one: StoredCurve, other: StoredCurve) -> bool:
    plain = replace(one, by_metric={}) == replace(other, by_metric={})
    return plain and one.by_metric.keys() == other.by_metric.keys() and all(
        (a.top, a.effective, a.eer_interval) == (b.top, b.effective, b.eer_interval)
        and np.array_equal(a.genuine, b.genuine)
        and np.array_equal(a.impostor, b.impostor)
        for a, b in ((one.by_metric[m], other.by_metric[m]) for m in one.by_metric)
    )  # fmt: skip


def test_written_and_read(tmp_path):
    path = write_curve(some_curve(), "arch.tag", "abc", tmp_path)
    assert path == tmp_path / "arch.tag.json"
    (read,) = stored_curves("arch.tag", "abc", tmp_path)
    assert same(read, some_curve())
    assert stored_curves("other.tag", "abc", tmp_path) == ()


def test_a_second_set_is_added_and_the_same_set_replaced(tmp_path):
    write_curve(some_curve("A"), "n", "abc", tmp_path)
    write_curve(some_curve("B", 1), "n", "abc", tmp_path)
    assert [c.title for c in stored_curves("n", "abc", tmp_path)] == ["A", "B"]
    write_curve(some_curve("A", 2), "n", "abc", tmp_path)
    found = stored_curves("n", "abc", tmp_path)
    read = {c.title: c for c in found}
    assert len(found) == 2 and same(read["A"], some_curve("A", 2))
    assert same(read["B"], some_curve("B", 1))


def test_other_weights_hide_and_replace(tmp_path):
    write_curve(some_curve("A"), "n", "abc", tmp_path)
    assert stored_curves("n", "def", tmp_path) == ()
    write_curve(some_curve("B"), "n", "def", tmp_path)
    assert [c.title for c in stored_curves("n", "def", tmp_path)] == ["B"]
    assert stored_curves("n", "abc", tmp_path) == ()


def test_the_file_is_utf_8_wherever_it_is_written(tmp_path):
    path = write_curve(some_curve("Zürich – Gesichter"), "n", "abc", tmp_path)
    assert "Zürich – Gesichter" in path.read_bytes().decode("utf-8")


def test_the_sentence_says_what_was_measured():
    curve = some_curve()
    counts = curve.by_metric["euclidean"]
    assert curve.sentence == (
        "Measured on A set: 5 people, 28 faces found in 30 pictures, "
        f"{counts.genuine.sum():,} genuine and {counts.impostor.sum():,} impostor pairs, "
        "2026-11-23."
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_curves_hold(path):
    """They belong to the catalogue's weights, and their counts are those of the set they name."""
    card = read_catalog()[path.stem]
    found = stored_curves(path.stem, revision_of(card))
    assert found and len(found) == len(json.loads(path.read_bytes())["curves"])
    for curve in found:
        assert curve.by_metric.keys() == METRICS.keys()
        assert curve.faces <= curve.pictures and curve.source and curve.command
        pairs = curve.faces * (curve.faces - 1) // 2
        sizes = {(c.genuine.sum(), c.impostor.sum()) for c in curve.by_metric.values()}
        assert len(sizes) == 1 and sum(*sizes) == pairs
        genuine, impostor = sizes.pop()
        # As even as people can be: no fewer genuine pairs than with equal shares.
        assert (
            genuine
            >= curve.people * (curve.faces / curve.people) * (curve.faces / curve.people - 1) / 2
            - 1e-6
        )
        assert f"{genuine:,} genuine and {impostor:,} impostor pairs" in curve.sentence
        assert curve.title in curve.sentence and curve.date in curve.sentence
        for name, c in curve.by_metric.items():
            assert c.top == METRICS[name].top
            assert c.effective[0] <= genuine and c.effective[1] <= impostor
            low, high = c.eer_interval
            assert low <= c.eer <= high


def test_orl_and_johns_are_shipped_for_the_default_network():
    card = read_catalog()["dlib_resnet.faces_v1"]
    by_title = {curve.title: curve for curve in stored_curves(card.name, revision_of(card))}
    assert {"ORL", "dlib johns"} <= by_title.keys()
    orl, johns = by_title["ORL"], by_title["dlib johns"]
    assert (orl.people, orl.pictures) == (40, 400) and orl.faces >= 0.99 * 400
    assert (johns.people, johns.pictures, johns.faces) == (5, 55, 55)
    assert johns.by_metric["euclidean"].genuine.sum() == 5 * 55
    assert orl.by_metric["euclidean"].eer <= 0.01
    assert johns.by_metric["euclidean"].eer == 0


def test_recorded_faces_written_and_read(tmp_path, monkeypatch):
    face = Face((1, 2, 51, 52), 1.25, tuple((i + 0.5, i * 2.0) for i in range(5)), 50)
    other = replace(face, size=40)
    encoding = np.linspace(-1, 1, 128).astype(np.float32)
    monkeypatch.setattr(stored, "OPENING", tmp_path / "opening.json")
    stored._opening.cache_clear()
    try:
        assert recorded_faces("digest") == ()
        written = tuple(RecordedFace(f, "n", "abc", encoding) for f in (face, other))
        write_opening({"digest": written})
        read = recorded_faces("digest")
        assert [(k.face, k.model, k.revision) for k in read] == [
            (face, "n", "abc"),
            (other, "n", "abc"),
        ]
        assert all(np.array_equal(k.encoding, encoding) for k in read)
        assert all(k.encoding.dtype == np.float32 for k in read)
        assert recorded_faces("another") == ()
    finally:
        stored._opening.cache_clear()


@pytest.mark.parametrize("key", [one.key for one in examples()])
def test_the_shipped_faces_are_what_the_network_finds(key):
    picture = load_example(key)
    known = recorded_faces(picture.digest)
    faces = real.find()(picture)
    assert len(known) == len(faces) == 1 + (key == "together")
    for one, face in zip(known, faces, strict=True):
        assert one.face.box == face.box and one.face.size == face.size
        assert one.face.number == face.number
        assert one.face.score == pytest.approx(face.score, abs=1e-3)
        assert np.abs(np.subtract(one.face.landmarks, face.landmarks)).max() < 0.51
    made = encode_faces(real.network(), [(picture, face) for face in faces], EncodingCache())
    for one, two in zip(known, made, strict=True):
        assert (one.model, one.revision) == (real.DLIB, real.network().revision)
        assert np.abs(one.encoding - two.encoding).max() < 1e-4


@pytest.mark.parametrize("change", [{}, {"sha256": "0" * 64}, {"name": "other.tag"}])
def test_recorded_encodings_are_recalled_for_their_own_network_only(change):
    cache, picture = EncodingCache(), load_example("together")
    stored.recall_recorded([picture], replace(real.backbone().card, **change), cache)
    assert len(cache) == (0 if change else 2)
    if not change:
        faces = [(picture, known.face) for known in recorded_faces(picture.digest)]
        assert not any(face.fresh for face in encode_faces(real.network(), faces, cache))


def test_the_command_records_them_all(tmp_path, monkeypatch, capsys):
    shipped = stored.OPENING.read_bytes()
    monkeypatch.setattr(record, "Weights", real.weights)
    monkeypatch.setattr(stored, "OPENING", tmp_path / "opening.json")
    stored._opening.cache_clear()
    try:
        assert record.main() == 0
        assert "recorded 12 faces in 11 pictures" in capsys.readouterr().out
        assert all(recorded_faces(one.load().digest) for one in examples())
    finally:
        stored._opening.cache_clear()
    assert stored.OPENING.with_name("opening.json").exists()
    monkeypatch.undo()
    assert stored.OPENING.read_bytes() == shipped
