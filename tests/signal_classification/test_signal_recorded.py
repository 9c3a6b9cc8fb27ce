"""The model that comes with the page, the command that makes it, and what the benchmark divides."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.errors import ModelFileError
from plugins.signal_classification.learning.baselines import MAJORITY


def test_the_recorded_model_is_the_one_that_its_card_tells_of():
    from plugins.signal_classification.learning.packaged_model import (
        CARD,
        CLASSES,
        FILE,
        FOLDER,
        recorded,
    )

    trained, about = recorded()
    card = (FOLDER / CARD).read_text(encoding="utf-8")
    assert trained.classes == CLASSES and trained.form.channels == 1
    assert (FOLDER / FILE).stat().st_size < 1_500_000
    assert about.figures["accuracy"] > about.figures["majority accuracy"] > 0.5
    for name, value in about.figures.items():
        assert f"| {name} | {value:g} |" in card
    for words in (about.licence, about.data, about.command, "not for diagnosis"):
        assert words and words in card
    flat, _ = trained.form.apply([np.sin(np.linspace(0, 9, 140))[None]])
    assert trained.probabilities(flat).sum() == pytest.approx(1, abs=1e-5)


def test_another_model_than_the_cards_is_refused(tmp_path):
    from plugins.signal_classification.learning.packaged_model import (
        CARD,
        CLASSES,
        FILE,
        FOLDER,
        recorded,
    )

    for name in (CARD, FILE):
        shutil.copy(FOLDER / name, tmp_path / name)
    assert recorded(tmp_path)[0].classes == CLASSES
    body = bytearray((tmp_path / FILE).read_bytes())
    body[-1] ^= 1
    (tmp_path / FILE).write_bytes(body)
    with pytest.raises(ModelFileError, match="not the one that was written"):
        recorded(tmp_path)
    (tmp_path / CARD).write_text("Nothing.", encoding="utf-8")
    with pytest.raises(ModelFileError, match="no digest"):
        recorded(tmp_path)
    (tmp_path / CARD).unlink()
    with pytest.raises(ModelFileError, match="card is missing"):
        recorded(tmp_path)


def rows(count: int, seed: int = 0) -> np.ndarray:
    """Beats of five classes: the class, 1 to 5, and 140 samples."""
    rng, labels = np.random.default_rng(seed), np.arange(count) % 5 + 1
    waves = np.sin(np.linspace(0, 6, 140) * labels[:, None])
    return np.column_stack([labels, waves + 0.1 * rng.standard_normal(waves.shape)])


def test_the_command_writes_the_model_and_a_card_with_its_figures(tmp_path, monkeypatch, capsys):
    from plugins.signal_classification import record
    from plugins.signal_classification.learning.packaged_model import CARD, recorded

    np.savetxt(tmp_path / "ECG5000_TRAIN.tsv", rows(30), delimiter="\t")
    np.save(tmp_path / "ECG5000_TEST.npy", rows(20, seed=1).astype(np.float32))
    monkeypatch.setattr(record, "MINIROCKET", MAJORITY)  # aeon takes long to start.
    told = ["record", "--ecg5000", str(tmp_path), "--steps", "3", "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", [*told, "--device", "cpu"])
    record.main()
    trained, about = recorded(tmp_path / "out")
    assert len(trained.networks) == record.RECIPE.members and about.figures["test beats"] == 20
    card = (tmp_path / "out" / CARD).read_text(encoding="utf-8")
    assert f"| accuracy | {about.figures['accuracy']:g} |" in card
    assert f"({3 * record.RECIPE.members} steps" in card
    # What is told was measured with what is in the file.
    inputs, _ = trained.form.apply(list(rows(20, seed=1)[:, None, 1:]))
    right = (trained.logits(inputs).argmax(1) == np.arange(20) % 5).mean()
    assert about.figures["accuracy"] == pytest.approx(right, abs=1e-4)


def test_what_is_held_out_is_not_trained_on_and_two_of_each_class_remain():
    from tests.benchmarks.bench_signals import held_out

    labels = np.repeat([0, 1, 2], [20, 5, 2])
    series = [np.full((1, 16), i, np.float32) for i in range(27)]
    train, judged = held_out(SignalSet(series, labels, ("a", "b", "c")), 0.4, seed=0)
    assert train.counts.tolist() == [12, 3, 2] and judged.counts.tolist() == [8, 2, 0]
    marks = [one[0, 0] for part in (train, judged) for one in part.series]
    assert sorted(marks) == list(range(27))


def test_a_set_is_the_same_from_an_archive_and_from_its_files(tmp_path):
    from tests.benchmarks.bench_signals import official

    parts = {"X_TRAIN": rows(30), "X_TEST": rows(20, seed=1)}
    for name, values in parts.items():
        np.savetxt(tmp_path / f"{name}.tsv", values, delimiter="\t")
    np.savez(tmp_path / "sets.npz", **parts)
    for one, other in zip(
        official(tmp_path, "X"), official(tmp_path / "sets.npz", "X"), strict=True
    ):
        assert one.classes == other.classes and np.array_equal(one.labels, other.labels)
        assert np.allclose(np.stack(one.series), np.stack(other.series), atol=1e-6)


def test_the_table_takes_the_mean_over_seeds_and_then_over_sets():
    from tests.benchmarks.bench_signals import table

    line = {"method": "m", "balanced": 0.5, "seconds": 1.0, "seed": 0, "holdout": 0.0}
    told = [("A", 0, 0.8), ("A", 1, 1.0), ("B", 0, 0.5)]
    lines = [line | {"set": name, "seed": seed, "accuracy": acc} for name, seed, acc in told]
    text = table(json.loads(json.dumps(lines)))
    assert "accuracy 0.7000 (± 0.0500 between seeds)" in text and "2 sets, 3 runs" in text
