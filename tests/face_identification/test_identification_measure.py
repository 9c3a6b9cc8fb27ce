"""The command that measures identification on a folder."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from plugins.face_identification import measure
from plugins.face_identification.k_laboratory import stored as k_curves
from plugins.face_identification.k_laboratory.k_curve import k_curve
from plugins.face_identification.k_laboratory.stored import stored_k_curves, write_k_curve
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.distances import distances
from tests.face_identification.loops import random_set
from tests.shared.faces import made, real

WORDS = ["--title", "Two women", "--source", "NASA & US Navy"]
ORL = Path(__file__).parents[3] / "shared/data/faces_orl"


@pytest.fixture
def curves(tmp_path, monkeypatch):
    """Curves are kept here, and not beside the code."""
    folder = tmp_path / "curves"
    monkeypatch.setattr(measure, "write_k_curve", partial(write_k_curve, folder=folder))
    monkeypatch.setattr(measure, "Weights", real.weights)
    shipped = {path: path.read_bytes() for path in k_curves.MEASURED.iterdir()}
    yield folder
    assert {path: path.read_bytes() for path in k_curves.MEASURED.iterdir()} == shipped


def test_a_folder_is_measured_and_kept(tmp_path, curves, capsys):
    files = real.face_files({who: ("plain", "mirrored") for who in real.WHO})
    files["grace_hopper/view.png"] = made.encoded(real.landscape())
    folder = made.folder(tmp_path / "women", files)
    assert measure.main(["kcurve", str(folder), *WORDS]) == 0
    printed = capsys.readouterr().out
    assert "4 faces in 5 pictures" in printed
    assert "skipped grace_hopper/view.png: No face was found" in printed
    assert "tau = 0.6, FMR 0.000 %" in printed
    card = real.backbone().card
    (kept,) = stored_k_curves(card.name, revision_of(card), curves)
    assert (kept.title, kept.source, kept.metric) == ("Two women", "NASA & US Navy", "euclidean")
    assert (kept.people, kept.pictures, kept.faces) == (2, 5, 4)
    assert kept.curve.rank1[:, 0].tolist() == [1, 1]
    at = int(np.flatnonzero(kept.curve.taus == 0.6)[0])
    assert kept.curve.fpir[0, at, 0] == 0 and kept.curve.fpir[0, -1, 0] == 1
    assert np.isnan(kept.curve.fpir[1]).all()
    assert str(tmp_path) not in (curves / f"{card.name}.json").read_text(encoding="utf-8")
    assert "measure kcurve women" in kept.command


@pytest.mark.parametrize("kind", ["missing", "empty", "one each", "no faces"])
@pytest.mark.parametrize("command", ["kcurve", "openset"])
def test_a_bad_folder_is_one_clear_line(tmp_path, curves, capsys, kind, command):
    folder = tmp_path / "people"
    if kind != "missing":
        folder.mkdir()
    if kind == "one each":
        made.folder(folder, real.face_files({who: ("plain",) for who in real.WHO}))
    if kind == "no faces":
        view = made.encoded(real.landscape())
        made.folder(folder, {f"{who}/{i}.png": view for who in "ab" for i in range(2)})
    words = WORDS if command == "kcurve" else []
    assert measure.main([command, str(folder), *words]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "Traceback" not in error
    said = {
        "missing": "cannot be opened",
        "empty": "The set is empty",
        "one each": "No person has two pictures",
        "no faces": "No face was found in any picture",
    }
    assert said[kind] in error
    assert not curves.exists()


def test_too_few_people_for_an_open_set_are_told_so(tmp_path, curves, capsys):
    files = real.face_files({who: ("plain", "mirrored") for who in real.WHO})
    folder = made.folder(tmp_path / "women", files)
    assert measure.main(["openset", str(folder), "--enrolled", "1", "--photos", "1"]) == 2
    assert "leaves 1 strangers" in capsys.readouterr().err


def test_the_open_set_table(tmp_path, curves, capsys, monkeypatch):
    """Real command, made-up encodings: two bundled people are too few to be strangers."""
    points, names = random_set(2, sizes=(6,) * 8, spread=0.3)
    found = measure.EncodedSet(names, points, 50)
    monkeypatch.setattr(measure, "encode_set", lambda *args: found)
    words = ["--enrolled", "4", "--photos", "1", "2", "--splits", "7"]
    assert measure.main(["openset", "x", *words]) == 0
    printed = capsys.readouterr().out
    assert "48 faces in 50 pictures" in printed
    for name in ("one photo", "2 photos, all", "2 photos, mean"):
        assert f"4 people enrolled with {name}: " in printed
    assert printed.count("20.0 searches of theirs and 24.0 of strangers a split, 7 splits") == 1
    assert printed.count("16.0 searches of theirs and 24.0 of strangers a split, 7 splits") == 2
    assert len(re.findall(r"rank-1 \d+\.\d\d % \[", printed)) == 3
    made_here = measure.open_set_trials(points, names, enrolled=4, splits=7)
    assert measure.percent(made_here.mean("fnir")) in printed
    assert measure.percent(made_here.mean("fpir_half")) in printed


def test_the_k_table_by_its_curve():
    points, names = random_set(0)
    curve = k_curve(distances(points, points, "euclidean"), names, replicates=9)
    lines = measure.curve_lines(curve, None)
    at = int(np.flatnonzero(curve.fmr <= 0.01)[-1])
    assert lines[1].startswith(f"tau = {curve.taus[at]:g}, FMR ")
    rows = [line for line in lines if re.match(r" +\d", line)]
    assert [int(row.split()[0]) for row in rows] == [1, 2, 5, 6] * 2
    assert f"{100 * curve.fpir[1, at, 0]:.2f} %" in rows[1]
    assert f"{100 * curve.predicted()[1, at]:.2f} %" in rows[1]
    assert "nobody to search for" in rows[3] and "no stranger is left" in rows[7]
    assert f"{curve.tau_at[2, 0]:.4f}" in rows[6]
    assert "nan" not in "".join(lines)


def test_an_unknown_network_is_one_clear_line(tmp_path, curves, capsys):
    words = ["openset", str(tmp_path), "--model", "dlib_resnet.faces_v9"]
    assert measure.main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "dlib_resnet.faces_v1" in error


@pytest.mark.parametrize("words", [[], ["kcurve"], ["kcurve", "x"], ["openset"], ["nothing"]])
def test_a_command_that_lacks_something(words, capsys):
    with pytest.raises(SystemExit) as caught:
        measure.main(words)
    assert caught.value.code == 2 and "usage:" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not ORL.is_dir(), reason="the ORL faces are not on this machine")
def test_orl_gives_what_is_shipped(tmp_path, curves, capsys):
    words = ["--title", "ORL", "--source", "AT&T"]
    assert measure.main(["kcurve", str(ORL), *words]) == 0
    card = real.backbone().card
    (again,) = stored_k_curves(card.name, revision_of(card), curves)
    (shipped,) = stored_k_curves(card.name, revision_of(card))
    np.testing.assert_allclose(again.curve.fmr, shipped.curve.fmr, atol=1e-3)
    np.testing.assert_allclose(again.curve.fpir, shipped.curve.fpir, atol=0.03)
    np.testing.assert_allclose(again.curve.rank1, shipped.curve.rank1, atol=0.01)
    np.testing.assert_allclose(again.curve.tau_at, shipped.curve.tau_at, atol=0.02)
