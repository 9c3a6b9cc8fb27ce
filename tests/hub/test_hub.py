"""Weights from a Hub, as the real client fetches them: what works, and what each fault says."""

from __future__ import annotations

import errno
import hashlib
import socket
import threading
import time

import numpy as np
import pytest

from tests.hub.models import TINY, hub_files
from tests.hub.server import Fault
from weights import errors as e

pytestmark = pytest.mark.hub

NAME = "test_resnet.tiny"
WEIGHTS = (TINY, "model.safetensors")


def leftovers(tmp_path) -> list[str]:
    """Files in the cache that a reader could take for weights, whole or not."""
    return [
        path.name
        for path in (tmp_path / "cache").rglob("*")
        if path.is_file() and ("incomplete" in path.name or path.name == "model.safetensors")
    ]


@pytest.fixture
def dead_url():
    """An address on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def silent_url():
    """An address that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_load_and_cached_second_load(tiny_hub, make_weights, tiny_files):
    import torch

    first = make_weights(tiny_hub.url).backbone(NAME)
    assert first.origin.via == "hub"
    assert first.origin.revision == tiny_hub.repos[TINY].commit
    assert first.origin.sha256 == hashlib.sha256(tiny_files["model.safetensors"]).hexdigest()
    assert not first.origin.pinned
    assert "checked only against the digest that the Hub itself declares" in first.origin.sentence
    assert first.card.encoding_size == 8
    tiny_hub.log.clear()
    second = make_weights(tiny_hub.url).backbone(NAME)
    assert second.origin.via == "cache"
    assert "local cache" in second.origin.sentence
    assert tiny_hub.log == []
    picture = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    outputs = [b.module(b.transform(picture)) for b in (first, second)]
    assert outputs[0].shape == (1, 8)
    assert torch.equal(*outputs)


def test_pinned(tiny_hub, make_weights, tiny_files):
    digest = hashlib.sha256(tiny_files["model.safetensors"]).hexdigest()
    weights = make_weights(tiny_hub.url)
    commit = tiny_hub.repos[TINY].commit
    weights.register(name="a.pinned", source=f"hub:{TINY}", revision=commit, sha256=digest)
    origin = weights.backbone("a.pinned").origin
    assert origin.pinned
    assert "SHA-256 is the one in our catalogue" in origin.sentence


@pytest.mark.parametrize(
    ("architecture", "model_args"),
    [
        ("vit_tiny_patch16_224", {"patch_size": 8, "img_size": 112, "num_classes": 512}),
        ("convnext_atto", {"patch_size": 2, "num_classes": 512}),
    ],
)
def test_face_encoders_of_the_catalogue(
    local_hub, make_weights, tmp_path, with_config, architecture, model_args
):
    """The published repositories name these arguments; ours have the same, and fresh weights."""
    import torch

    files = hub_files(tmp_path / "model", architecture, **model_args)
    name = {"vit_tiny_patch16_224": "vit_tiny_patch8_112", "convnext_atto": "convnext_atto"}
    name = f"{name[architecture]}.cosface_ms1mv3"
    weights = make_weights(local_hub.url)
    local_hub.add(weights.card(name).repo, files)
    backbone = weights.backbone(name)
    pictures = np.zeros((2, 112, 112, 3), np.uint8)
    batch = backbone.transform(pictures)
    assert batch.shape == (2, 3, 112, 112)
    assert torch.all(batch == -1)
    assert backbone.module(batch).shape == (2, 512) == (2, backbone.card.encoding_size)


def test_timm_weights_from_the_hub(local_hub, make_weights, tmp_path):
    """The catalogue's entry, and a model that only timm knows, without its config.json."""
    weights = make_weights(local_hub.url)
    for name, architecture in (
        ("resnet18.a1_in1k", "resnet18"),
        ("test_vit2.r160_in1k", "test_vit2"),
    ):
        files = hub_files(tmp_path / architecture, architecture)
        local_hub.add(f"timm/{name}", {"model.safetensors": files["model.safetensors"]})
        backbone = weights.backbone(name)
        assert backbone.origin.via == "hub"
        assert backbone.card.encoding_size == 1000


@pytest.mark.parametrize(
    ("fields", "token", "error", "says"),
    [
        ({"token": "right"}, False, e.AccessDenied, "401"),
        ({"token": "right"}, "wrong", e.NotOnHub, "404"),
        ({"gated": True}, False, e.LicenceNotAccepted, "401"),
        ({"gated": True}, "hf_secret", e.LicenceNotAccepted, "403"),
    ],
)
def test_refused(tiny_hub, make_weights, tiny_files, caplog, fields, token, error, says):
    tiny_hub.add(TINY, dict(tiny_files), **fields)
    weights = make_weights(tiny_hub.url, token=token)
    availability = weights.availability(NAME)
    assert not availability.ready
    assert says in availability.why
    with pytest.raises(error) as caught:
        weights.backbone(NAME)
    text = str(caught.value) + caplog.text
    assert says in text
    assert TINY in text
    if error is not e.NotOnHub:
        assert "HF_TOKEN" in text
        assert f"{tiny_hub.url}/{TINY}" in text
    assert "hf_secret" not in text
    assert tiny_hub.bodies() == []


def test_forbidden(tiny_hub, make_weights):
    tiny_hub.faults[WEIGHTS] = Fault(status=403)
    with pytest.raises(e.AccessDenied, match="403"):
        make_weights(tiny_hub.url).backbone(NAME)


def test_token_goes_to_the_hub_and_not_to_its_storage(tiny_hub, make_weights, tiny_files):
    tiny_hub.add(TINY, dict(tiny_files), token="right")
    assert make_weights(tiny_hub.url, token="right").backbone(NAME).origin.via == "hub"
    stored = [seen for seen in tiny_hub.log if seen.path.startswith("/storage/")]
    assert stored
    assert not any(seen.authorised for seen in stored)
    assert all(seen.authorised for seen in tiny_hub.log if seen not in stored)


def test_not_there(tiny_hub, make_weights, tiny_files):
    weights = make_weights(tiny_hub.url, token="any")
    weights.register(name="a.repo", source="hub:tiny/nothing")
    weights.register(name="a.revision", source=f"hub:{TINY}", revision="0" * 40)
    weights.register(name="a.file", source=f"hub:{TINY}", filename="other.safetensors")
    for name, what in (("a.repo", "repository"), ("a.revision", "revision"), ("a.file", "file")):
        with pytest.raises(e.NotOnHub, match=f"404: it has no such {what}"):
            weights.backbone(name)
    tiny_hub.add(TINY, {"model.safetensors": tiny_files["model.safetensors"]})
    with pytest.raises(e.NotOnHub, match=r"config\.json: .* no such file"):
        weights.backbone(NAME)


def test_pinned_digest_differs_from_the_declared_one(tiny_hub, make_weights, tmp_path):
    weights = make_weights(tiny_hub.url)
    weights.register(name="a.pinned", source=f"hub:{TINY}", sha256="0" * 64)
    with pytest.raises(e.WrongDigest, match="000000000000"):
        weights.backbone("a.pinned")
    assert tiny_hub.bodies() == []
    assert leftovers(tmp_path) == []
    other = weights.file(NAME).path
    fresh = make_weights(tiny_hub.url)
    fresh.register(name="a.pinned", source=f"hub:{TINY}", sha256="0" * 64)
    with pytest.raises(e.WrongDigest):
        fresh.backbone("a.pinned")
    assert other.is_file(), "a whole file of another version is left to its owner"


@pytest.mark.parametrize("pin", [True, False])
def test_wrong_bytes_are_removed(tiny_hub, make_weights, tiny_files, tmp_path, pin):
    """The Hub declares one file and sends another of the same length."""
    body = tiny_files["model.safetensors"]
    tiny_hub.faults[WEIGHTS] = Fault(body=body[:-1] + bytes([body[-1] ^ 1]))
    weights = make_weights(tiny_hub.url)
    digest = hashlib.sha256(body).hexdigest() if pin else ""
    weights.register(name="a.maybe", source=f"hub:{TINY}", sha256=digest)
    with pytest.raises(e.WrongDigest) as caught:
        weights.backbone("a.maybe")
    assert digest[:12] in str(caught.value)
    assert leftovers(tmp_path) == []
    tiny_hub.faults.clear()
    assert make_weights(tiny_hub.url).backbone(NAME).origin.via == "hub"


def test_damage_in_the_cache_is_repaired(tiny_hub, make_weights, caplog):
    weights = make_weights(tiny_hub.url)
    path = weights.file(NAME).path.resolve()
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])
    located = make_weights(tiny_hub.url).file(NAME)
    assert located.origin.via == "hub"
    assert "damaged" in caplog.text
    assert located.path.stat().st_size == len(tiny_hub.repos[TINY].files["model.safetensors"])


def test_cut_connection_is_resumed(tiny_hub, make_weights, monkeypatch):
    # The client keeps whole chunks only, and our file is smaller than its usual 10 MB.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1 << 16)
    tiny_hub.faults[WEIGHTS] = Fault(cut_after=100_000, times=1)
    assert make_weights(tiny_hub.url).backbone(NAME).origin.via == "hub"
    ranges = [seen.range for seen in tiny_hub.bodies() if "storage" in seen.path]
    assert len(ranges) == 2
    assert ranges == ["", "bytes=65536-"]


def test_connection_cut_again_and_again(tiny_hub, make_weights, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    tiny_hub.faults[WEIGHTS] = Fault(cut_after=100_000)
    with pytest.raises(e.DownloadCut, match="broke off"):
        make_weights(tiny_hub.url).backbone(NAME)
    assert leftovers(tmp_path) == []


def test_slow_download_is_not_cut(tiny_hub, make_weights, monkeypatch):
    """The body takes longer than the limit on a first answer."""
    monkeypatch.setattr("weights.hub.LIMIT", 1.0)
    size = len(tiny_hub.repos[TINY].files["model.safetensors"])
    tiny_hub.faults[WEIGHTS] = Fault(pause=2.5 / (size / 65536))
    start = time.perf_counter()
    assert make_weights(tiny_hub.url).file(NAME).origin.via == "hub"
    assert time.perf_counter() - start > 2


@pytest.mark.parametrize("address", ["dead_url", "silent_url"])
def test_unreachable_hub_falls_back_to_the_twin(request, make_weights, address):
    weights = make_weights(request.getfixturevalue(address))
    start = time.perf_counter()
    backbone = weights.backbone("tf_efficientnet_lite0.in1k")
    seconds = time.perf_counter() - start
    print(f"{address}: the twin stood in after {seconds:.2f} s")
    assert seconds < 30, "it waits for no answer that does not come"
    assert backbone.card.name == backbone.origin.name == "tf_efficientnet_lite0.packaged_in1k"
    assert backbone.origin.via == "package"
    assert backbone.origin.pinned
    sentence = backbone.origin.sentence
    assert "tf_efficientnet_lite0.in1k is not available (The Hub cannot be reached" in sentence
    assert "twin stands in" in sentence
    availability = weights.availability("tf_efficientnet_lite0.in1k")
    assert availability.ready
    assert availability.via == "package"
    assert "twin stands in" in availability.why
    assert weights.backbone("tf_efficientnet_lite0.in1k").module is backbone.module


@pytest.mark.parametrize("address", ["dead_url", "silent_url"])
def test_unreachable_hub_without_a_twin(request, make_weights, address):
    url = request.getfixturevalue(address)
    weights = make_weights(url)
    start = time.perf_counter()
    with pytest.raises(e.HubUnreachable, match="cannot be reached") as caught:
        weights.backbone(NAME)
    assert time.perf_counter() - start < 30
    assert url in str(caught.value)
    start = time.perf_counter()
    assert not weights.availability("vit_tiny_patch8_112.arcface_ms1mv3").ready
    assert time.perf_counter() - start < 2.5, "one silent answer is enough for every file"


def test_hanging_name_look_up(make_weights, monkeypatch):
    """Resolving a name knows no time limit of its own."""
    monkeypatch.setattr("weights.hub.LIMIT", 1.0)
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kw: release.wait(60) and [])
    start = time.perf_counter()
    with pytest.raises(e.HubUnreachable, match="within 2 s"):
        make_weights("http://hub.invalid").backbone(NAME)
    assert time.perf_counter() - start < 30
    release.set()


def test_server_error_and_foreign_server(tiny_hub, make_weights):
    tiny_hub.faults[WEIGHTS] = Fault(status=503)
    with pytest.raises(e.HubUnreachable, match="503"):
        make_weights(tiny_hub.url).backbone(NAME)


def test_offline(tiny_hub, make_weights):
    with pytest.raises(e.OfflineNotCached, match="HF_HUB_OFFLINE"):
        make_weights(tiny_hub.url, offline=True).backbone(NAME)
    assert tiny_hub.log == []
    make_weights(tiny_hub.url).backbone(NAME)
    tiny_hub.log.clear()
    weights = make_weights(tiny_hub.url, offline=True)
    assert weights.offline
    assert weights.availability(NAME).via == "cache"
    assert weights.backbone(NAME).origin.via == "cache"
    assert weights.backbone("tf_efficientnet_lite0.in1k").origin.via == "package"
    assert tiny_hub.log == []


@pytest.mark.parametrize(
    ("number", "says"), [(errno.ENOSPC, "no space left"), (errno.EROFS, "cannot be written")]
)
def test_cache_that_cannot_be_written(tiny_hub, make_weights, monkeypatch, number, says):
    def fail(*args, **kwargs):
        raise OSError(number, "told so")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", fail)
    with pytest.raises(e.CacheNotWritable, match=says):
        make_weights(tiny_hub.url).backbone(NAME)


def test_availability_asks_once_a_minute(tiny_hub, make_weights, monkeypatch):
    weights = make_weights(tiny_hub.url)
    assert weights.availability(NAME) == weights.availability(NAME)
    assert weights.availability(NAME).via == "hub"
    assert [seen.method for seen in tiny_hub.log] == ["HEAD"]
    monkeypatch.setattr("weights.hub.BELIEVE", 0.0)
    weights.availability(NAME)
    assert len(tiny_hub.log) == 2


def test_files_that_do_not_fit(tiny_hub, make_weights, tiny_files, tmp_path, with_config):
    import safetensors.torch
    import torch

    body = tiny_files["model.safetensors"]
    cases = {
        "not safetensors": ({**tiny_files, "model.safetensors": b"GIF89a" * 50}, e.BadWeightsFile),
        "empty": ({**tiny_files, "model.safetensors": b""}, e.BadWeightsFile),
        "truncated": ({**tiny_files, "model.safetensors": body[:-100]}, e.BadWeightsFile),
        "broken header": (
            {**tiny_files, "model.safetensors": b"\xff" * 8 + body[8:]},
            e.BadWeightsFile,
        ),
        "other size": (
            with_config(tiny_files, num_classes=9, model_args={}),
            e.TensorMismatch,
        ),
        "head not loaded": (
            with_config(tiny_files, num_classes=9, model_args={"num_classes": 7}),
            e.TensorMismatch,
        ),
        "other network": (with_config(tiny_files, architecture="test_vit"), e.BadConfig),
        "other tensors": (
            {**tiny_files, "model.safetensors": safetensors.torch.save({"x": torch.zeros(3)})},
            e.TensorMismatch,
        ),
        "no such": (with_config(tiny_files, architecture="nonet"), e.UnknownArchitecture),
        "no JSON": ({**tiny_files, "config.json": b"{"}, e.BadConfig),
        "a list": ({**tiny_files, "config.json": b"[]"}, e.BadConfig),
        "sly": (with_config(tiny_files, model_args={"checkpoint_path": "/x"}), e.BadConfig),
        "odd": (with_config(tiny_files, model_args={"no_such_argument": 1}), e.BadConfig),
        "odd cfg": (with_config(tiny_files, pretrained_cfg={"no_such": 1}), e.BadConfig),
    }
    for case, (files, error) in cases.items():
        weights = make_weights(tiny_hub.url)
        name = f"tiny/{case.replace(' ', '_')}"
        tiny_hub.add(name, files)
        weights.register(name=f"a.{case.replace(' ', '_')}", source=f"hub:{name}")
        with pytest.raises(error):
            weights.backbone(f"a.{case.replace(' ', '_')}")


def test_a_cache_without_links_serves_offline(tiny_hub, make_weights, monkeypatch, tmp_path):
    """As on Windows, where a user may seldom make links: the digest is written down instead."""
    monkeypatch.setattr("huggingface_hub.file_download.are_symlinks_supported", lambda _: False)
    online = make_weights(tiny_hub.url).backbone("test_resnet.tiny")
    kept = [p for p in (tmp_path / "cache").rglob("*.safetensors") if p.is_file()]
    assert kept and not any(path.is_symlink() for path in kept), "the cache has no links"
    offline = make_weights(tiny_hub.url, offline=True)
    assert offline.backbone("test_resnet.tiny").origin.sha256 == online.origin.sha256
    for note in (tmp_path / "cache").rglob(".*.digest"):
        note.unlink()
    with pytest.raises(e.OfflineNotCached, match="is in the local cache, which does not tell"):
        make_weights(tiny_hub.url, offline=True).backbone("test_resnet.tiny")
