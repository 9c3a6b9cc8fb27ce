"""Trained models as files, and simulated beats."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from plugins.signal_classification.data.simulated_ecg import LENGTH, SHAPES, beats, simulated
from plugins.signal_classification.errors import ModelFileError
from plugins.signal_classification.learning.input_form import Form
from plugins.signal_classification.settings import Settings

if TYPE_CHECKING:
    from plugins.signal_classification.learning.model_file import About
    from plugins.signal_classification.learning.trained import Trained


def told() -> About:
    from plugins.signal_classification.learning.model_file import About

    return About("CC0", "made signals", "python make.py", {"accuracy": 0.5})


def model(members: int = 2) -> Trained:
    from plugins.signal_classification.learning.network import build
    from plugins.signal_classification.learning.trained import Trained

    settings = Settings(network="resnet", width=4, members=members)
    form = Form(2, 40, "set", (1.0, 2.0), (3.0, 4.0))
    networks = tuple(build(settings, form, 3, seed).eval() for seed in range(members))
    return Trained(networks, form, ("a", "b", "ç"), settings)


def saved_waves(path: Path) -> Path:
    """A Rocket that knows slow waves from fast ones, as a file."""
    from signal_classification.test_signal_events import waves

    from plugins.signal_classification.learning.model_file import save
    from plugins.signal_classification.learning.training import Run

    run = Run(Settings(network="rocket"), waves(), waves(8))
    list(run.advance())
    save(run.finish().trained, told(), path)
    return path


def test_a_rocket_alone_comes_back_with_its_doubts(tmp_path):
    from plugins.signal_classification.learning.model_file import load

    read, _ = load(saved_waves(tmp_path / "made.safetensors"))
    assert read.networks == () and read.doubt.familiar is not None
    assert len(read.doubt.misfits) == 8 and read.doubt.wanted == 0
    answers = read.classify([np.random.default_rng(0).standard_normal((1, 40))])
    assert answers.unlike.all() and answers.sets is not None


def test_a_model_comes_back_as_it_was(tmp_path):
    from plugins.signal_classification.learning.model_file import load, save, to_bytes

    made, path = model(), tmp_path / "made.safetensors"
    digest = save(made, told(), path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    read, about = load(path, digest)
    assert about == told()
    assert (read.form, read.classes, read.settings) == (made.form, made.classes, made.settings)
    raw = [np.random.default_rng(0).standard_normal((2, 77))]
    assert np.array_equal(read.classify(raw).probabilities, made.classify(raw).probabilities)
    assert to_bytes(read, about) == path.read_bytes()


def written() -> bytes:
    from plugins.signal_classification.learning.model_file import to_bytes

    return to_bytes(model(1), told())


def broken(change) -> bytes:
    """A model's file with a changed header."""
    raw = written()
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:end])
    config = json.loads(header["__metadata__"]["config"])
    change(config)
    header["__metadata__"]["config"] = json.dumps(config)
    head = json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + raw[end:]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: b"", "no model of this page"),
        (lambda: b"no safetensors", "no model of this page"),
        (lambda: written()[:-9], "no model of this page"),
        (lambda: broken(lambda c: c.update(format="other")), "format 'other'"),
        (lambda: broken(lambda c: c.update(classes=["a", "b"])), "no model of this page"),
        (lambda: broken(lambda c: c.update(networks=2)), "no model of this page"),
        (lambda: broken(lambda c: c.pop("form")), "form"),
        (lambda: broken(lambda c: c["settings"].update(width=-1)), "cannot be made"),
        (lambda: broken(lambda c: c["form"].update(length=0)), "cannot be made"),
        (lambda: broken(lambda c: c.update(figures=[1])), "no model of this page"),
        (lambda: broken(lambda c: c.update(figures={"accuracy": 10**400})), "too large"),
        (lambda: broken(lambda c: c["form"].update(length=10**400)), "no model of this page|made"),
        (lambda: broken(lambda c: c.update(classes=["c"] * 100_000)), "names 100,000 classes"),
        (lambda: broken(lambda c: c.update(networks=10**6)), "tells of 1000000 networks"),
    ],
)
def test_a_foreign_or_damaged_file_is_refused(tmp_path, content, said):
    from plugins.signal_classification.learning.model_file import load

    path = tmp_path / "made.safetensors"
    path.write_bytes(content())
    with pytest.raises(ModelFileError, match=said):
        load(path)


def test_another_file_than_the_one_that_was_written_is_refused(tmp_path):
    from plugins.signal_classification.learning.model_file import load, save

    path = tmp_path / "made.safetensors"
    save(model(1), told(), path)
    with pytest.raises(ModelFileError, match="not the one that was written"):
        load(path, "0" * 64)
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(tmp_path / "none.safetensors")


def test_simulated_beats_have_the_form_of_ecg5000_and_differ_from_beat_to_beat():
    for shape in SHAPES:
        found = beats(shape, 12, seed=3)
        assert found.shape == (12, LENGTH) and found.dtype == np.float32
        assert np.allclose(found.mean(1), 0, atol=1e-5) and np.allclose(found.std(1), 1, atol=1e-4)
        assert found.argmin(1).min() >= 2
        alike = np.corrcoef(found)
        assert alike.min() > 0.8 and not np.array_equal(found[0], found[1])
        assert np.array_equal(beats(shape, 12, seed=3), found)


def test_a_simulated_beat_has_its_waves_where_they_belong():
    p_wave, none = (beats(shape, 20).mean(0) for shape in SHAPES[:2])
    assert 2 <= p_wave.argmin() <= 8  # S
    assert 90 <= 60 + p_wave[60:120].argmax() <= 112  # P
    assert none[128:].min() < -2  # The next beat's S has come already.
    assert p_wave[128:].min() > -1


def test_simulated_signals_say_that_they_are():
    signals = simulated(3)
    assert len(signals) == 3 * len(SHAPES) and "simulated" in signals.notes[0]
