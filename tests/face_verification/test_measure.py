"""The command that measures a network on a folder."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from plugins.face_verification import measure
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.measured import stored_curves as stored
from plugins.shared.faces.measured.stored_curves import stored_curves, write_curve
from tests.shared.faces import made, real

WORDS = ["--title", "Two women", "--source", "NASA & US Navy"]


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def curves(tmp_path, monkeypatch):
    """Curves are kept here, and not beside the code."""
    folder = tmp_path / "curves"
    monkeypatch.setattr(measure, "write_curve", partial(write_curve, folder=folder))
    monkeypatch.setattr(measure, "Weights", real.weights)
    shipped = _files(stored.CURVES)
    yield folder
    assert _files(stored.CURVES) == shipped


def test_a_folder_is_measured_and_kept(tmp_path, curves, capsys):
    files = real.face_files({who: ("plain", "mirrored") for who in real.WHO})
    files["grace_hopper/view.png"] = made.encoded(real.landscape())
    folder = made.folder(tmp_path / "women", files)
    assert measure.main(["curve", str(folder), *WORDS]) == 0
    printed = capsys.readouterr().out
    assert "faces in 4 of 5 pictures" in printed
    assert "skipped grace_hopper/view.png: No face was found" in printed
    for metric in ("euclidean", "squared", "cosine"):
        assert re.search(rf"{metric} +EER 0\.0000 \[", printed)
    assert "at tau = 0.6: FMR 0.0000, FNMR 0.0000, balanced accuracy 1.0000" in printed
    card = real.backbone().card
    (kept,) = stored_curves(card.name, revision_of(card), curves)
    assert (kept.title, kept.source) == ("Two women", "NASA & US Navy")
    assert (kept.people, kept.pictures, kept.faces) == (2, 5, 4)
    assert kept.by_metric["euclidean"].genuine.sum() == 2
    assert kept.by_metric["euclidean"].impostor.sum() == 4
    assert str(tmp_path) not in (curves / f"{card.name}.json").read_text(encoding="utf-8")
    assert "measure curve women" in kept.command


@pytest.mark.parametrize("kind", ["missing", "empty", "one each"])
def test_a_bad_folder_is_one_clear_line(tmp_path, curves, capsys, kind):
    folder = tmp_path / "people"
    if kind != "missing":
        folder.mkdir()
    if kind == "one each":
        made.folder(folder, real.face_files({who: ("plain",) for who in real.WHO}))
    assert measure.main(["curve", str(folder), *WORDS]) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.count("\n") == 1 and "Traceback" not in error
    said = {
        "missing": "cannot be opened",
        "empty": "The set is empty",
        "one each": "No person has two pictures",
    }
    assert said[kind] in error
    assert not curves.exists()


def test_an_unknown_network_is_one_clear_line(tmp_path, curves, capsys):
    folder = made.folder(tmp_path / "p", real.face_files({who: ("plain",) for who in real.WHO}))
    assert measure.main(["curve", str(folder), *WORDS, "--model", "dlib_resnet.faces_v9"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "dlib_resnet.faces_v1" in error


@pytest.mark.parametrize("words", [[], ["curve"], ["curve", "x"], ["nothing"]])
def test_a_command_that_lacks_something(words, capsys):
    with pytest.raises(SystemExit) as caught:
        measure.main(words)
    assert caught.value.code == 2 and "usage:" in capsys.readouterr().err
