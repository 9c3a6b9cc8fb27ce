"""Loaded networks: settings, the cache, the transform, and that the packaged weights see."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from weights import Weights
from weights.errors import SettingError, WeightsError

LITE = "tf_efficientnet_lite0.packaged_in1k"
DLIB = "dlib_resnet.faces_v1"


@pytest.fixture(scope="module")
def loaded():
    return Weights(device="cpu", offline=True)


@pytest.mark.parametrize(
    ("picture", "wanted"),
    [
        ("chelsea", {"tabby", "tiger cat", "Egyptian cat"}),
        ("coffee", {"espresso", "cup", "coffee mug"}),
        ("rocket", {"missile", "projectile", "space shuttle"}),
    ],
)
def test_packaged_lite0_sees(loaded, picture, wanted):
    import torch
    from skimage import data
    from timm.data import ImageNetInfo

    pixels = getattr(data, picture)()
    side = min(pixels.shape[:2])
    top, left = ((size - side) // 2 for size in pixels.shape[:2])
    backbone = loaded.backbone(LITE)
    batch = backbone.transform(pixels[top : top + side, left : left + side])
    with torch.inference_mode():
        best = int(backbone.module(batch).argmax())
    assert ImageNetInfo().index_to_description(best).split(",")[0] in wanted


def test_ready_to_run(loaded):
    backbone = loaded.backbone(DLIB)
    assert not backbone.module.training
    assert not any(p.requires_grad for p in backbone.module.parameters())
    assert backbone is loaded.backbone(DLIB)
    assert backbone.origin.name == backbone.card.name == DLIB
    assert loaded.device == "cpu"


def test_threads_load_once_and_do_not_block_others(monkeypatch):
    import weights.load

    weights_ = Weights(device="cpu", offline=True)
    fast = weights_.backbone(DLIB)
    original, calls = weights.load.load_network, []
    started, release = threading.Event(), threading.Event()

    def slow(card, *args):
        calls.append(card.name)
        started.set()
        assert release.wait(300)
        return original(card, *args)

    monkeypatch.setattr(weights.load, "load_network", slow)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(weights_.backbone(LITE))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert started.wait(300)
    assert weights_.backbone(DLIB) is fast, "what is loaded is served while another loads"
    release.set()
    for thread in threads:
        thread.join(300)
    assert calls == [LITE]
    assert results[0] is results[1]


def test_bound_in_bytes(monkeypatch):
    size = sum(
        t.numel() * t.element_size()
        for t in Weights(device="cpu").backbone(DLIB).module.state_dict().values()
    )
    assert 22e6 < size < 23e6
    small = Weights(device="cpu", max_bytes=size)
    first = small.backbone(DLIB)
    small.backbone(LITE)
    assert small.backbone(DLIB) is not first, "the other took its place"
    none = Weights(device="cpu", max_bytes=0)
    assert none.backbone(DLIB) is not none.backbone(DLIB)


def test_settings(monkeypatch):
    import torch

    for value in ("tpu", "cuda:7"):
        monkeypatch.setenv("PARAGONE_DEVICE", value)
        with pytest.raises(SettingError, match="PARAGONE_DEVICE"):
            assert Weights().device
    monkeypatch.setenv("PARAGONE_DEVICE", "CPU")
    assert Weights().device == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("PARAGONE_DEVICE", "cuda")
    with pytest.raises(SettingError, match="torch finds none"):
        assert Weights().device
    monkeypatch.delenv("PARAGONE_DEVICE")
    assert Weights().device == "cpu"
    monkeypatch.setenv("PARAGONE_CACHE_MB", "many")
    with pytest.raises(SettingError, match="PARAGONE_CACHE_MB"):
        Weights()
    monkeypatch.setenv("PARAGONE_CACHE_MB", "1")
    weights_ = Weights(device="cpu")
    assert weights_.backbone(DLIB) is not weights_.backbone(DLIB)


def test_transform_normalises_and_resizes():
    import torch

    from weights.transform import Transform

    transform = Transform((4, 6), (0.5, 0.25, 0.0), (0.5, 0.25, 1.0), "cpu")
    grey = np.full((4, 6, 3), 51, np.uint8)
    batch = transform(grey)
    assert batch.shape == (1, 3, 4, 6)
    assert batch.dtype == torch.float32
    assert torch.allclose(batch[0, :, 0, 0], torch.tensor([-0.6, -0.2, 0.2]), atol=1e-6)
    large = np.full((40, 33, 3), 51, np.uint8)
    many = transform([grey, large, grey])
    assert many.shape == (3, 3, 4, 6)
    assert torch.allclose(many, batch.expand(3, -1, -1, -1), atol=1e-5)
    assert transform(np.stack([grey] * 5)).shape == (5, 3, 4, 6)
    edge = np.zeros((40, 60, 3), np.uint8)
    edge[:, 30:] = 255
    values = Transform((4, 6), (0.0,) * 3, (1.0,) * 3, "cpu")(edge)
    assert values.min() >= 0
    assert values.max() <= 1


def test_transform_does_not_touch_its_input():
    from weights.transform import Transform

    chip = np.arange(150 * 150 * 3, dtype=np.uint32).astype(np.uint8).reshape(150, 150, 3)
    before = chip.copy()
    Transform((150, 150), (0.5,) * 3, (0.5,) * 3, "cpu")(chip[:, ::-1])
    assert (chip == before).all()


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((4, 6, 3), np.float32),
        np.zeros((4, 6), np.uint8),
        np.zeros((4, 6, 4), np.uint8),
        [],
        [np.zeros((4, 6), np.uint8)],
        np.zeros((0, 4, 6, 3), np.uint8),
    ],
)
def test_transform_refuses(bad):
    from weights.transform import Transform

    with pytest.raises(WeightsError, match="picture"):
        Transform((4, 6), (0.5,) * 3, (0.5,) * 3, "cpu")(bad)
