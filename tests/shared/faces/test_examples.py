from __future__ import annotations

import importlib.machinery
from pathlib import Path

import numpy as np
import pytest
from serving import run_code

from plugins.shared.faces import examples as module
from plugins.shared.faces.examples import examples, load_example
from plugins.shared.files.pictures import PictureError

ROOT = Path(__file__).parents[3]


def test_two_women_and_four_altered_copies_of_each():
    titles = [example.title for example in examples()]
    copies = ["mirrored", "darker", "blurred", "cropped"]
    assert titles == [
        title
        for who in ("Grace Hopper", "Eileen Collins")
        for title in (who, *(f"{who}, {altered} copy" for altered in copies))
    ] + ["Grace Hopper and Eileen Collins, side by side"]
    assert all(e.licence == "Public domain" and e.credit for e in examples())
    assert all(bool(e.altered) == ("copy" in e.title) for e in examples())
    assert len({e.key for e in examples()}) == 11


@pytest.mark.parametrize("who", ["grace_hopper", "eileen_collins"])
def test_altered_copies_are_what_they_are_called(who):
    original = load_example(who).pixels.astype(float)
    assert min(original.shape[:2]) >= 512 and original.std() > 40
    mirrored = load_example(f"{who}_mirrored").pixels
    assert np.array_equal(mirrored[:, ::-1], original)
    darker = load_example(f"{who}_darker").pixels
    assert darker.mean() == pytest.approx(0.45 * original.mean(), rel=0.02)
    blurred = load_example(f"{who}_blurred").pixels.astype(float)
    assert np.abs(np.diff(blurred, axis=1)).mean() < np.abs(np.diff(original, axis=1)).mean() / 2
    cropped = load_example(f"{who}_cropped").pixels
    height, width = cropped.shape[:2]
    rows, columns = original.shape[0] - height + 1, original.shape[1] - width + 1
    assert any(
        np.array_equal(original[y : y + height, x : x + width], cropped)
        for y in range(rows)
        for x in range(columns)
        if np.array_equal(original[y, x], cropped[0, 0])
    )


def test_a_picture_is_read_once_and_carries_its_title():
    example = examples()[1]
    assert example.load() is load_example(example.key)
    assert example.load().name == "Grace Hopper, mirrored copy"
    assert len({e.load().digest for e in examples()}) == len(examples())


def test_an_unknown_key_lists_the_known_ones():
    with pytest.raises(PictureError) as caught:
        load_example("ada_lovelace")
    assert "ada_lovelace" in caught.value.for_people and "grace_hopper" in caught.value.todo


def test_a_package_that_is_missing_or_lacks_the_file(monkeypatch, tmp_path):
    load_example.cache_clear()
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(PictureError) as caught:
        load_example("eileen_collins")
    assert "scikit-image is not installed" in caught.value.what
    assert caught.value.where == "data/astronaut.png"
    assert "pip install --force-reinstall scikit-image" in caught.value.todo
    spec = importlib.machinery.ModuleSpec("matplotlib", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(module, "find_spec", lambda name: spec)
    with pytest.raises(PictureError) as caught:
        load_example("grace_hopper_darker")
    assert "Grace Hopper is missing: matplotlib has no such file" in caught.value.what


def test_the_packages_are_not_imported():
    code = (
        "import sys; from plugins.shared.faces.examples import examples; examples()[0].load();"
        "examples()[5].load(); print({'matplotlib', 'skimage'} & set(sys.modules))"
    )
    assert run_code(code).strip() == "set()"
