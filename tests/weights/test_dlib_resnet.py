"""dlib's ResNet in torch against dlib itself, and the reader of its file against bad files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.shared.faces import real
from weights import Weights
from weights.errors import BadWeightsFile

NAME = "dlib_resnet.faces_v1"
JOHNS = Path(__file__).parents[3] / "shared/data/faces_dlib_johns"


@pytest.fixture(scope="module")
def weights():
    return Weights(device="cpu")


@pytest.fixture(scope="module")
def reference(weights):
    """dlib's own network, on chips that are already aligned."""
    import dlib

    net = dlib.face_recognition_model_v1(str(weights.file(NAME).path))
    return lambda chips: np.array([net.compute_face_descriptor(chip) for chip in chips])


@pytest.fixture(scope="module")
def bundled_chips(weights) -> np.ndarray:
    """Two aligned faces from installed packages, with mirrored and darker copies."""
    import dlib
    from matplotlib import cbook
    from skimage import data

    detector = dlib.get_frontal_face_detector()
    shape = dlib.shape_predictor(real.dlib_landmarks())
    chips = []
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        hopper = np.asarray(Image.open(file).convert("RGB"))
    for picture in (data.astronaut(), hopper):
        face = detector(picture, 1)[0]
        chip = dlib.get_face_chip(picture, shape(picture, face), 150, 0.25)
        chips += [chip, chip[:, ::-1], chip // 2]
    return np.ascontiguousarray(chips)


def ours(weights: Weights, chips: np.ndarray) -> np.ndarray:
    import torch

    backbone = weights.backbone(NAME)
    with torch.inference_mode():
        return backbone.module(backbone.transform(chips)).numpy()


def test_same_encodings_as_dlib_on_bundled_faces(weights, reference, bundled_chips):
    encodings = ours(weights, bundled_chips)
    assert encodings.shape == (6, 128)
    assert np.abs(encodings - reference(bundled_chips)).max() < 1e-5
    one_by_one = np.concatenate([ours(weights, chip) for chip in bundled_chips])
    assert np.abs(encodings - one_by_one).max() < 1e-5
    # The same network must tell the two people apart, and know their altered copies.
    distance = np.linalg.norm(encodings[:, None] - encodings[None], axis=-1)
    assert distance[:3, :3].max() < 0.6 < distance[:3, 3:].min()
    assert distance[3:, 3:].max() < 0.6


def test_same_encodings_as_dlib_on_johns(weights, reference):
    files = sorted(JOHNS.glob("*/*.jpg"))
    if len(files) < 50:
        pytest.skip(f"the data set faces_dlib_johns is not at {JOHNS}")
    chips = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
    assert chips.shape[1:] == (150, 150, 3)
    difference = np.abs(ours(weights, chips) - reference(chips)).max()
    print(f"largest difference over {len(files)} chips: {difference:.2e}")
    assert difference < 1e-5


def test_timm_makes_it(weights):
    import timm
    import torch

    from weights.dlib_resnet import DlibResNet

    fresh = timm.create_model("dlib_resnet").eval()
    filled = timm.create_model("dlib_resnet", pretrained=True).eval()
    assert isinstance(filled, DlibResNet)
    assert filled.pretrained_cfg["tag"] == "faces_v1"
    batch = torch.zeros(2, 3, 150, 150)
    assert fresh(batch).shape == (2, 128)
    assert torch.allclose(filled(batch), weights.backbone(NAME).module(batch), atol=1e-6)
    assert not torch.allclose(filled(batch), fresh(batch))


def test_heads_and_features():
    import timm
    import torch

    pooled = timm.create_model("dlib_resnet", pretrained=True, num_classes=0).eval()
    batch = torch.rand(1, 3, 150, 150)
    assert pooled(batch).shape == (1, 256)
    full = timm.create_model("dlib_resnet", pretrained=True).eval()
    assert torch.allclose(full.head(pooled(batch)), full(batch), atol=1e-6)
    pooled.reset_classifier(10)
    assert pooled(batch).shape == (1, 10)
    maps = timm.create_model("dlib_resnet", features_only=True, out_indices=(0, 2, 4))(batch)
    assert [tuple(m.shape[1:]) for m in maps] == [(32, 35, 35), (128, 8, 8), (256, 2, 2)]
    assert timm.create_model("dlib_resnet", global_pool="")(batch).shape == (1, 256, 2, 2)
    with pytest.raises(ValueError, match="global_pool"):
        timm.create_model("dlib_resnet", global_pool="max")


def test_it_can_be_trained():
    import timm
    import torch

    model = timm.create_model("dlib_resnet").train()
    model(torch.rand(2, 3, 150, 150)).square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


def test_other_sizes_do_not_break_it():
    import torch

    from weights.dlib_resnet import DlibResNet

    model = DlibResNet().eval()
    for size in (113, 128, 150, 181):
        assert model(torch.rand(1, 3, size, size + 3)).shape == (1, 128)


def test_reader(weights):
    from weights.dlib_resnet import read_dat

    tensors = list(read_dat(weights.file(NAME).path))
    assert len(tensors) == 29 * 2 + 1
    assert tensors[0].shape == (32 * (3 * 49 + 1),)
    assert tensors[-1].shape == (256, 128)


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.01, 0.5, 0.999])
def test_truncated_file(weights, tmp_path, share):
    from weights.dlib_resnet import read_dat

    whole = weights.file(NAME).path.read_bytes()
    path = tmp_path / "cut.dat"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadWeightsFile, match=r"cut\.dat"):
        list(read_dat(path))


def test_foreign_files(weights, tmp_path):
    from weights.dlib_resnet import read_dat

    whole = weights.file(NAME).path.read_bytes()
    landmarks = Path(real.dlib_landmarks())
    cases = {
        "landmarks": landmarks.read_bytes(),
        "text": b"not weights at all" * 1000,
        "right start": whole[:300] + bytes(10_000_000),
        "not finite": whole.replace(whole[20_000:20_400], b"\xff" * 400),
    }
    for name, body in cases.items():
        path = tmp_path / f"{name}.dat"
        path.write_bytes(body)
        with pytest.raises(BadWeightsFile):
            list(read_dat(path))
