"""A result as files: they are whole, they tell what they must, and no name is in them."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shlex
import struct
import unicodedata
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest
from huggingface_hub import ModelCard
from results import CONFIG, PEOPLE, SOURCE, TITLE, pictures, result

from plugins.shared.classification.safetensors_bytes import packed
from plugins.triplet_finetuning.export import result as room
from plugins.triplet_finetuning.export.files import files, save, zipped
from plugins.triplet_finetuning.export.model_card import command, licence_of
from plugins.triplet_finetuning.export.plain import ResultError, plain
from plugins.triplet_finetuning.export.result import Base, digest, load
from plugins.triplet_finetuning.settings import Settings

RESNET = Base("resnet18.a1_in1k", "apache-2.0", "ImageNet-1k", "timm/resnet18.a1_in1k")


@pytest.fixture
def folder(tmp_path):
    save(result(), tmp_path / "result")
    return tmp_path / "result"


def change(path, **values) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_saved_and_loaded_again(folder):
    import torch

    first, again = result(), load(folder)
    assert set(again.state) == set(first.state)
    for name, tensor in first.state.items():
        assert torch.equal(again.state[name], tensor)
        assert again.state[name].dtype == tensor.dtype
    assert again.heads.keys() == first.heads.keys()
    for name, array in first.heads["difference"].items():
        assert np.array_equal(again.heads["difference"][name], array)
    others = {field.name for field in fields(first)} - {"state", "heads"}
    for name in others:
        assert getattr(again, name) == getattr(first, name), name
    assert again.figures["after"]["eer"] is None
    assert files(again) == files(first) == {p.name: p.read_bytes() for p in folder.iterdir()}


def test_the_same_result_is_the_same_bytes(tmp_path):
    """safetensors itself writes its metadata in an order that changes from call to call."""
    assert len({digest(result()) for _ in range(12)}) == 1
    assert digest(result()) != digest(result(seed=1))
    one, two = (zipped(result(), tmp_path / f"{n}.zip").read_bytes() for n in (1, 2))
    assert one == two


def test_digest_is_the_files(folder):
    body = (folder / room.MODEL).read_bytes()
    assert digest(result()) == hashlib.sha256(body).hexdigest()
    assert digest(replace(result(), heads={})) == digest(result())


def test_any_reader_of_safetensors_reads_it(folder):
    import safetensors.torch

    with safetensors.safe_open(str(folder / room.MODEL), "pt") as file:
        metadata = file.metadata()
        assert metadata["format"] == "pt"
        assert json.loads(metadata["config"]) == CONFIG
        names = set(file.keys())
    state = safetensors.torch.load_file(folder / room.MODEL)
    assert names == set(state) == set(result().state)


def test_zip_holds_the_same_files(tmp_path, folder):
    path = zipped(result(), tmp_path / "result.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == files(result())
    assert load(tmp_path / "out").best_step == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "result", "result.zip"]


@pytest.mark.parametrize("public", ["", "digits"])
def test_no_name_of_a_person_or_a_picture(tmp_path, public):
    """Nor what a person's own folder is called; what everyone can have may be named."""
    secrets = {*PEOPLE, *pictures().files, *(s.name for s in pictures().skipped)}
    secrets |= {part for secret in tuple(secrets) for part in secret.replace("/", " ").split()}
    assert "snapshot_003.jpeg" in secrets
    if not public:
        secrets |= {TITLE, "holiday", SOURCE, "attic", "hollins"}
    forms = set()
    for secret in secrets:
        for form in ("NFC", "NFD"):
            text = unicodedata.normalize(form, secret)
            forms |= {text.encode(), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode()}
    contents = files(result(public))
    with zipfile.ZipFile(zipped(result(public), tmp_path / "a.zip")) as archive:
        contents |= {f"zip/{info.filename}": archive.read(info) for info in archive.infolist()}
        contents["names"] = " ".join(archive.namelist()).encode()
    assert len(contents) == 2 * len(room.FILES) + 1
    for name, body in contents.items():
        found = [form for form in forms if form.lower() in body.lower()]
        assert not found, f"{name} holds {found}"
    if public:
        assert TITLE.encode() in contents["README.md"]


def test_figures_take_numbers_only():
    """A text in them could be a name: the worst pairs of an evaluation carry some."""
    for figures in ({"worst": ["quixotesque/1.jpeg"]}, {"after": {"recall": {"who": "Rosa"}}}):
        with pytest.raises(ResultError, match="figures"):
            replace(result(), figures=figures)


def test_card_is_one_that_the_hub_reads(folder):
    card = ModelCard.load(folder / "README.md")
    front = card.data
    assert (front.license, front.library_name) == ("other", "paragone")
    assert front.license_name == "see-the-card"
    assert "triplet-loss" in front.tags
    measured = {each.metric_type: each for each in front.eval_results}
    assert set(measured) == {"recall@1", "accuracy"}  # The equal error rate was no number.
    assert measured["recall@1"].metric_value == 0.75
    assert measured["accuracy"].metric_value == 0.7
    assert measured["accuracy"].dataset_name == "Pictures of one's own, held-out identities"
    text = card.text
    assert "| 40.00 % [30.00 %, 50.00 %] | 70.00 % [60.00 %, 80.00 %] |" in text
    assert "| 25.00 % | not measured |" in text
    assert "2 identities with 6 pictures to learn from" in text
    assert "1 pictures were left out" not in text
    assert "1 picture was left out" in text
    assert "For learning, not for security" in text
    assert digest(result()) in text
    assert 'load("FOLDER")' in text
    assert not any(line.rstrip() != line for line in text.splitlines())


def test_card_names_the_backbone():
    card = ModelCard(files(result("digits", RESNET))["README.md"].decode())
    assert (card.data.license, card.data.base_model) == ("apache-2.0", RESNET.repo)
    assert "license_name" not in card.data.to_dict()
    assert "Its training data: ImageNet-1k." in card.text
    assert "finetune digits " in card.text
    assert card.data.eval_results[0].dataset_type == "holiday-of-the-hollins-zip"


def test_card_without_figures():
    card = ModelCard(files(replace(result(), figures={}))["README.md"].decode())
    assert card.data.eval_results is None
    assert "It was not measured." in card.text


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("Apache-2.0", "apache-2.0"),
        ("CC0-1.0 (its author released it into the public domain)", "cc0-1.0"),
        ("not stated on the model page", "other"),
        ("", "other"),
    ],
)
def test_licence_for_the_hub(text, licence):
    assert licence_of(text) == licence


def test_command_says_every_setting(folder):
    """It is read back by a parser made from the fields, as the command line's is."""
    settings = Settings.from_plain(json.loads((folder / room.SETTINGS).read_text()))
    assert settings == result().settings
    line = command(settings, "DATA")
    assert line in (folder / "README.md").read_text()
    words = shlex.split(line)
    assert words[:4] == ["python", "app.py", "finetune", "DATA"]
    parser = argparse.ArgumentParser()
    for each in fields(Settings):
        if isinstance(each.default, bool):
            parser.add_argument(f"--{each.name}", action=argparse.BooleanOptionalAction)
        else:
            name = each.name.replace("_", "-")
            parser.add_argument(f"--{name}", type=type(each.default), dest=each.name)
    read = vars(parser.parse_args(words[4:]))
    assert Settings.from_plain(read) == settings


def test_losses_are_a_table(folder):
    with (folder / room.LOSSES).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["0", "1", "2"]
    assert [row["loss"] for row in rows] == ["", "0.19", "0.1"]
    assert [row["hard"] for row in rows] == ["", "0.25", "0.25"]
    assert [row["recall"] for row in rows] == ["0.5", "", "0.5"]


def test_saved_over_an_earlier_one(folder):
    save(result(heads=False), folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(set(room.FILES) - {room.HEADS})
    assert load(folder).heads == {}


def test_interrupted_save_is_no_result(folder, monkeypatch):
    def full(path, body):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(folder), "write_bytes", full)
    with pytest.raises(ResultError, match="No space left"):
        save(result(), folder)
    monkeypatch.undo()
    with pytest.raises(ResultError, match="config.json"):
        load(folder)
    with pytest.raises(ResultError, match="cannot be written"):
        zipped(result(), folder / "none" / "result.zip")


@pytest.mark.parametrize("name", sorted(set(room.FILES) - {room.CARD}))
def test_a_file_is_missing(folder, name):
    (folder / name).unlink()
    with pytest.raises(ResultError) as caught:
        load(folder)
    assert name in caught.value.where
    assert "cannot be read" in caught.value.what


@pytest.mark.parametrize("name", [room.MODEL, room.HEADS])
def test_a_changed_byte_is_noticed(folder, name):
    body = bytearray((folder / name).read_bytes())
    body[-3] ^= 1
    (folder / name).write_bytes(body)
    with pytest.raises(ResultError, match="SHA-256") as caught:
        load(folder)
    assert name in caught.value.where


def test_a_pickle_is_not_read(folder):
    import torch

    torch.save({"a": torch.zeros(2)}, folder / room.MODEL)
    digest = hashlib.sha256((folder / room.MODEL).read_bytes()).hexdigest()
    change(folder / room.ABOUT, sha256={room.MODEL: digest})
    with pytest.raises(ResultError, match="no safetensors file"):
        load(folder)


def test_tensors_of_another_shape(folder):
    """The header says 3 x 128 numbers where 4 x 128 lie."""
    raw = (folder / room.MODEL).read_bytes()
    end = 8 + struct.unpack("<Q", raw[:8])[0]
    header = raw[8:end].replace(b"[128,4]", b"[128,3]")
    assert header != raw[8:end]
    body = raw[:8] + header + raw[end:]
    (folder / room.MODEL).write_bytes(body)
    change(folder / room.ABOUT, sha256={room.MODEL: hashlib.sha256(body).hexdigest()})
    with pytest.raises(ResultError, match="no safetensors file"):
        load(folder)


def test_config_of_another_result(folder):
    change(folder / room.ABOUT, encoder={**CONFIG, "architecture": "large"})
    with pytest.raises(ResultError, match="not the one in the tensors' file"):
        load(folder)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"format": "paragone-triplet-9"}, "no result of a fine-tuning run"),
        ({"sha256": {}}, "model.safetensors"),
        ({"sha256": 7}, "field"),
        ({"data": {"surprise": 1}}, "surprise"),
        ({"base": None}, "field"),
    ],
)
def test_config_of_another_kind(folder, values, says):
    change(folder / room.ABOUT, **values)
    with pytest.raises(ResultError, match=says) as caught:
        load(folder)
    assert room.ABOUT in caught.value.where


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_no_json(folder, body):
    (folder / room.ABOUT).write_bytes(body)
    with pytest.raises(ResultError):
        load(folder)


def test_a_broken_table(folder):
    (folder / room.LOSSES).write_text("step,loss\n1,quick\n")
    with pytest.raises(ResultError, match="numbers"):
        load(folder)


def test_plain_values():
    value = {1: np.float32(0.5), "a": (np.int64(3), float("inf"), None, True), "b": np.eye(2)}
    assert plain(value) == {"1": 0.5, "a": [3, None, None, True], "b": [[1.0, 0.0], [0.0, 1.0]]}
    with pytest.raises(TypeError, match="set"):
        plain({1, 2})


def test_the_encoder_comes_back(tmp_path):
    """Saved, loaded and rebuilt it gives the same encodings, to the last bit."""
    from plugins.triplet_finetuning.training.encoder import build, encode, rebuild

    settings = Settings()
    encoder = build(settings, None).eval()
    made = replace(result(), config=encoder.config(), state=encoder.state_dict(), settings=settings)
    save(made, tmp_path)
    again = load(tmp_path)
    chips = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    rebuilt = rebuild(again.config, again.state, encoder.transform.device)
    assert np.array_equal(encode(rebuilt, chips), encode(encoder, chips))


def test_changing_a_result_after_it_was_made_changes_no_file(tmp_path):
    """The tensors of a network that goes on learning are copied when they are written."""
    made = result()
    before = files(made)
    body = packed(made.state, made.config)
    next(iter(made.state.values())).add_(1)
    assert body == before[room.MODEL] != files(made)[room.MODEL]


def test_shared_and_strided_tensors_are_written():
    """safetensors refuses both as they are."""
    import safetensors.torch
    import torch

    grid = torch.arange(6.0).reshape(2, 3)
    body = packed({"a": grid, "b": grid.T, "c": grid[:, 1]}, {})
    read = safetensors.torch.load(body)
    assert torch.equal(read["b"], grid.T)
    assert torch.equal(read["c"], grid[:, 1])
