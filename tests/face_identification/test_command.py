"""`python app.py enrol`, in this process and as a process that is killed."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import warm
from serving import ROOT, clean_environ

from plugins.face_identification import command
from plugins.face_identification.settings import KEPT, gallery_key, gallery_uri
from plugins.shared.faces.gallery import console
from plugins.shared.faces.gallery.enrol_set import Report, Step
from plugins.shared.faces.gallery.enrolment import space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import StoreError
from registry import Limits, Task, TaskContext
from registry.context import NotAccepted
from tests.shared.faces import made, real
from weights.errors import ParagoneError

GLOBS = (real.DLIB,)
FOUR = real.face_files(dict.fromkeys(real.WHO, ("plain", "pale")))
BOTH = {"grace_hopper": 2, "eileen_collins": 2}
HILLS = {"hills/a.png": made.encoded(real.landscape())}


def context(data: Path | None = None) -> TaskContext:
    task = Task("face-identification", "Face recognition", "x:y", backbones=GLOBS)
    return TaskContext(task, Limits(), real.weights(), data)


def people(uri: Path, key: str = "") -> dict[str, int]:
    """Who is in a gallery's file, read by a store of its own."""
    with closing(open_store(str(uri), key)) as store:
        return Gallery(store, space_of(real.network(), KEPT)).people()


@pytest.fixture
def source(tmp_path) -> Path:
    return made.folder(tmp_path / "set", FOUR)


@pytest.fixture
def gallery(tmp_path) -> Path:
    return tmp_path / "faces.sqlite"


@pytest.fixture
def enrol(gallery) -> Callable[..., int]:
    """Run the command on the gallery of the test."""

    def run(*arguments: object) -> int:
        return command.enrol(
            context(), [str(a) for a in arguments], {"PARAGONE_GALLERY": str(gallery)}
        )

    return run


# --- settings ------------------------------------------------------------------------------------


def test_the_gallery_is_where_the_environment_says(tmp_path):
    ctx = context(tmp_path)
    assert gallery_uri(ctx, {"PARAGONE_GALLERY": " http://host:19530 "}) == "http://host:19530"
    below = str(tmp_path / "face-identification" / "gallery.sqlite")
    assert gallery_uri(ctx, {}) == gallery_uri(ctx, {"PARAGONE_GALLERY": " "}) == below
    assert gallery_uri(context(), {}) == ""
    assert gallery_key({"PARAGONE_GALLERY_KEY": " a b "}) == " a b " and gallery_key({}) == ""


# --- what goes right -----------------------------------------------------------------------------


def test_a_folder_is_enrolled_and_the_second_time_nothing_is_encoded(
    enrol, source, gallery, capsys, monkeypatch
):
    assert enrol(source) == 0
    out, err = capsys.readouterr()
    assert out.startswith("set: 4 faces enrolled, 0 enrolled before; 2 people.\nKept in ")
    assert "0 gradient steps" in out and re.search(r"\d ms a new face", out)
    assert "4 of 4 pictures: 4 new, 0 known, 0 refused" in err
    assert people(gallery) == BOTH

    def loaded(*_):
        raise AssertionError("The second run needs neither the detector nor the network")

    monkeypatch.setattr(command.Engine, "find_faces", loaded)
    monkeypatch.setattr(TaskContext, "backbone", loaded)
    assert enrol(source) == 0
    out, err = capsys.readouterr()
    assert "0 faces enrolled, 4 enrolled before; 2 people" in out and "a new face" not in out
    assert people(gallery) == BOTH


def test_a_zip_and_a_gallery_below_the_data_folder(tmp_path, capsys):
    path = made.zipped(tmp_path / "faces.zip", FOUR)
    assert command.enrol(context(tmp_path / "kept"), [str(path)], {}) == 0
    assert people(tmp_path / "kept" / "face-identification" / "gallery.sqlite") == BOTH


def test_names_of_unknown_encoding_are_told_and_can_be_chosen(enrol, gallery, tmp_path, capsys):
    faces = {"이영희": "grace_hopper/plain.jpg", "김철수": "eileen_collins/plain.jpg"}
    files = {f"{name}/1.jpg".encode("cp949"): FOUR[face] for name, face in faces.items()}
    path = made.raw_names(tmp_path / "faces.zip", files)
    assert enrol(path) == 0
    told = capsys.readouterr().err
    assert told.startswith("Names are read as cp949: 김철수, 이영희\nor, with --names gb18030: ")
    assert people(gallery) == {"이영희": 1, "김철수": 1}
    gallery.unlink()
    assert enrol(path, "--names", "gb18030") == 0
    assert "are read as" not in capsys.readouterr().err
    assert people(gallery) == {"捞康锐": 1, "辫枚荐": 1}
    with pytest.raises(SystemExit):
        enrol(path, "--names", "klingon")


def test_gallery_option_and_key(source, tmp_path, capsys):
    environ = {"PARAGONE_GALLERY": str(tmp_path / "other.db"), "PARAGONE_GALLERY_KEY": "a long key"}
    mine = tmp_path / "mine.db"
    assert command.enrol(context(), [str(source), "--gallery", f"sqlite:///{mine}"], environ) == 0
    assert people(mine, "a long key") == BOTH and not (tmp_path / "other.db").exists()
    assert b"grace_hopper" not in mine.read_bytes()


def test_pictures_are_kept_only_when_asked(enrol, source, gallery):
    assert enrol(source) == 0
    with closing(open_store(str(gallery))) as store:
        assert not any(face.picture for face in store.faces(KEPT, "grace_hopper"))
    gallery.unlink()
    assert enrol(source, "--keep-pictures") == 0
    with closing(open_store(str(gallery))) as store:
        kept = store.faces(KEPT, "grace_hopper")
    assert len(kept) == 2 and all(f.picture and len(f.landmarks) == 5 for f in kept)


def test_what_was_refused_is_listed_on_stdout_and_in_the_report(
    enrol, source, gallery, tmp_path, capsys
):
    files = {**HILLS, "=cmd/notes.txt": b"x", "zoe/copy.jpg": FOUR["grace_hopper/pale.jpg"]}
    made.folder(source, files)
    assert enrol(source, "--report", tmp_path / "refused.csv") == 0
    out, err = capsys.readouterr()
    assert "Refused: 3\n" in out and "  hills/a.png: No face was found\n" in out
    assert not [name for name in ("hills", "zoe", "grace") if name in err]
    rows = list(csv.reader((tmp_path / "refused.csv").open(encoding="utf-8")))
    assert rows[0] == ["picture", "why"]
    assert sorted(rows[1:]) == [
        ["./=cmd/notes.txt", "is no picture that is read, by its name"],
        ["./hills/a.png", "No face was found"],
        ["./zoe/copy.jpg", "The same picture is enrolled already, as grace_hopper"],
    ]
    assert people(gallery) == BOTH


def test_the_gate_can_be_left_open(enrol, tmp_path, gallery, capsys):
    dark = made.encoded(real.portrait("grace_hopper").point(lambda v: v // 16))
    source = made.folder(tmp_path / "dark", {"grace_hopper/dark.png": dark})
    assert enrol(source) == 1
    assert "dark.png: " in capsys.readouterr().out and people(gallery) == {}
    assert enrol(source, "--no-gate") == 0
    said = "dark: 1 face enrolled, 0 enrolled before; 1 person.\n"
    assert capsys.readouterr().out.startswith(said)
    assert people(gallery) == {"grace_hopper": 1}


def test_nothing_to_enrol_is_code_1(enrol, tmp_path, gallery, capsys):
    assert enrol(made.folder(tmp_path / "hills", HILLS | {"b/b.png": HILLS["hills/a.png"]})) == 1
    assert "Refused: 2" in capsys.readouterr().out and people(gallery) == {}


# --- bad input -----------------------------------------------------------------------------------


def test_without_a_gallery_it_says_what_to_set(source):
    with pytest.raises(ParagoneError, match="--gallery, or set PARAGONE_GALLERY or PARAGONE_DATA"):
        command.enrol(context(), [str(source)], {})


def test_a_gallery_that_would_forget_is_refused(source):
    with pytest.raises(ParagoneError, match="ends with the command"):
        command.enrol(context(), [str(source), "--gallery", "memory:"], {})


def test_a_missing_folder_and_what_is_no_set_make_no_gallery(enrol, tmp_path, gallery):
    with pytest.raises(ParagoneError, match="cannot be opened"):
        enrol(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParagoneError, match="The set is empty"):
        enrol(tmp_path / "empty")
    loose = made.folder(tmp_path / "loose", {"a.jpg": FOUR["grace_hopper/pale.jpg"]})
    with pytest.raises(ParagoneError, match="lie in no folder"):
        enrol(loose)
    with pytest.raises(ParagoneError, match="no zip archive; it seems to be a JPEG picture"):
        enrol(loose / "a.jpg")
    assert not gallery.exists()


def test_an_unknown_network_is_named_with_the_known(enrol, source, gallery):
    with pytest.raises((ParagoneError, NotAccepted), match=real.DLIB):
        enrol(source, "--model", "resnet.unheard_of")
    assert not gallery.exists()


def test_a_gallery_of_a_newer_version_or_no_gallery_is_left_as_it_is(enrol, source, gallery):
    assert enrol(source) == 0
    with closing(sqlite3.connect(gallery)) as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {version + 1}")
    before = gallery.read_bytes()
    with pytest.raises(StoreError) as caught:
        enrol(source)
    assert "version" in caught.value.for_people and gallery.read_bytes() == before
    gallery.write_bytes(b"this is a diary, not a gallery" * 300)
    before = gallery.read_bytes()
    with pytest.raises(StoreError):
        enrol(source)
    assert gallery.read_bytes() == before


def test_a_report_that_cannot_be_written_is_said_before_the_work(enrol, source, gallery, tmp_path):
    with pytest.raises(ParagoneError, match="report cannot be written: No such file") as caught:
        enrol(source, "--report", tmp_path / "gone" / "refused.csv")
    assert str(tmp_path / "gone") in caught.value.where and not gallery.exists()


@pytest.mark.parametrize("wrong", [[], ["--gate"], ["a", "b"], ["a", "--report"]])
def test_wrong_options_end_with_code_2(enrol, wrong, capsys):
    with pytest.raises(SystemExit) as left:
        enrol(*wrong)
    assert left.value.code == 2 and "usage: app.py enrol" in capsys.readouterr().err


# --- progress ------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


REPORT = Report(2, 0, (), 1, 0.1)
STEPS = [Step(n, 4, n, 0, 0) for n in (1, 2, 3, 4)]


def test_on_a_terminal_one_line_changes():
    out = Terminal()
    assert console.Progress(out).follow(iter([*STEPS, REPORT])) is REPORT
    assert out.getvalue().count("\r") == 4 and out.getvalue().count("\n") == 1
    assert out.getvalue().endswith(
        "4 of 4 pictures: 4 new, 0 known, 0 refused; about 0 s left\x1b[K\n"
    )


def test_elsewhere_a_line_comes_now_and_then(monkeypatch):
    clock = iter((0, 4, 11, 12, 13))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    out = io.StringIO()
    console.Progress(out).follow(iter([*STEPS, REPORT]))
    lines = out.getvalue().splitlines()
    assert [line.split(" pictures")[0] for line in lines] == ["2 of 4", "4 of 4"]
    assert lines[0].endswith("about 11 s left") and "\r" not in out.getvalue()


@pytest.mark.parametrize("error", [StoreError("Gone"), KeyboardInterrupt()])
@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_when_the_gallery_fails_it_says_what_is_kept(error, kind):
    def steps():
        yield STEPS[2]
        raise error

    out = kind()
    with pytest.raises(type(error)):
        console.Progress(out).follow(steps())
    last = out.getvalue().splitlines()[-1]
    assert last == f"3 new faces are enrolled and kept. {console.AGAIN}"


def test_ctrl_c_asks_first_and_interrupts_when_pressed_again():
    before = signal.getsignal(signal.SIGINT)
    with console.until_interrupted() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_there_are_no_signals():
    said = []

    def ask():
        with console.until_interrupted() as stop:
            said.append(stop())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert said == [False]


# --- as a process --------------------------------------------------------------------------------


MANY = 72


def many_files() -> dict[str, bytes]:
    """Two people in so many pictures each, which differ in brightness: four batches and more."""
    portraits = {who: real.portrait(who).resize((180, 189)) for who in real.WHO}
    return {
        f"{who}/{n:02d}.jpg": made.encoded(
            image.point(lambda v, n=n: v * (150 - n) // 150), "JPEG", quality=90
        )
        for who, image in portraits.items()
        for n in range(MANY)
    }


def start(gallery: Path, *arguments: object) -> subprocess.Popen[str]:
    environ = clean_environ({"PARAGONE_GALLERY": str(gallery), "OMP_NUM_THREADS": "1"})
    return warm.Popen(
        [sys.executable, "app.py", "enrol", *map(str, arguments)],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(gallery: Path, faces: int, process: subprocess.Popen[str]) -> None:
    """Wait until the file holds so many faces, as another process sees them."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if gallery.exists():
            with closing(sqlite3.connect(f"file:{gallery}?mode=ro", uri=True)) as database:
                try:
                    if database.execute("SELECT count(*) FROM faces").fetchone()[0] >= faces:
                        return
                except sqlite3.OperationalError:  # It is being made.
                    pass
        time.sleep(0.01)
    raise AssertionError(f"{faces} faces were never enrolled: {process.communicate()}")


@pytest.mark.slow
def test_killed_and_interrupted_it_keeps_what_it_had_and_goes_on(tmp_path, gallery, enrol, capsys):
    source = made.folder(tmp_path / "many", many_files())
    first = start(gallery, source)
    wait_for(gallery, 32, first)
    first.kill()
    first.communicate()
    kept = sum(people(gallery).values())
    assert first.returncode == -signal.SIGKILL and kept in (32, 64)

    second = start(gallery, source, "--report", tmp_path / "refused.csv")
    wait_for(gallery, kept + 1, second)
    second.send_signal(signal.SIGINT)
    out, err = second.communicate(timeout=300)
    assert second.returncode == 130, err
    new = sum(people(gallery).values()) - kept
    assert f"many: {new} faces enrolled, {kept} enrolled before" in out
    assert kept + new in (64, 96, 128)
    assert err.splitlines()[-1] == f"Stopped. {console.AGAIN}"
    assert "Traceback" not in err and "grace" not in err
    head, *refused = (tmp_path / "refused.csv").read_text().splitlines()
    assert head == "picture,why" and all("make a better reference" in line for line in refused)

    assert enrol(source) == 0
    rest = 2 * MANY - kept - new
    said = f"many: {rest} faces enrolled, {kept + new} enrolled before"
    assert said in capsys.readouterr().out
    assert people(gallery) == dict.fromkeys(real.WHO, MANY)


def test_the_real_command_line_refuses_in_one_line(tmp_path):
    environ = clean_environ({"PARAGONE_DATA": ""})
    done = warm.run(
        [sys.executable, "app.py", "enrol", str(tmp_path)],
        cwd=ROOT,
        env={k: v for k, v in environ.items() if k in os.environ or k == "PARAGONE_DATA"},
        timeout=300,
    )
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("paragone enrol: gallery: There is no gallery to keep the faces in.")
