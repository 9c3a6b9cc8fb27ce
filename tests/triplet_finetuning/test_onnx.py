"""The ONNX file says what the encoder says."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from plugins.triplet_finetuning.settings import Settings

INPUT = "pictures"
CHIPS = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)


@pytest.fixture(scope="module", params=["group", "batch"])
def both(request):
    from plugins.triplet_finetuning.export.onnx import onnx_bytes
    from plugins.triplet_finetuning.training.encoder import build, encode

    encoder = build(Settings(norm=request.param), None).eval()
    return onnx_bytes(encoder), encode(encoder, CHIPS)


def pixels():
    return CHIPS.transpose(0, 3, 1, 2).astype(np.float32)


def test_onnx_reads_it_and_any_number_of_pictures_go_through(both):
    import onnx
    from onnx.reference import ReferenceEvaluator

    data, expected = both
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model)
    run = ReferenceEvaluator(model).run
    found = run(None, {INPUT: pixels()})[0]
    assert found == pytest.approx(expected, abs=2e-5)
    assert run(None, {INPUT: pixels()[:1]})[0] == pytest.approx(expected[:1], abs=2e-5)


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_onnxruntime_opens_it(both):
    import onnxruntime

    data, expected = both
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    assert session.run(None, {INPUT: pixels()})[0] == pytest.approx(expected, abs=2e-5)
