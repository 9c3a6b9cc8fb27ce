"""The endpoint `/signal_classification` from a caller's side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gradio_client.exceptions import AppError

QUICK = {"members": 1, "width": 8, "budget": 5}


@pytest.fixture
def send(call):
    def ask(labelled=None, signals=None, settings=QUICK, **more) -> dict:
        given = {"labelled": labelled, "signals": signals, **more}
        files = {name: one for name, one in given.items() if one is not None}
        return call("signal_classification", **files, settings=settings)

    return ask


def table(path: Path, labels: list[str], length: int = 60) -> Path:
    """Slow waves where the label begins with s, fast ones elsewhere; the label first."""
    time, rng = np.linspace(0, 6.28, length), np.random.default_rng(len(labels))
    lines = []
    for label in labels:
        wave = np.sin(time * (1 if label[:1] == "s" else 5) + rng.uniform(0, 6))
        values = [f"{value:.4f}" for value in wave + 0.1 * rng.standard_normal(length)]
        lines.append(",".join([label, *values] if label else values))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_learning_and_naming(send, tmp_path):
    labelled = table(tmp_path / "labelled.csv", ["slow", "fast"] * 20)
    answer = send(labelled, table(tmp_path / "asked.csv", ["slow", "fast", "slow"]))
    assert answer["classes"] == ["fast", "slow"]
    assert answer["test"]["total"] == 12 and len(answer["test"]["interval"]) == 2
    assert answer["score"]["right"] == answer["score"]["total"] == 3, "they came with labels"
    assert answer["test"]["balanced_accuracy"] >= 0.9 and answer["test"]["majority"] == 0.5
    assert [one["class"] for one in answer["answers"]] == ["slow", "fast", "slow"]
    for one in answer["answers"]:
        assert sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert answer["seconds"] > 0
    assert any("labels are in column 1" in note for note in answer["notes"])


def test_a_set_to_test_on_and_a_network_from_before(send, tmp_path):
    from signal_classification.test_signal_files import saved_waves

    labelled = table(tmp_path / "labelled.csv", ["slow", "fast"] * 8)
    test = table(tmp_path / "test.csv", ["slow", "fast", "slow"])
    answer = send(labelled, test, {"network": "rocket", "refit": True}, test=test)
    assert answer["test"]["total"] == 3 and answer["answers"][0]["likely"]
    with pytest.raises(AppError, match="class 'sloth' is not among those"):
        send(labelled, test=table(tmp_path / "other.csv", ["sloth"] * 2 + ["fast"] * 2))
    known = send(None, test, {}, model=saved_waves(tmp_path / "mine.safetensors"))
    assert known["classes"] == ["slow", "fast"] and known["test"] is None


def test_the_network_of_the_page_answers_where_nothing_is_learnt(send, tmp_path):
    from plugins.signal_classification.data.simulated_ecg import SHAPES, beats

    rows = np.concatenate([beats(shape, 1, seed=2) for shape in SHAPES])
    path = tmp_path / "beats.csv"
    np.savetxt(path, rows, fmt="%.4f", delimiter=",")
    answer = send(None, path)
    assert answer["test"] is None and len(answer["classes"]) == 5
    assert answer["answers"][0]["class"] == "normal" != answer["answers"][1]["class"]


def test_files_that_cannot_be_used(send, tmp_path):
    with pytest.raises(AppError, match="nothing to do"):
        send()
    with pytest.raises(AppError, match="one class"):
        send(table(tmp_path / "one.csv", ["slow"] * 4))
    words = tmp_path / "words.csv"
    words.write_text("a,1,2\nb,1,oops\n")
    with pytest.raises(AppError, match="words.csv.*'oops' in column 3"):
        send(words)
