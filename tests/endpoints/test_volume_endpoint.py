"""The endpoint `/volume_classification` from a caller's side."""

from __future__ import annotations

import numpy as np
import pytest
from gradio_client.exceptions import AppError
from volume_files import array, zipped

from plugins.volume_classification.lesson.phantom import CLASSES, phantom
from plugins.volume_classification.settings import KINDS


@pytest.fixture
def send(call):
    return lambda path=None, **given: call("volume_classification", volume=path, **given)


@pytest.fixture
def scan(tmp_path):
    def write(values: np.ndarray, name: str = "scan.npy"):
        np.save(tmp_path / name, values)
        return tmp_path / name

    return write


def test_three_networks_answer(send, scan):
    told = send(scan(phantom(5, 1).values), model="phantom")
    assert told["shape"] == [32, 32, 32] and told["spacing"] == [1, 1, 1]
    assert told["classes"] == list(CLASSES) and list(told["networks"]) == list(KINDS)
    for one in told["networks"].values():
        assert sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-4)
        assert one["answer"] == max(one["probabilities"], key=one["probabilities"].get)
    assert told["networks"]["3d"]["answer"] == "vessel" and told["parts"] == ["scan.npy"]
    assert "not for diagnosis" in told["warning"] and "Licence" in told["about"]


def test_a_scan_of_another_form_is_fitted_and_said(send, scan):
    values = np.random.default_rng(0).normal(0, 1, (10, 40, 20)).astype(np.float32)
    told = send(scan(values), model="adrenal")
    assert list(told["networks"]) == ["3d"] and told["shape"] == [10, 40, 20]
    assert any("10 x 40 x 20" in note for note in told["notes"])
    assert "adrenal" in told["warning"]


def test_what_cannot_be_used(send, scan, tmp_path):
    with pytest.raises(AppError, match="There is no volume"):
        send()
    with pytest.raises(AppError, match="4 dimensions"):
        send(scan(np.zeros((2, 8, 8, 8), np.float32)))
    (tmp_path / "notes.nii").write_text("no volume")
    with pytest.raises(AppError, match="notes.nii"):
        send(tmp_path / "notes.nii")
    with pytest.raises(AppError, match="model|value|choice"):
        send(scan(np.random.default_rng(0).random((8, 8, 8))), model="brain")


def test_an_answer_is_refused_where_it_would_mean_nothing(send, scan):
    told = send(scan(phantom(5, 1).values + 1000), model="phantom")
    for one in told["networks"].values():
        assert one["answer"] is None and one["probabilities"] == {}
    assert any("lie beyond the values" in note for note in told["notes"])


def test_networks_learn_a_set_and_answer(send, scan, tmp_path):
    rng, files = np.random.default_rng(0), {}
    for i in range(12):
        values = rng.normal(0, 1, (12, 12, 12)).astype(np.float32)
        values[:, :, : 4 if i % 2 else 8] += 5
        files[f"{'narrow' if i % 2 else 'wide'}/{i}.npy"] = array(values)
    settings = '{"budget": 2, "width": 4, "steps": 6, "batch": 8}'
    told = send(
        scan(values), labelled=zipped(tmp_path / "set.zip", files), settings=settings, size=12
    )
    assert told["classes"] == ["narrow", "wide"] and list(told["test"]) == list(KINDS)
    steps = {one["steps"] for one in told["test"].values()}
    assert max(steps) <= 6 and all(0 <= one["accuracy"] <= 1 for one in told["test"].values())
    assert list(told["networks"]) == list(KINDS)
    with pytest.raises(AppError, match="steps"):
        send(labelled=zipped(tmp_path / "set.zip", files), settings='{"steps": 0}')
