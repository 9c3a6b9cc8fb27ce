"""Enrolling many at once, with the real detector and network on faces of real people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plugins.face_identification.reencode import encode_again
from plugins.shared.faces import read_faces as survey
from plugins.shared.faces.encode import Network
from plugins.shared.faces.gallery import enrolment as enrolling
from plugins.shared.faces.gallery.crops import restore
from plugins.shared.faces.gallery.enrol_set import Report, Step, enrol_set, write
from plugins.shared.faces.gallery.enrolment import space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.names import NAME_LENGTH
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import Enrolment, GalleryError, StoreError
from plugins.shared.files.image_folder import Skipped, open_labelled
from registry import Limits
from tests.shared.faces import made, real

COPIES = ("plain", "mirrored", "darker", "pale")
SIX = real.face_files(dict.fromkeys(real.WHO, COPIES[:3]))
BOTH = {"grace_hopper": 3, "eileen_collins": 3}
DARK = made.encoded(real.portrait("grace_hopper").point(lambda v: v // 16), "PNG")


def asked_in_vain(*_: object):
    raise AssertionError("A face that is enrolled already is not looked at again")


def unloaded(network: Network) -> Network:
    """The network, for those who must not run it."""
    return replace(network, load=asked_in_vain)


def renamed(name: str = "other.test") -> Network:
    """The same network as if it were another one: its encodings lie in a space of their own."""
    network = real.network()
    return replace(network, origin=replace(network.origin, name=name, sha256="f" * 64))


@pytest.fixture
def network() -> Network:
    return real.network()


@pytest.fixture
def gallery(network) -> Iterator[Gallery]:
    store = open_store("memory:")
    yield Gallery(store, space_of(network, "test"))
    store.close()


@pytest.fixture
def folder(tmp_path) -> Callable[..., Path]:
    """Write files below a new folder."""
    return lambda files, name="set": made.folder(tmp_path / name, files)


@contextmanager
def batches_of(count: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(survey, "BATCH", count)
        patch.setattr(survey, "REPORT_EVERY", 1)
        yield


def run(source: Path, gallery: Gallery, network=None, detector=None, **options) -> list:
    """Every step of an enrolment, the report last."""
    with open_labelled(source, Limits()) as labelled:
        return list(
            enrol_set(
                labelled,
                gallery,
                detector or real.find(),
                network or real.network(),
                Limits(),
                **options,
            )
        )


def report_of(*arguments, **options) -> Report:
    report = run(*arguments, **options)[-1]
    assert isinstance(report, Report)
    return report


class Failing:
    """A store whose method fails from its nth call on."""

    def __init__(self, store, method: str, nth: int):
        self._store, self._method, self._left = store, method, nth - 1

    def __getattr__(self, name):
        if name != self._method:
            return getattr(self._store, name)
        if self._left == 0:
            raise StoreError("There is no space left for the gallery", where="x", todo="Make room.")
        self._left -= 1
        return getattr(self._store, name)


# --- what goes right -----------------------------------------------------------------------------


def test_a_folder_is_enrolled_and_its_people_are_found(folder, gallery):
    *steps, report = run(folder(SIX), gallery)
    assert gallery.people() == BOTH and gallery.count().index_rows == 6
    assert (report.new, report.known, report.refused, report.people) == (6, 0, (), 2)
    assert report.seconds > 0 and not report.stopped
    assert report.ms_per_face == pytest.approx(1000 * report.seconds / 6)
    last = steps[-1]
    assert (last.done, last.total, last.new, last.known, last.refused) == (6, 6, 6, 0, 0)
    assert len(last.latest) == 6 and last.latest[0].shape == (150, 150, 3)
    for who in real.WHO:
        (candidates,) = gallery.identify(real.encoding(who), top=2)
        assert candidates[0].person == who and candidates[0].distance < 0.5
    face = gallery.faces("grace_hopper")[0]
    assert face.label == "darker.jpg" and face.chip[:2] == b"\xff\xd8"
    assert (face.picture, face.landmarks) == (b"", ())


def test_doing_it_again_looks_at_nothing_even_as_a_zip(folder, gallery, network, tmp_path):
    run(folder(SIX), gallery)
    before = gallery.count()
    source = made.zipped(tmp_path / "set.zip", {f"above/{p}": data for p, data in SIX.items()})
    report = report_of(source, gallery, unloaded(network), asked_in_vain)
    assert (report.new, report.known, report.refused, report.people) == (0, 6, (), 2)
    assert report.ms_per_face == 0 and gallery.count() == before


def test_batches_are_durable_one_by_one_and_a_stopped_run_goes_on(folder, gallery):
    source, told = folder(SIX), []
    with batches_of(2):
        steps = run(source, gallery, stop=lambda: gallery.count().faces == 4)
        for step in steps[:-1]:
            told.append(step.new)
        report = steps[-1]
        assert told == [0, 2, 2, 4] and gallery.count().faces == 4
        assert (report.new, report.known, report.stopped) == (4, 0, True)
        report = report_of(source, gallery)
    assert (report.new, report.known, report.stopped) == (2, 4, False)
    assert gallery.people() == BOTH


def test_what_a_step_counts_as_new_is_written_already(folder, gallery):
    with batches_of(2), open_labelled(folder(SIX), Limits()) as labelled:
        steps = enrol_set(labelled, gallery, real.find(), real.network(), Limits())
        for step in steps:
            assert gallery.count().faces == step.new
        assert isinstance(step, Report)


def test_people_who_were_known_get_their_new_pictures(folder, gallery):
    run(folder(real.face_files({"grace_hopper": ("plain",)})), gallery)
    report = report_of(folder(SIX), gallery)
    assert (report.new, report.known, report.people) == (5, 1, 2)
    assert gallery.people() == BOTH


def test_another_network_encodes_the_set_beside_the_first(folder, gallery):
    source, other = folder(SIX), renamed()
    run(source, gallery)
    report = report_of(source, Gallery(gallery.store, space_of(other, "test")), other)
    assert (report.new, report.known) == (6, 0)
    counts = gallery.count()
    assert (counts.faces, counts.encodings) == (6, 12)


# --- what is refused -----------------------------------------------------------------------------


def test_every_refused_file_is_named_with_its_reason(folder, gallery):
    long = "n" * (NAME_LENGTH + 1)
    files = SIX | {
        "grace_hopper/notes.txt": b"no picture",
        "grace_hopper/damaged.jpg": SIX["grace_hopper/plain.jpg"][:900],
        "grace_hopper/hills.png": made.encoded(real.landscape()),
        "grace_hopper/far.png": made.encoded(real.portrait("grace_hopper").resize((48, 52))),
        f"{long}/pale.jpg": real.face_files({"grace_hopper": ("pale",)})["grace_hopper/pale.jpg"],
    }
    *steps, report = run(folder(files), gallery)
    why = {skip.name: skip.why for skip in report.refused}
    assert why.keys() == files.keys() - SIX.keys()
    assert why["grace_hopper/notes.txt"] == "is no picture that is read, by its name"
    assert why["grace_hopper/damaged.jpg"].startswith("The picture cannot be decoded")
    assert why["grace_hopper/hills.png"] == "No face was found"
    assert "pixels wide, and 40 are needed" in why["grace_hopper/far.png"]
    assert f"at most {NAME_LENGTH} are kept" in why[f"{long}/pale.jpg"]
    assert (report.new, steps[-1].refused) == (6, 5) and gallery.people() == BOTH


def test_a_person_under_two_names_keeps_the_first(folder, gallery, network):
    twice = SIX | {"zoe/copy.jpg": SIX["grace_hopper/plain.jpg"]}
    report = report_of(folder(twice, "one run"), gallery)
    reason = "The same picture is enrolled already, as grace_hopper"
    assert report.refused == (Skipped("zoe/copy.jpg", reason),)
    files = {"zoe/copy.jpg": twice["zoe/copy.jpg"], "adam/x.jpg": SIX["eileen_collins/plain.jpg"]}
    report = report_of(folder(files, "another run"), gallery, unloaded(network), asked_in_vain)
    assert [skip.name for skip in report.refused] == ["adam/x.jpg", "zoe/copy.jpg"]
    assert (report.new, report.people) == (0, 0) and gallery.people() == BOTH


def test_the_same_picture_twice_is_one_face(folder, gallery):
    files = {f"grace_hopper/{n}.jpg": SIX["grace_hopper/plain.jpg"] for n in "abc"}
    report = report_of(folder(files), gallery)
    assert (report.new, report.known, report.refused) == (1, 2, ())
    assert gallery.people() == {"grace_hopper": 1}


def test_a_copy_of_a_refused_picture_is_refused_too(folder, gallery):
    hills = made.encoded(real.landscape())
    files = {"grace_hopper/a.png": hills, "grace_hopper/b.png": hills}
    report = report_of(folder(files), gallery)
    assert (report.new, report.known, len(report.refused)) == (0, 0, 2)


def test_the_gate_refuses_a_dark_face_and_can_be_left_open(folder, gallery):
    source = folder({"grace_hopper/dark.png": DARK})
    report = report_of(source, gallery)
    ((name, why),) = [(skip.name, skip.why) for skip in report.refused]
    assert name == "grace_hopper/dark.png" and "dark" in why and not why.endswith(".")
    assert report_of(source, gallery, gate=False).new == 1


def test_one_face_that_cannot_be_kept_does_not_cost_the_batch(gallery):
    def row(number: int, encoding: np.ndarray) -> tuple[Enrolment, str]:
        return Enrolment(f"{number:032x}", "Ada", encoding, b"chip"), f"ada/{number}.jpg"

    sound = real.encoding("grace_hopper")
    rows = [row(1, sound), row(2, np.full_like(sound, np.nan)), row(3, sound)]
    written, refused = write(gallery, rows)
    assert [face.id for face in written] == [rows[0][0].id, rows[2][0].id]
    assert refused == [Skipped("ada/2.jpg", "The encoding is not finite")]
    assert gallery.people() == {"Ada": 2}
    assert write(gallery, []) == ([], [])


# --- what fails ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "nth"), [("write", 2), ("owners", 5), ("encoded", 4)])
def test_a_store_that_fails_ends_it_and_nothing_written_is_lost(folder, gallery, method, nth):
    source = folder(SIX)
    failing = Gallery(Failing(gallery.store, method, nth), gallery.space)
    with batches_of(2):
        with pytest.raises(StoreError, match="no space left"):
            run(source, failing)
        assert gallery.count().faces == 2
        report = report_of(source, gallery)
    assert (report.new, report.known) == (4, 2) and gallery.people() == BOTH


def test_a_visit_cannot_fill_the_memory(folder, gallery, monkeypatch):
    monkeypatch.setattr(enrolling, "MOST_IN_MEMORY", 4)
    with batches_of(2), pytest.raises(GalleryError, match="This visit has enrolled 4 faces"):
        run(folder(SIX), gallery)
    assert gallery.count().faces == 4


# --- encoding again ------------------------------------------------------------------------------


@pytest.fixture
def other(gallery) -> Gallery:
    """The same faces, as another network will see them."""
    return Gallery(gallery.store, space_of(renamed(), "test"))


def test_kept_pictures_are_encoded_for_another_network(folder, gallery, other):
    run(folder(SIX), gallery, keep_pictures=True)
    face = gallery.faces("grace_hopper")[0]
    picture, found = restore(face.picture, face.landmarks, face.label)
    assert max(picture.pixels.shape) <= 320 and len(found.landmarks) == 5
    assert other.elsewhere() == {gallery.space: 6}
    *steps, report = encode_again(other, renamed())
    assert [(s.done, s.total, s.new, len(s.latest)) for s in steps] == [(6, 6, 6, 6)]
    assert (report.new, report.known, report.refused, report.people) == (6, 0, (), 2)
    old = {row.id: row for row in gallery.rows()}
    for row in other.rows():
        was = old[row.id]
        assert np.linalg.norm(row.encoding - was.encoding) < 0.2
        assert (row.person, row.chip, row.label) == (was.person, was.chip, was.label)
        assert (row.picture, row.landmarks) == (was.picture, was.landmarks)


def test_encoding_again_twice_runs_no_network(folder, gallery, other):
    run(folder(SIX), gallery, keep_pictures=True)
    list(encode_again(other, renamed()))
    report = list(encode_again(other, unloaded(renamed())))[-1]
    assert (report.new, report.known, report.people) == (0, 6, 2)


def test_what_is_lost_is_named_where_no_picture_was_kept(folder, gallery, other):
    kept = {path: data for path, data in SIX.items() if path.startswith("eileen")}
    run(folder(kept, "kept"), gallery, keep_pictures=True)
    run(folder(SIX, "all"), gallery)
    report = list(encode_again(other, renamed()))[-1]
    assert (report.new, report.people) == (3, 1)
    assert {skip.name for skip in report.refused} == {
        f"grace_hopper: {copy}.jpg" for copy in COPIES[:3]
    }
    assert {skip.why for skip in report.refused} == {
        "Its picture was not kept, so no other network can encode it"
    }
    assert other.count().index_rows == 3 and gallery.count().index_rows == 6


def test_encoding_again_can_be_stopped_and_goes_on(folder, gallery, other, monkeypatch):
    run(folder(SIX), gallery, keep_pictures=True)
    monkeypatch.setattr("plugins.face_identification.reencode.BATCH", 2)
    asked = iter(range(99))
    report = list(encode_again(other, renamed(), stop=lambda: next(asked) == 2))[-1]
    assert (report.new, report.stopped, other.count().index_rows) == (4, True, 4)
    *steps, report = encode_again(other, renamed())
    assert (report.new, report.known, report.stopped) == (2, 4, False)
    assert [isinstance(step, Step) for step in steps] == [True] * 3


def test_whoever_is_deleted_meanwhile_does_not_come_back(folder, gallery, other):
    run(folder(SIX), gallery, keep_pictures=True)
    network = renamed()

    def load():
        gallery.delete("grace_hopper")
        return network.load()

    report = list(encode_again(other, replace(network, load=load)))[-1]
    assert report.new == 3 and gallery.people() == {"eileen_collins": 3}
