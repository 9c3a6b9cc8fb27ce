"""Galleries in files: what lies on the disk, what is forgotten there, and what can go wrong."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import ROOT, run_code

from plugins.shared.faces.gallery.corrections import rename
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import StoreError
from plugins.shared.faces.gallery.stores.indexes import Indexes
from plugins.shared.faces.gallery.stores.sqlite import SqliteStore
from tests.shared.faces.gallery import enrolments
from tests.shared.faces.gallery.enrolments import encoding, enrolment, people

KEY = "a passphrase, it's long"
SIDES = ("", "-wal", "-shm", "-journal")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "gallery.db"


@contextmanager
def opened(path: Path | None, key: str = "", patience: float = 0.2, **space) -> Iterator[Gallery]:
    store = SqliteStore(path, key, patience)
    try:
        yield Gallery(store, enrolments.space(**{"namespace": "ours", **space}))
    finally:
        store.close()


def on_disk(*folders: Path) -> bytes:
    """All bytes of all files there."""
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    return b"\xff\x00\xff".join(file.read_bytes() for file in files)


def pieces(data: bytes) -> list[bytes]:
    """A blob as it can be found in a file, where long ones lie in parts: every part of 32 bytes."""
    return [data[start : start + 32] for start in range(0, len(data) - 31, 32)]


def fault_of_opening(uri: str | Path, key: str = "") -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_store(str(uri), key).close()
    assert caught.value.what and caught.value.where and caught.value.todo
    return caught.value


# --- the address ----------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", ["", "memory:", " memory: "])
def test_in_memory_nothing_is_written(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store(uri, KEY)
    gallery = Gallery(store, enrolments.space())
    gallery.enrol(people({"Ada": 2}))
    assert (store.place, store.kept) == ("in memory", False)
    receipt = gallery.delete("Ada")
    assert receipt.erased.proven and "memory" in receipt.erased.sentence
    store.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["{0}", "sqlite:///{0}", "SQLite:///{0}", "sqlite:///gallery.db"])
def test_an_address_of_a_file(form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store(form.format(tmp_path / "gallery.db"))
    assert store.kept and store.place == "in the file gallery.db"
    store.close()
    assert (tmp_path / "gallery.db").is_file()


@pytest.mark.parametrize("uri", ["postgres://host/faces", "ftp://x", "sqlite:///", "sqlite://x.db"])
def test_another_address_is_refused_with_the_forms_that_fit(uri):
    error = fault_of_opening(uri)
    assert "http://host:19530" in error.todo and "memory:" in error.todo


def test_a_key_does_not_go_with_a_server():
    error = fault_of_opening("http://127.0.0.1:1", KEY)
    assert "PARAGONE_GALLERY_KEY" in error.todo and KEY not in error.for_people


def test_a_missing_client_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "plugins.shared.faces.gallery.stores.milvus", None)
    assert "pip install pymilvus" in fault_of_opening("http://127.0.0.1:1").todo


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", KEY])
def test_the_file_is_its_owners_and_nothing_else_is_left(path, key):
    with opened(path, key) as gallery:
        gallery.enrol(people({"Ada": 2}))
        for side in ("", "-wal", "-shm"):
            mode = path.with_name(path.name + side).stat().st_mode
            assert stat.S_IMODE(mode) == 0o600
    gallery.store.close()  # Twice is safe.
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with pytest.raises(StoreError, match="closed"):
        gallery.people()


def test_a_change_does_not_read_the_file_anew(path, monkeypatch):
    loads = []
    real = Indexes._load
    monkeypatch.setattr(Indexes, "_load", lambda *given: loads.append(1) or real(*given))
    with opened(path) as gallery:
        gallery.identify(encoding(1))
        gallery.enrol(people({"Ada": 2, "Ben": 1}))
        rename(gallery, "Ada", "Eve")
        gallery.delete("Ben")
        assert (
            gallery.identify(encoding(0))[0][0].person == "Eve" and gallery.count().index_rows == 2
        )
        assert len(loads) == 1
        with opened(path) as other:
            other.enrol([enrolment("Cy", 9)])
            other.store.write(other.space, [enrolment("Dee", 0)])  # Past the gallery's own check.
        assert {c.person for c in gallery.identify(encoding(0))[0]} == {"Eve", "Cy", "Dee"}
        assert len(loads) == 2  # The other one never searched.


def test_many_processes_may_open_a_new_file_at_once(path):
    code = (
        "import sys; from plugins.shared.faces.gallery.stores.sqlite import SqliteStore;"
        "sys.stdin.readline(); SqliteStore(sys.argv[1]).close()"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT, stdin=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in started:
        process.stdin.write(b"go\n")
        process.stdin.close()
    assert [process.wait(300) for process in started] == [0] * 4
    with opened(path) as gallery:
        assert gallery.people() == {}


# --- forgetting -----------------------------------------------------------------------------------


def test_a_deleted_person_is_gone_from_every_file(path, tmp_path, monkeypatch):
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    monkeypatch.setenv("SQLITE_TMPDIR", str(temp))
    everything = (path.parent, temp)
    gone = people({"Ada of the file": 6})
    kept = people({"Ben": 6, "Cy": 30}, start=50)
    with opened(path) as gallery:
        gallery.enrol([*gone, *kept])
        before = on_disk(*everything)
        for row in gone:
            assert row.encoding.tobytes() in before and row.person.encode() in before
            assert all(piece in before for piece in pieces(row.chip) + pieces(row.picture)[:20])
        receipt = gallery.delete("Ada of the file")
        assert receipt.erased.proven and "none is left" in receipt.erased.sentence
        for _ in range(2):  # While the file is open, and after it was closed.
            after = on_disk(*everything)
            for row in gone:
                assert row.encoding.tobytes()[:16] not in after
                assert row.id.encode() not in after and row.person.encode() not in after
                found = pieces(row.chip)[20:] + pieces(row.picture)[20:]
                assert not [piece for piece in found if piece in after]
            assert all(row.encoding.tobytes() in after for row in kept)
            gallery.store.close()
    assert list(temp.iterdir()) == []


def test_everybody_is_gone_from_every_file(path):
    rows = people({f"P{i}": 5 for i in range(40)})
    with opened(path) as gallery, opened(path, namespace="theirs") as theirs:
        gallery.enrol(rows)
        theirs.enrol([enrolment("Zed", 999)])
        receipt = gallery.delete_everything()
        assert receipt.erased.proven and receipt.after.faces == 0
        after = on_disk(path.parent)
        assert not [row for row in rows if row.encoding.tobytes()[:16] in after]
        assert not [row for row in rows if any(p in after for p in pieces(row.chip)[20:])]
        assert theirs.people() == {"Zed": 1}


def test_looking_for_traces_keeps_the_locks_of_this_process(path):
    """Or else the next process to close the file would take itself for the last, and drop the
    journal that this one writes to.
    """
    other = """
import sys
from pathlib import Path
from tests.shared.faces.gallery.test_store_sqlite import enrolment, opened
with opened(Path(sys.argv[1])) as gallery:
    gallery.enrol([enrolment("Cy", 9)])
"""
    with opened(path) as gallery:
        gallery.enrol(people({"Ada": 2, "Ben": 1}))
        assert gallery.delete("Ada").erased.proven
        with opened(path) as second:
            assert second.people() == {"Ben": 1}
        run_python(other, path)
        assert path.with_name(path.name + "-wal").exists()
        gallery.enrol([enrolment("Dee", 10)])
        with opened(path) as second:
            assert second.people() == {"Ben": 1, "Cy": 1, "Dee": 1}


def test_remains_are_found_and_the_file_is_written_anew(path):
    """Without secure_delete SQLite leaves everything where it was."""
    rows = people({"Ada": 3, "Ben": 1})
    with opened(path) as gallery:
        gallery.enrol(rows)
        gallery.store._db.execute("PRAGMA secure_delete = OFF")
        receipt = gallery.delete("Ada")
        assert receipt.erased.proven and "anew" in receipt.erased.sentence
        assert rows[0].encoding.tobytes() not in on_disk(path.parent)
        assert gallery.identify(rows[3].encoding)[0][0].person == "Ben"


def test_a_photo_that_another_namespace_has_too_is_no_trace(path):
    face = enrolment("Ada", 1)
    with opened(path) as mine, opened(path, namespace="theirs") as theirs:
        mine.enrol([face])
        theirs.enrol([face])
        erased = mine.delete("Ada").erased
        assert erased.proven and "anew" not in erased.sentence
        assert theirs.chips([face.id]) == {face.id: face.chip}


def test_a_reader_that_holds_the_journal_is_told(path):
    with opened(path) as gallery:
        gallery.enrol(people({"Ada": 2}))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM faces").fetchone()
        receipt = gallery.delete("Ada")
        assert receipt.after.faces == 0
        assert not receipt.erased.proven and "another program" in receipt.erased.sentence
        reader.close()
        assert gallery.delete_everything().erased.proven  # The next one cleans up after it.
        assert enrolment("Ada", 0).encoding.tobytes() not in on_disk(path.parent)


# --- encrypted ------------------------------------------------------------------------------------


def test_an_encrypted_file_shows_nothing(path):
    rows = people({"Ada Lovelace": 3})
    with opened(path, KEY) as gallery:
        gallery.enrol(rows)
        assert gallery.store.place == "in the encrypted file gallery.db"
        for _ in range(2):
            data = on_disk(path.parent)
            assert not data.startswith(b"SQLite format 3")
            for row in rows:
                assert row.encoding.tobytes()[:16] not in data
                assert b"Ada Love" not in data  # Three letters alone come by chance.
                assert not [piece for piece in pieces(row.chip) if piece in data]
                assert row.id.encode() not in data and row.label.encode() not in data
            gallery.store.close()
    with opened(path, KEY) as gallery:
        assert gallery.people() == {"Ada Lovelace": 3}
        erased = gallery.delete("Ada Lovelace").erased
        assert erased.proven and "encrypted" in erased.sentence


def test_the_wrong_key_no_key_and_a_needless_key(path, capfd):
    with opened(path, KEY) as gallery:
        gallery.enrol([enrolment("Ada", 1)])
    before = path.read_bytes()
    wrong, missing = fault_of_opening(path, "guess"), fault_of_opening(path)
    assert "does not fit" in wrong.what and "encrypted" in missing.what
    assert "guess" not in wrong.for_people and "PARAGONE_GALLERY_KEY" in missing.todo
    assert path.read_bytes() == before and capfd.readouterr() == ("", "")
    plain = path.with_name("plain.db")
    with opened(plain) as gallery:
        gallery.enrol([enrolment("Ada", 1)])
    needless = fault_of_opening(plain, KEY)
    assert "not encrypted" in needless.what
    assert len({error.what for error in (wrong, missing, needless)}) == 3
    with opened(plain) as gallery:
        assert gallery.people() == {"Ada": 1}


def test_without_sqlcipher_nothing_is_written_in_the_clear(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    error = fault_of_opening(path, KEY)
    assert "pip install sqlcipher3" in error.todo and not path.exists()


# --- files that are none of ours ------------------------------------------------------------------


def test_a_foreign_file_is_left_as_it_is(tmp_path):
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE faces (a)")
    foreign.commit()
    foreign.close()
    newer = tmp_path / "newer.db"
    SqliteStore(newer).close()
    database = sqlite3.connect(newer)
    database.execute("PRAGMA user_version = 99")
    database.close()
    (tmp_path / "notes.txt").write_text("Dear diary, " * 100)
    (tmp_path / "short.txt").write_text("Hi")
    (tmp_path / "photo.jpg").write_bytes(enrolments.jpeg(1))
    (tmp_path / "noise.bin").write_bytes(os.urandom(5000))
    wanted = {
        "foreign.db": "another program's",
        "newer.db": "format 99",
        "notes.txt": "plain text",
        "short.txt": "plain text",
        "photo.jpg": "a JPEG picture",
        "noise.bin": "unknown kind",
    }
    for name, sign in wanted.items():
        before = (tmp_path / name).read_bytes()
        error = fault_of_opening(tmp_path / name)
        assert sign in error.what and error.where == name
        assert (tmp_path / name).read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(wanted)


def test_a_place_where_no_file_can_be(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "gallery.db", Path("/proc/none/gallery.db")):
        assert "cannot be opened" in fault_of_opening(place).what


def test_a_damaged_file_says_so(path):
    with opened(path) as gallery:
        gallery.enrol(people({"Ada": 40}))
    sound = path.read_bytes()
    path.write_bytes(sound[:5000])
    assert "damaged" in fault_of_opening(path).what
    noise = bytearray(sound)
    noise[4096:] = os.urandom(len(noise) - 4096)
    path.write_bytes(noise)
    with pytest.raises(StoreError, match="damaged"), opened(path) as gallery:
        gallery.identify(encoding(0))


def test_an_encoding_of_a_wrong_length_says_so(path):
    with opened(path) as gallery:
        gallery.enrol(people({"Ada": 3}))
        gallery.store._db.execute("UPDATE encodings SET encoding = x'00' WHERE key = 2")
        with opened(path) as other:
            for ask in (lambda: other.identify(encoding(0)), lambda: list(other.rows())):
                with pytest.raises(StoreError, match="damaged"):
                    ask()
            assert other.people() == {"Ada": 3}  # The connection is still good.


# --- failures on the way --------------------------------------------------------------------------


def unchanged_by(gallery: Gallery, change, sign: str) -> StoreError:
    """The change fails, and what is kept, counted and found is what it was."""

    def state() -> tuple:
        found = [
            gallery.identify(encoding(i), 10, template)
            for i in range(3)
            for template in ("all", "mean")
        ]
        return gallery.people(), gallery.count(), found

    before = state()
    with pytest.raises(StoreError) as caught:
        change()
    assert sign in caught.value.what and caught.value.where and caught.value.todo
    assert state() == before
    with opened(gallery.store._path) as fresh:
        assert (fresh.people(), fresh.count()) == before[:2]
    return caught.value


def test_a_full_disk(path):
    with opened(path) as gallery:
        gallery.enrol(people({"Ada": 3}))
        pages = gallery.store._db.execute("PRAGMA page_count").fetchone()[0]
        gallery.store._db.execute(f"PRAGMA max_page_count = {pages + 3}")
        unchanged_by(gallery, lambda: gallery.enrol(people({"Ben": 30}, start=50)), "no space left")
        gallery.store._db.execute("PRAGMA max_page_count = 1000000")
        gallery.enrol(people({"Ben": 30}, start=50))
        assert gallery.people() == {"Ada": 3, "Ben": 30}


def test_a_file_that_must_not_grow(path):
    """The system itself refuses to write on, in the middle of a transaction."""
    code = """
import resource, sys
from pathlib import Path
from tests.shared.faces.gallery.test_store_sqlite import encoding, opened, people, unchanged_by
with opened(Path(sys.argv[1])) as gallery:
    gallery.enrol(people({"Ada": 3}))
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    unchanged_by(gallery, lambda: gallery.enrol(people({"Ben": 200}, start=50)), "could not be")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    gallery.enrol(people({"Ben": 200}, start=50))
    assert gallery.count().index_rows == 203
"""
    run_python(code, path)


def run_python(code: str, *arguments: object) -> None:
    run_code(code, {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}, *arguments)


def test_a_locked_file(path):
    with opened(path) as gallery:
        gallery.enrol(people({"Ada": 3}))
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        for change in (
            lambda: gallery.enrol(people({"Ben": 3}, start=50)),
            lambda: rename(gallery, "Ada", "Eve"),
            lambda: gallery.delete("Ada"),
        ):
            unchanged_by(gallery, change, "locked")
        threading.Timer(0.05, other.execute, ("ROLLBACK",)).start()
        gallery.enrol(people({"Ben": 3}, start=50))  # A short lock is waited for.
        other.close()
        assert gallery.people() == {"Ada": 3, "Ben": 3}


@pytest.mark.parametrize(
    ("folder_mode", "mode", "sign"),
    [
        (0o777, 0o444, "Permission denied"),
        (0o555, 0o644, "cannot be"),  # SQLite's journal needs the folder.
        (0o777, 0o000, "Permission denied"),
    ],
)
def test_a_file_that_this_user_may_not_write(path, folder_mode, mode, sign):
    """Root may write anything, so where it runs the tests, a process of nobody tries."""
    with opened(path) as gallery:
        gallery.enrol(people({"Ada": 3}))
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # pytest's own are closed to nobody.
        folder, copy = Path(name), Path(name) / "gallery.db"
        copy.write_bytes(path.read_bytes())
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY), os.chown(copy, NOBODY, NOBODY)
        copy.chmod(mode), folder.chmod(folder_mode)
        run_python(NOT_ALLOWED, copy, sign)
        folder.chmod(0o700), copy.chmod(0o600)
        assert [file.name for file in folder.iterdir()] == [copy.name]
        assert copy.read_bytes() == path.read_bytes()


NOBODY = 65534
NOT_ALLOWED = f"""
import os, sys
from pathlib import Path
import pytest
from tests.shared.faces.gallery.test_store_sqlite import opened, people
from plugins.shared.faces.gallery.stores.contract import StoreError
faces = people({{"Ben": 3}}, start=50)
if os.getuid() == 0:  # After all imports: nobody may not read root's Python.
    os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})
with pytest.raises(StoreError) as caught, opened(Path(sys.argv[1])) as gallery:
    gallery.enrol(faces)
assert sys.argv[2] in caught.value.what and caught.value.where and caught.value.todo, caught.value
"""


def test_a_matrix_that_cannot_follow_is_built_anew(path, monkeypatch):
    from plugins.shared.faces.gallery.stores.matrix import Matrix

    def no_memory(*_: object) -> None:
        raise MemoryError

    with opened(path) as gallery:
        gallery.enrol(people({"Ada": 3}))
        gallery.identify(encoding(0))
        monkeypatch.setattr(Matrix, "put", no_memory)
        with pytest.raises(MemoryError):
            gallery.enrol([enrolment("Ben", 50)])
        monkeypatch.undo()
        assert gallery.identify(encoding(50), top=1)[0][0].person == "Ben"  # As the file says.
        assert gallery.count().index_rows == 4
