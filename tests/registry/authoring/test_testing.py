"""The kit that authors test with, and our own plug-ins under its judgement."""

from __future__ import annotations

import os
import zipfile

import numpy as np
import pytest
import warm
from gradio_client.exceptions import AppError
from PIL import Image
from serving import BEGUN, FIXTURES, OF_TESTS

from plugins import DEFAULT_PLUGINS
from registry.authoring.samples import FACE, MODALITIES, write_sample
from registry.limits import SettingError
from registry.testing import (  # noqa: F401
    check_plugin,
    client,
    plugin_host,
    sample,
    stub_backbone,
)
from weights import Weights
from weights.stub import STUB, StubWeights

SMALL = {
    "activation_explorer": {"layer": "blocks.0"},
    "style_transfer": {"settings": '{"size": 64, "steps": 6}'},
    "triplet_finetuning": {"settings": '{"steps": 3}'},
}
"""Small work for what would take long on two cores."""


@pytest.fixture(autouse=True)
def fixtures_are_found(monkeypatch):
    monkeypatch.setenv("PARAGONE_PLUGIN_DIRS", str(FIXTURES / "house"))


# --- the fixtures --------------------------------------------------------------------------------


def test_a_host_has_the_named_plug_ins_only(plugin_host):  # noqa: F811
    host = plugin_host("good")
    assert list(host.tasks) == ["good"] and host.url.startswith("http://127.0.0.1:")
    assert plugin_host("good") is host
    assert {r.name for r in host.page.records if r.state == "ready"} == {"good"}


def test_a_client_calls_the_main_event_and_the_others(client):  # noqa: F811
    ask = client("good")
    assert ask(first="level", second="lever") == 3
    assert ask(verb="count", upto=4) == 4
    assert client("broken-run", "broken_run").endpoint == "broken_run"


def test_a_path_is_sent_as_a_file(client, sample):  # noqa: F811
    assert client("good")(verb="size", picture=sample("picture")) == "320 × 240"
    with pytest.raises(AppError, match="Picture: the file “letter.png” could not be read"):
        client("good")(verb="size", picture=sample("text"))


def test_what_is_not_there_is_named(client, plugin_host):  # noqa: F811
    with pytest.raises(SettingError, match="no task 'bad'; its plug-in has: good"):
        client("bad", "good")
    with pytest.raises(SettingError, match="no plug-in 'nonesuch'"):
        plugin_host("nonesuch")
    with pytest.raises(RuntimeError, match="the build gave up"):
        plugin_host("broken_build")


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_sample_is_what_it_says_and_the_same_each_time(tmp_path, modality):
    path = write_sample(modality, tmp_path / "one")
    assert path.read_bytes() == write_sample(modality, tmp_path / "two").read_bytes() or (
        modality == "zip"  # An archive holds the time at which it was made.
    )
    if modality in ("picture", "face"):
        wanted = {"picture": (320, 240), "face": (512, 512)}[modality]
        assert Image.open(path).size == wanted
    elif modality == "signal":
        assert np.loadtxt(path).shape == (512,) and np.loadtxt(path).std() > 0.1
    elif modality == "volume":
        volume = np.load(path)
        assert (volume.shape, volume.dtype) == ((32, 32, 32), np.float32)
    elif modality == "zip":
        names = zipfile.ZipFile(path).namelist()
        assert len(names) == 8 and {name.split("/")[0] for name in names} == {"one", "two"}
    else:
        assert path.suffix == ".png" and (path.stat().st_size > 0) == (modality == "text")


def test_a_sample_that_is_not_there_is_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no sample 'smell'; there are picture, face"):
        write_sample("smell", tmp_path)
    monkeypatch.setattr("registry.authoring.samples.FACE", ("no_such_package", FACE[1]))
    with pytest.raises(FileNotFoundError, match="pip install scikit-image"):
        write_sample("face", tmp_path)


def test_a_stub_is_tiny_and_the_same_each_time_and_packaged_weights_are_real(stub_backbone):  # noqa: F811
    picture = np.full((40, 30, 3), 90, np.uint8)
    outputs = []
    for _ in range(2):
        weights = StubWeights()
        assert stub_backbone == STUB in [card.name for card in weights.cards(["*in1k"])]
        backbone = weights.backbone(stub_backbone)
        outputs.append(backbone.module(backbone.transform(picture)).numpy())
    assert np.array_equal(*outputs) and np.ptp(outputs[0]) > 0
    assert sum(p.numel() for p in backbone.module.parameters()) < 1e6
    far = weights.backbone("resnet18.a1_in1k")
    assert far.card.name == "resnet18.a1_in1k" and "stands in" in far.origin.sentence
    assert weights.availability("resnet18.a1_in1k").ready
    assert not weights.availability("no_such.net").ready
    face = "dlib_resnet.faces_v1"
    assert weights.backbone(face).origin == Weights(offline=True).backbone(face).origin


# --- our own plug-ins ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("module", DEFAULT_PLUGINS)
def test_our_own_plug_ins_keep_the_contract(check_plugin, module, monkeypatch):  # noqa: F811
    monkeypatch.delenv("PARAGONE_PLUGIN_DIRS")
    known = {*BEGUN, *OF_TESTS}
    for added in [n for n in os.environ.keys() - known if not n.startswith("PYTEST_")]:
        monkeypatch.delenv(added)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # All as in the warm process.
    monkeypatch.setattr("registry.testing.subprocess", warm)
    name = module.rpartition(".")[2]
    report = check_plugin(name, seconds=400, **SMALL.get(name, {}))
    assert report.errors == [], report
    # A fine-tuning is dear: it is not called with every input that cannot be used.
    assert name in report.endpoints and report.calls > (3 if "triplet" in name else 5)
