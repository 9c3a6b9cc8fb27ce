"""Galleries as files: what goes out comes in again, and nothing else does."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plugins.shared.faces.gallery import export as exchange
from plugins.shared.faces.gallery.export import (
    OtherNetwork,
    export_gallery,
    import_into,
    read_export,
)
from plugins.shared.faces.gallery.gallery import Gallery, Written
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import Counts, GalleryError, OtherName, StoreError
from tests.shared.faces import made
from tests.shared.faces.gallery import enrolments
from tests.shared.faces.gallery.enrolments import SIZE, encoding, enrolment, people

LIMITS = made.Limits(archive_files=200)
SIX = {"Ada": 2, "Zoë ‘Zo’ 李": 3, "Ben": 1}


def gallery(**space: object) -> Gallery:
    return Gallery(open_store("memory:"), enrolments.space(**space))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Six faces of three people, with their pictures."""
    full, path = gallery(), tmp_path / "gallery.zip"
    full.enrol(people(SIX))
    assert export_gallery(full, path) == 6
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(
    path: Path, changes: Mapping[str, bytes | None], pack: int = zipfile.ZIP_STORED
) -> Path:
    """The export with other members; None: without that one."""
    files = {**members(path), **changes}
    return made.zipped(path, {n: d for n, d in files.items() if d is not None}, pack)


def retold(path: Path, tell: Callable[[dict], object]) -> Path:
    """The export with another gallery.json."""
    contents = json.loads(members(path)["gallery.json"])
    tell(contents)
    return changed(path, {"gallery.json": json.dumps(contents).encode()})


def retabled(path: Path, table: bytes) -> Path:
    """The export with another table of encodings, whose sum is right."""
    path = changed(path, {"encodings.npy": table})
    digest = hashlib.sha256(table).hexdigest()
    return retold(path, lambda contents: contents.update(encodings=digest))


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def refusal(path: Path, limits: made.Limits = LIMITS) -> GalleryError:
    with pytest.raises(GalleryError) as caught:
        read_export(path, limits)
    error = caught.value
    assert error.what and error.where and error.todo
    return error


# --- there and back -------------------------------------------------------------------------------


def test_all_comes_back_unchanged_on_every_engine(open_gallery, exported):
    rows = people(SIX)
    target = open_gallery()
    export = read_export(exported, LIMITS)
    assert export.rows == tuple(rows) and export.pictures_kept
    assert export.space == replace(target.space, namespace="")
    assert import_into(target, export) == Written(new=6, known=0)
    assert import_into(target, export) == Written(new=0, known=6)
    back = list(target.rows())
    assert back == rows
    assert [b.encoding.tobytes() for b in back] == [r.encoding.tobytes() for r in rows]
    again = io.BytesIO()
    assert export_gallery(target, again) == 6
    assert members(again)["gallery.json"] == members(exported)["gallery.json"]


def test_an_export_says_neither_whose_gallery_it_was_nor_more_than_the_rows(exported):
    files = members(exported)
    assert set(files) == {"gallery.json", "encodings.npy"} | {
        f"{part}s/{row.id}.jpg" for row in people(SIX) for part in ("chip", "picture")
    }
    assert set(json.loads(files["gallery.json"])) == {
        "format", "version", "network", "revision", "size", "distance", "encodings", "faces",
    }  # fmt: skip
    if os.name == "posix":
        assert exported.stat().st_mode & 0o077 == 0


def test_faces_without_pictures_and_chips(tmp_path):
    full, path = gallery(), tmp_path / "bare.zip"
    bare = replace(enrolment("Ben", 2, picture=False), chip=b"")
    full.enrol([enrolment("Ada", 1), bare])
    export_gallery(full, path)
    export = read_export(path, LIMITS)
    assert not export.pictures_kept and export.rows[1] == bare
    import_into(gallery(), export)


def test_nobody_is_no_export(tmp_path):
    with pytest.raises(GalleryError, match="nothing to export"):
        export_gallery(gallery(), tmp_path / "empty.zip")
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    full, old = gallery(), tmp_path / "gallery.zip"
    full.enrol(people(SIX))
    old.write_text("the last export")

    def no_room(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exchange.np, "save", no_room)
    with pytest.raises(StoreError, match="No space left") as caught:
        export_gallery(full, old)
    assert caught.value.where == "gallery.zip" and caught.value.todo
    monkeypatch.undo()
    assert [file.name for file in tmp_path.iterdir()] == [old.name]
    assert old.read_text() == "the last export"
    with pytest.raises(StoreError, match="cannot be written"):
        export_gallery(full, tmp_path / "none" / "gallery.zip")


# --- where it does not fit ------------------------------------------------------------------------


@pytest.mark.parametrize("other", [{"network": "made.v2"}, {"revision": "2" * 64}])
def test_an_export_of_another_network_is_handed_back(exported, other):
    target = gallery(**other)
    with pytest.raises(OtherNetwork, match="made.v1") as caught:
        import_into(target, read_export(exported, LIMITS))
    assert caught.value.export.pictures_kept and "encoded again" in caught.value.todo
    assert len(caught.value.export.rows) == 6 and target.count() == Counts()


def test_an_export_of_another_network_without_all_pictures(tmp_path):
    full, path = gallery(), tmp_path / "bare.zip"
    full.enrol([enrolment("Ada", 1), enrolment("Ben", 2, picture=False)])
    export_gallery(full, path)
    with pytest.raises(OtherNetwork) as caught:
        import_into(gallery(network="made.v2"), read_export(path, LIMITS))
    assert not caught.value.export.pictures_kept and "choose made.v1" in caught.value.todo


def test_a_network_of_other_numbers_is_refused(exported):
    with pytest.raises(GalleryError, match="cosine"):
        import_into(gallery(distance="cosine"), read_export(exported, LIMITS))


def test_a_face_under_another_name_keeps_all_out(exported):
    target = gallery()
    target.enrol([enrolment("Eve", 4)])
    with pytest.raises(OtherName) as caught:
        import_into(target, read_export(exported, LIMITS))
    assert set(caught.value.owners.values()) == {"Eve"}
    assert target.people() == {"Eve": 1}


# --- files that are no sound exports --------------------------------------------------------------


def test_no_export_at_all(tmp_path, exported):
    text = tmp_path / "notes.txt"
    text.write_text("Dear diary")
    assert "plain text" in refusal(text).what and "exported" in refusal(text).todo
    assert "opened" in refusal(tmp_path / "none.zip").what
    assert (
        "gallery.json" in refusal(made.zipped(tmp_path / "set.zip", made.face_set({"Ada": 2}))).what
    )
    assert "another program" in refusal(changed(exported, {"gallery.json": b"[1, 2]"})).what
    assert "JSON" in refusal(changed(exported, {"gallery.json": b"{" * 10**5})).what
    assert "JSON" in refusal(changed(exported, {"gallery.json": b"\xff\xfe{}"})).what


def test_a_newer_format(exported):
    error = refusal(retold(exported, lambda contents: contents.update(version=2)))
    assert "format 2" in error.what


@pytest.mark.parametrize("kind", ["encodings.npy", "chips", "pictures"])
def test_a_member_that_was_changed_or_is_missing(exported, kind):
    name = next(name for name in members(exported) if name.startswith(kind))
    data = bytearray(members(exported)[name])
    data[-1] ^= 1
    assert "changed" in refusal(changed(exported, {name: bytes(data)})).what
    assert "missing" in refusal(changed(exported, {name: None})).what


def test_a_damaged_archive(exported):
    sound = exported.read_bytes()
    for place in (len(sound) // 3, len(sound) // 2):  # A bit of a member, which its sum tells.
        data = bytearray(sound)
        data[place] ^= 0xFF
        exported.write_bytes(data)
        assert refusal(exported).todo == "Export the gallery again and choose that file."
    for length in (10, len(sound) // 2, len(sound) - 10):
        exported.write_bytes(sound[:length])
        assert "cut short" in refusal(exported).what or "damaged" in refusal(exported).what


@pytest.mark.parametrize(
    "tell",
    [
        lambda c: c.pop("faces"),
        lambda c: c.update(faces=[]),
        lambda c: c.update(faces=5),
        lambda c: c.update(faces=c["faces"] + c["faces"][:1]),
        lambda c: c.update(size=0),
        lambda c: c.update(size="24"),
        lambda c: c.update(size=10**12),
        lambda c: c.update(network=None),
        lambda c: c["faces"][0].update(id="../../../etc/passwd"),
        lambda c: c["faces"][0].update(person="  Ada"),
        lambda c: c["faces"][0].update(person="Ada\0"),
        lambda c: c["faces"][0].update(person=["Ada"]),
        lambda c: c["faces"][0].update(landmarks=[[1, 2]]),
        lambda c: c["faces"][0].update(landmarks=[[1, float("nan")]] * 5),
        lambda c: c["faces"][0].update(landmarks="12345"),
        lambda c: c["faces"][0].pop("chip"),
        lambda c: c.update(faces=["Ada"]),
    ],
)
def test_contents_out_of_shape(exported, tell):
    assert "cannot be used" in refusal(retold(exported, tell)).what


def test_tables_that_are_no_encodings(exported):
    good = np.stack([encoding(i) for i in range(6)])
    wide, broken = np.zeros((6, SIZE + 1), np.float32), good.copy()
    broken[3, 3] = np.inf
    for array in (wide, good[:5], good.astype(np.float64), np.asfortranarray(good), broken):
        assert "encodings.npy" in refusal(retabled(exported, npy(array))).what
    objects = npy(np.array([object()] * 6))  # A pickle, which is never opened.
    huge = io.BytesIO()
    shape = {"descr": "<f4", "fortran_order": False, "shape": (10**15, SIZE)}
    np.lib.format.write_array_header_1_0(huge, shape)
    header = b"\x93NUMPY\x01\x00" + struct.pack("<H", 10) + b"__import__"
    for table in (
        objects,
        huge.getvalue(),
        header,
        npy(good)[:-4],
        npy(good) + bytes(4),
        b"",
        b"\x93NUMPY\x03\0",
    ):
        assert "encodings.npy" in refusal(retabled(exported, table)).what


def test_a_picture_that_is_none_or_too_large(exported):
    name = next(name for name in members(exported) if name.startswith("pictures/"))
    i = name.removeprefix("pictures/").removesuffix(".jpg")

    def with_picture(data: bytes) -> Path:
        def tell(contents: dict) -> None:
            face = next(face for face in contents["faces"] if face["id"] == i)
            face["picture"] = hashlib.sha256(data).hexdigest()

        return retold(changed(exported, {name: data}), tell)

    assert "no JPEG" in refusal(with_picture(b"<script>alert(1)</script>")).what
    assert "no JPEG" in refusal(with_picture(made.encoded(made.scene()))).what  # A PNG.
    large = enrolments.jpeg(1, 400)
    assert (
        "400 × 400 pixels" in refusal(with_picture(large), made.Limits(picture_pixels=10**5)).what
    )


def test_too_much(exported):
    assert "more than the 5 files" in refusal(exported, made.Limits(archive_files=5)).what
    error = refusal(exported, made.Limits(archive_bytes=10_000))
    assert "The export unpacks to" in error.what and "PARAGONE_MAX_ARCHIVE_BYTES" in error.todo
    text = members(exported)["gallery.json"] + b" " * 3_000_000
    bomb = changed(exported, {"gallery.json": text}, zipfile.ZIP_DEFLATED)
    assert "zip bomb" in refusal(bomb, made.Limits(picture_bytes=2**23)).what
    stored = changed(exported, {"gallery.json": text})
    assert "larger than" in refusal(stored, made.Limits(picture_bytes=2**20)).what
