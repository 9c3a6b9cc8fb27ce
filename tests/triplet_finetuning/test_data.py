"""What is trained on: digits, sets that somebody brings, and splits by identity."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from plugins.shared.faces.align import whole
from plugins.shared.files.image_folder import LabelledError, open_labelled
from plugins.triplet_finetuning.data.digits import HELD_OUT, digits
from plugins.triplet_finetuning.data.folder import read_set
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.data.split import split
from tests.shared.faces.made import Limits, encoded
from weights.errors import ParagoneError

COLOURS = {"red": (200, 30, 30), "green": (30, 160, 60), "blue": (40, 60, 200), "grey": (128,) * 3}


def square(colour, size=(40, 30)) -> bytes:
    return encoded(Image.new("RGB", size, colour), "PNG")


def house(tmp_path, files: dict[str, bytes]):
    for name, data in files.items():
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "set"


def read(tmp_path, files: dict[str, bytes], alignment="whole-32", detector=None) -> PictureSet:
    with open_labelled(house(tmp_path, files), Limits()) as labelled:
        *told, pictures = read_set(labelled, alignment, detector, Limits())
    assert told[-1] == (len(labelled.items),) * 2
    return pictures


def test_the_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    theirs, ours = load_digits(), digits()
    assert len(ours) == 1797 and ours.size == 32 and ours.alignment == "whole-32"
    assert (ours.labels == theirs.target).all() and ours.names == tuple("0123456789")
    grey = ours.chips[..., 0].reshape(1797, 8, 4, 8, 4).mean((2, 4))
    for mine, scan in zip(grey[:200], theirs.images[:200], strict=True):
        assert np.corrcoef(mine.ravel(), scan.ravel())[0, 1] > 0.97
    assert "CC BY 4.0" in ours.source


def test_the_digits_need_neither_scikit_learn_nor_torch():
    code = "import sys; from plugins.triplet_finetuning.data.digits import digits; digits();"
    code += "assert not {'sklearn', 'torch', 'scipy'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=300).returncode == 0


def test_whole_pictures_of_a_folder_each(tmp_path):
    files = {f"{name}/{i}.png": square(c) for name, c in COLOURS.items() for i in range(3)}
    pictures = read(tmp_path, files)
    assert pictures.names == ("blue", "green", "grey", "red") and len(pictures) == 12
    for i in range(12):
        colour = COLOURS[pictures.names[pictures.labels[i]]]
        assert np.abs(pictures.chips[i].astype(int) - colour).max() <= 2
        assert pictures.files[i].startswith(pictures.names[pictures.labels[i]])
    np.testing.assert_array_equal(
        pictures.chips[0], whole(np.full((30, 40, 3), COLOURS["blue"], np.uint8), 32)
    )


def test_names_in_other_scripts(tmp_path):
    names = ("Ελένη", "山田", "سارة", "Жанна")
    colours = dict(zip(names, COLOURS.values(), strict=True))
    files = {f"{name}/{i}.png": square(colours[name]) for name in names for i in range(2)}
    assert set(read(tmp_path, files).names) == set(names)


def test_what_cannot_be_used_is_left_out_by_name(tmp_path):
    files = {f"{name}/{i}.png": square(c) for name, c in COLOURS.items() for i in range(2)}
    files |= {"red/notes.png": b"my notes", "lonely/1.png": square((1, 2, 3))}
    files |= {"empty/broken.png": square((9, 9, 9))[:40]}
    pictures = read(tmp_path, files)
    assert set(pictures.names) == set(COLOURS)
    why = {one.name: one.why for one in pictures.skipped}
    assert "not a picture" in why["red/notes.png"]
    assert "only one picture" in why["lonely"] and "no picture" in why["empty"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a/x.txt": b"text", "b/y.doc": b"doc"}, "no picture to use"),
        ({"a/1.png": square((1, 2, 3)), "b/1.png": square((9, 2, 3))}, "two pictures"),
        ({"a/1.png": b"nothing", "a/2.png": b"nothing"}, "two pictures"),
    ],
)
def test_a_useless_set_is_refused_in_words(tmp_path, files, words):
    with pytest.raises(LabelledError, match=words) as caught:
        read(tmp_path, files)
    assert caught.value.todo


def test_folders_that_differ_in_capitals_are_one_identity(tmp_path):
    files = {f"{name}/{i}.png": square(c) for name, c in COLOURS.items() for i in range(2)}
    files |= {"RED/9.png": square(COLOURS["red"])}
    pictures = read(tmp_path, files)
    assert len(pictures.names) == 4 and np.bincount(pictures.labels).max() == 3
    assert [(one.name, one.why) for one in pictures.skipped] == [
        ("RED and red", f"were taken for one identity, {pictures.names[-1]}")
    ]


def test_a_set_that_would_not_fit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("plugins.triplet_finetuning.data.folder.MOST_BYTES", 10_000)
    files = {f"{name}/{i}.png": square(c) for name, c in COLOURS.items() for i in range(2)}
    with pytest.raises(LabelledError, match="more than the 3 that fit"):
        read(tmp_path, files)


def test_faces_are_found_and_cut(tmp_path):
    def nobody(picture):
        return ()

    files = {f"{name}/{i}.png": square(c) for name, c in COLOURS.items() for i in range(2)}
    with pytest.raises(LabelledError, match="No identity has two pictures"):
        read(tmp_path, files, "dlib-150", nobody)


# --- splits --------------------------------------------------------------------------------------


def test_nobody_is_on_both_sides():
    for seed in range(5):
        train, test = split(digits(), 0.3, seed)
        assert not set(train.names) & set(test.names)
        assert len(train.names) == 7 and len(test.names) == 3
        assert len(train) + len(test) == 1797
        for part in (train, test):
            for i in range(0, len(part), 97):
                name = part.names[part.labels[i]]
                assert part.files[i].startswith(f"digit {name},")
    again = split(digits(), 0.3, 4)[1]
    assert again.names == test.names and (again.chips == test.chips).all()
    assert len({split(digits(), 0.3, seed)[1].names for seed in range(5)}) > 1


def test_named_identities_are_held_out():
    train, test = split(digits(), 0.3, 0, HELD_OUT)
    assert test.names == ("7", "8", "9") and train.names == tuple("0123456")
    with pytest.raises(ParagoneError, match="'eleven'"):
        split(digits(), 0.3, 0, ("eleven",))


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_two_identities_remain_on_either_side(share):
    few = digits().only(digits().labels < 4)
    train, test = split(few, share, 0)
    assert len(train.names) == len(test.names) == 2


def test_three_identities_are_too_few():
    few = digits().only(digits().labels < 3)
    with pytest.raises(ParagoneError, match="3 identities") as caught:
        split(few, 0.3, 0)
    assert "four or more" in caught.value.todo
