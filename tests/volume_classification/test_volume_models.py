"""Model files, the models that come with the page, and the commands that make them."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from plugins.volume_classification.errors import ModelFileError
from plugins.volume_classification.lesson.packaged_models import ADRENAL, FOLDER, MODELS, recorded
from plugins.volume_classification.lesson.phantom import NODULE, VESSEL, phantom, phantoms
from plugins.volume_classification.settings import KINDS, Settings

if TYPE_CHECKING:
    from plugins.shared.classification.model_file import About
    from plugins.volume_classification.learning.trained import Trained


def told() -> About:
    from plugins.shared.classification.model_file import About

    return About("CC0-1.0", "noise", "python -m nothing", {"accuracy": 0.5})


def made(**values: object) -> Trained:
    import torch

    from plugins.volume_classification.learning.input_form import Form
    from plugins.volume_classification.learning.network import build
    from plugins.volume_classification.learning.trained import Trained

    settings = Settings(**{"width": 4, **values})
    network = build(settings, 2, 0).eval()
    with torch.no_grad():
        network(torch.zeros(2, 16, 16, 16))
    return Trained(network, Form(16, -10.0, 10.0, 0.5, 2.0), ("a", "b"), settings)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_written_and_read(tmp_path, kind):
    from plugins.volume_classification.learning.model_file import load, save, to_bytes

    trained = made(kind=kind, slices=5)
    digest = save(trained, told(), tmp_path / "m.safetensors")
    again, about = load(tmp_path / "m.safetensors", digest)
    values = np.random.default_rng(0).normal(size=(3, 16, 16, 16)).astype(np.float32)
    assert np.array_equal(again.logits(values), trained.logits(values))
    assert about == told() and again.settings == trained.settings and again.form == trained.form
    assert again.classes == ("a", "b")
    assert to_bytes(again, about) == (tmp_path / "m.safetensors").read_bytes()


def test_half_precision_is_used_where_nothing_is_lost(tmp_path):
    import torch

    from plugins.shared.classification.model_file import halve
    from plugins.volume_classification.learning.model_file import load, to_bytes

    trained = made()
    whole = len(to_bytes(trained, told()))
    halve(trained.network)
    half = to_bytes(trained, told())
    assert len(half) < 0.6 * whole
    (tmp_path / "m").write_bytes(half)
    again, _ = load(tmp_path / "m")
    values = np.random.default_rng(0).normal(size=(3, 16, 16, 16)).astype(np.float32)
    assert np.array_equal(again.logits(values), trained.logits(values))
    assert {t.dtype for t in again.network.state_dict().values()} == {torch.float32, torch.int64}


def changed(body: bytes, **config: object) -> bytes:
    """The same file with other words in its header."""
    from safetensors.torch import load as unpacked
    from safetensors.torch import save as packed

    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
    told = json.loads(header["__metadata__"]["config"]) | config
    return packed(unpacked(body), {"format": "pt", "config": json.dumps(told)})


def without_words(body: bytes) -> bytes:
    from safetensors.torch import load as unpacked
    from safetensors.torch import save as packed

    return packed(unpacked(body))


def spoilt(body: bytes) -> bytes:
    import torch
    from safetensors.torch import load as unpacked
    from safetensors.torch import save as packed

    tensors = unpacked(body)
    tensors["head.weight"][0, 0] = torch.nan
    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
    return packed(tensors, header["__metadata__"])


BROKEN = {
    "empty": lambda body: b"",
    "cut off": lambda body: body[:-9],
    "text": lambda body: b"no model at all, only words" * 9,
    "a model of another task": lambda body: changed(body, format="paragone-signals-1"),
    "tensors without words": without_words,
    "one class": lambda body: changed(body, classes=["a"]),
    "other classes": lambda body: changed(body, classes=["a", "b", "c"]),
    "unknown setting": lambda body: changed(body, settings={"colour": 1}),
    "another network": lambda body: changed(body, settings={"width": 8}),
    "no network": lambda body: changed(body, settings={"timm": "no_such_network"}),
    "no form": lambda body: changed(body, form={"size": 16}),
    "a form of nothing": lambda body: changed(body, form=made().form.plain() | {"deviation": 0}),
    "no figures": lambda body: changed(body, figures=[1]),
    "no number": spoilt,
    "a number too large": lambda body: changed(body, figures={"accuracy": 10**400}),
    "a form too large": lambda body: changed(body, form=made().form.plain() | {"mean": 10**400}),
    "classes that are no list": lambda body: changed(body, classes={"a": 1, "b": 2}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_model_is_refused(tmp_path, name):
    from plugins.volume_classification.learning.model_file import load, to_bytes

    path = tmp_path / "m.safetensors"
    path.write_bytes(BROKEN[name](to_bytes(made(), told())))
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert caught.value.where == "m.safetensors" and caught.value.todo


def test_a_header_with_millions_of_classes_costs_no_network(tmp_path, monkeypatch):
    """The network was made for them, 570 MB, before its tensors were compared."""
    from plugins.volume_classification.learning.model_file import load, to_bytes

    def forbidden(*_: object) -> None:
        raise AssertionError("a network was made")

    path = tmp_path / "m.safetensors"
    path.write_bytes(changed(to_bytes(made(), told()), classes=["c"] * 2_000_000))
    monkeypatch.setattr("plugins.volume_classification.learning.model_file.build", forbidden)
    with pytest.raises(ModelFileError, match="names 2,000,000 classes"):
        load(path)


def test_a_file_that_is_another_one_or_missing_is_refused(tmp_path):
    from plugins.volume_classification.learning.model_file import load, save, to_bytes

    path = tmp_path / "m.safetensors"
    digest = save(made(), told(), path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(to_bytes(made(), replace(told(), data="other noise")))
    with pytest.raises(ModelFileError, match="not the one that was written"):
        load(path, digest)
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(tmp_path / "none")
    with pytest.raises(ModelFileError, match="cannot be written"):
        save(made(), told(), tmp_path / "no folder" / "m")


# --- what comes with the page ----------------------------------------------------------------


def test_packaged_models_are_small_and_each_has_its_card():
    sizes = {path.stem: path.stat().st_size for path in FOLDER.glob("*.safetensors")}
    assert set(sizes) == set(MODELS)
    assert max(sizes.values()) < 700_000 and sum(sizes.values()) < 3_000_000
    assert {path.stem for path in FOLDER.glob("*.md")} == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_a_packaged_model_is_the_one_of_its_card(name):
    trained, about = recorded(name)
    card = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert trained.settings.kind == MODELS[name].kind
    for said in (about.data, about.licence, about.command, *map(str, trained.classes)):
        assert said in card
    for figure, value in about.figures.items():
        assert f"| {figure} | {value:g} |" in card
    assert "not for diagnosis" in card
    if name == ADRENAL:
        assert about.licence == "CC-BY-4.0" and "MedMNIST" in card and "Yang" in card


def test_a_packaged_model_is_checked_against_its_card(tmp_path):
    from plugins.volume_classification.learning.model_file import to_bytes

    with pytest.raises(ModelFileError, match="no packaged model called 'brain'"):
        recorded("brain")
    with pytest.raises(ModelFileError, match="card is missing"):
        recorded(ADRENAL, tmp_path)
    (tmp_path / f"{ADRENAL}.md").write_text("A card without one.")
    with pytest.raises(ModelFileError, match="tells no digest"):
        recorded(ADRENAL, tmp_path)
    (tmp_path / f"{ADRENAL}.md").write_text(f"SHA-256: `{'0' * 64}`")
    (tmp_path / f"{ADRENAL}.safetensors").write_bytes(to_bytes(made(), told()))
    with pytest.raises(ModelFileError, match="not the one that was written"):
        recorded(ADRENAL, tmp_path)


def test_the_packaged_networks_see_of_the_phantom_what_they_can():
    """Volumes that no one has seen before. A single slice is the same in both classes, so the 2-D
    network gives the same answer to both; the 3-D one tells them apart.
    """
    fresh = phantoms(60, seed=99)
    flat, thin, whole = (recorded(f"phantom-{kind}")[0] for kind in KINDS)
    right = {
        kind: (one.logits(fresh.values).argmax(1) == fresh.labels).mean()
        for kind, one in zip(KINDS, (flat, thin, whole), strict=True)
    }
    assert right["3d"] >= 0.95 and 0.3 <= right["2d"] <= 0.7
    assert right["2d"] - 0.1 <= right["2.5d"] <= right["3d"] + 0.1
    pair = np.stack([phantom(5, label).values for label in (NODULE, VESSEL)])
    answers = flat.probabilities(pair)
    assert np.array_equal(answers[0], answers[1])
    assert whole.probabilities(pair).argmax(1).tolist() == [NODULE, VESSEL]


# --- the commands that make them -------------------------------------------------------------


def commanded(monkeypatch, *words: str) -> None:
    from plugins.volume_classification import record

    monkeypatch.setattr(sys, "argv", ["record", *words])
    record.main()


def test_the_command_for_the_phantom_writes_models_and_cards(tmp_path, monkeypatch):
    from plugins.volume_classification import record

    monkeypatch.setattr(record, "LEARNT", (40, 1))
    monkeypatch.setattr(record, "HELD_OUT", (20, 2))
    monkeypatch.setattr(record, "PHANTOM", replace(record.PHANTOM, width=4, looks=1))
    commanded(monkeypatch, "phantom", "--steps", "2", "--out", str(tmp_path))
    names = [name for name in MODELS if name != ADRENAL]
    assert {path.stem for path in tmp_path.iterdir()} >= {"phantom-2d", "phantom-3d"}
    for name in names:
        trained, about = recorded(name, tmp_path)
        assert trained.settings.kind == MODELS[name].kind and trained.settings.steps == 2
        assert about.figures["test volumes"] == 20 and 0 <= about.figures["accuracy"] <= 1


def test_the_command_for_adrenal_glands_reads_medmnist(tmp_path, monkeypatch, capsys):
    from plugins.volume_classification import record

    rng, held = np.random.default_rng(0), {}
    for part, count in (("train", 12), ("val", 4), ("test", 8)):
        held[f"{part}_images"] = rng.integers(0, 2, (count, 28, 28, 28), np.uint8) * 255
        held[f"{part}_labels"] = (np.arange(count) % 2).astype(np.uint8)[:, None]
    np.savez(tmp_path / "adrenalmnist3d.npz", **held)
    monkeypatch.setattr(record, "GLAND", replace(record.GLAND, width=4, stem=2, looks=1, batch=4))
    out = tmp_path / "out"
    words = ("--data", str(tmp_path / "adrenalmnist3d.npz"), "--steps", "2", "--out", str(out))
    commanded(monkeypatch, "adrenal", *words)
    trained, about = recorded(ADRENAL, out)
    assert trained.classes == ("normal", "hyperplasia") and about.figures["test volumes"] == 8
    assert "Zhongshan" in (out / "adrenal.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        commanded(monkeypatch, "adrenal")
    assert "--data FILE" in capsys.readouterr().err
