"""SFace's network in torch against ONNX's own reference, and the reader against bad files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from weights import Weights
from weights.errors import BadWeightsFile

NAME = "sface_mobilefacenet.opencv_2021dec"
FLOAT32 = os.environ.get("PARAGONE_SFACE_FLOAT32", "")
"""OpenCV Zoo's face_recognition_sface_2021dec.onnx, where somebody has it."""


@pytest.fixture(scope="module")
def weights():
    return Weights(device="cpu", offline=True)


@pytest.fixture(scope="module")
def chips() -> np.ndarray:
    """Two aligned faces, one of them mirrored too, and noise."""
    from plugins.shared.faces.align import align
    from plugins.shared.faces.examples import load_example
    from tests.shared.faces import real

    faces = [align(load_example(who), real.faces(who)[0], "arcface-112") for who in real.WHO]
    noise = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    return np.stack([*faces, faces[0][:, ::-1], noise])


def ours(weights: Weights, chips: np.ndarray) -> np.ndarray:
    import torch

    backbone = weights.backbone(NAME)
    with torch.inference_mode():
        return backbone.module(backbone.transform(chips)).numpy()


def reference(path: Path | str, chips: np.ndarray) -> np.ndarray:
    """What ONNX's reference evaluator makes of the graph in the file, one chip at a time."""
    import onnx
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(onnx.load(path))
    planes = chips.transpose(0, 3, 1, 2).astype(np.float32)
    return np.concatenate([session.run(None, {"data": one[None]})[0] for one in planes])


def unit(encodings: np.ndarray) -> np.ndarray:
    return encodings / np.linalg.norm(encodings, axis=1, keepdims=True)


def test_the_same_encodings_as_the_graph_in_the_file(weights, chips):
    expected = reference(weights.file(NAME).path, chips)
    assert np.abs(ours(weights, chips) - expected).max() < 1e-4


@pytest.mark.skipif(not FLOAT32, reason="PARAGONE_SFACE_FLOAT32 names no file")
def test_near_the_float32_network(weights, chips):
    apart = unit(ours(weights, chips)) - unit(reference(FLOAT32, chips))
    assert np.linalg.norm(apart[:3], axis=1).max() < 0.04


def test_it_tells_two_people_apart(weights, chips):
    card, found = weights.card(NAME), unit(ours(weights, chips))
    assert (
        np.linalg.norm(found[0] - found[2]) < card.threshold < np.linalg.norm(found[0] - found[1])
    )
    assert (card.alignment, card.distance, card.normalise) == ("arcface-112", "euclidean", True)


def test_the_card_says_what_is_not_known(weights):
    card = weights.card(NAME)
    assert card.licence == "Apache-2.0" and "LFW 99.42 %" in card.figure and card.figure_source
    assert "313" in card.training_data and "no answer" in card.training_data


def test_timm_makes_it(weights):
    import timm
    import torch

    fresh = timm.create_model("sface_mobilefacenet").eval()
    filled = timm.create_model("sface_mobilefacenet", pretrained=True).eval()
    batch = torch.rand(2, 3, 112, 112)
    assert fresh(batch).shape == (2, 128)
    assert torch.allclose(filled(batch), weights.backbone(NAME).module(batch), atol=1e-5)
    assert not torch.allclose(filled(batch), fresh(batch), atol=1e-2)


def test_heads_and_features():
    import timm
    import torch

    bare = timm.create_model("sface_mobilefacenet", pretrained=True, num_classes=0).eval()
    batch = torch.rand(1, 3, 112, 112)
    assert bare(batch).shape == (1, 50176)
    full = timm.create_model("sface_mobilefacenet", pretrained=True).eval()
    assert torch.allclose(full.head(bare(batch)), full(batch), atol=1e-4)
    bare.reset_classifier(10)
    bare.eval()
    assert bare(batch).shape == (1, 10)
    maps = timm.create_model("sface_mobilefacenet", features_only=True, out_indices=(0, 2, 4))(
        batch
    )
    assert [tuple(m.shape[1:]) for m in maps] == [(64, 112, 112), (256, 28, 28), (1024, 7, 7)]
    assert timm.create_model("sface_mobilefacenet", global_pool="")(batch).shape == (1, 1024, 7, 7)
    with pytest.raises(ValueError, match="global_pool"):
        timm.create_model("sface_mobilefacenet", global_pool="avg")


def test_it_can_be_trained():
    import timm
    import torch

    model = timm.create_model("sface_mobilefacenet").train()
    model(torch.rand(2, 3, 112, 112)).square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


def test_every_tensor_of_the_file_is_used(weights):
    from weights.onnx_tensors import read_onnx

    tensors = read_onnx(weights.file(NAME).path)
    assert len(tensors) == 261 and tensors["pre_fc1_weight_quantized"].shape == (128, 50176)
    used = 4 * 29 + 27 + 4 * 29  # Normalisations, PReLUs, and what 29 quantised tensors consist of.
    assert used + len(["scalar_op1", "scalar_op2"]) == len(tensors)


def test_a_block_is_dequantised_as_onnx_says():
    from weights.onnx_tensors import dequantised

    tensors = {
        "w_quantized": np.array([[0, 10, -128, 127]], np.int8),
        "w_scales": np.array([[0.5, 2.0]], np.float32),
        "w_zero_point": np.array([[2, -1]], np.int8),
        "w_shape": np.array([2, 2], np.int64),
    }
    assert dequantised(tensors, "w").tolist() == [[-1.0, 4.0], [-254.0, 256.0]]


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.01, 0.5, 0.999])
def test_a_truncated_file(weights, tmp_path, share):
    from weights.onnx_tensors import read_onnx

    whole = weights.file(NAME).path.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadWeightsFile, match=r"cut\.onnx"):
        read_onnx(path)


def test_foreign_files(weights, tmp_path):
    import timm

    whole = weights.file(NAME).path.read_bytes()
    cases = {
        "text": b"not weights at all" * 1000,
        "zeros": bytes(100_000),
        "ones": b"\xff" * 100_000,
        "detector": weights.file("yunet.2023mar_int8bq").path.read_bytes(),
        "not finite": whole.replace(whole[-3000:-2900], b"\xff" * 100),
    }
    model = timm.create_model("sface_mobilefacenet")
    for name, body in cases.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(body)
        with pytest.raises(BadWeightsFile, match=rf"{name}\.onnx"):
            model.load_pretrained(path)
