"""Settings that cannot be used, for every task: one clear error from a caller's side."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from gradio_client.exceptions import AppError
from PIL import Image

from tests.shared.faces.made import encoded

LITE0 = {"backbone": "tf_efficientnet_lite0.in1k", "layer": "blocks.2", "unit": 9}
CASES = [
    ("signal_classification", {"settings": "{"}, "no JSON"),
    ("signal_classification", {"settings": {"colour": 1}}, "no such setting"),
    ("signal_classification", {"settings": {"budget": -1}}, "0.1 to "),
    ("signal_classification", {"settings": {"network": "magic"}}, "resnet"),
    ("style_transfer", {"settings": "{"}, "no JSON"),
    ("style_transfer", {"settings": "[]"}, "no JSON object"),
    ("style_transfer", {"settings": {"brush": 1}}, "no such setting"),
    ("style_transfer", {"settings": {"size": 8}}, "64 to 1024"),
    ("style_transfer", {"settings": {"size": 64, "content_layer": "layer1"}}, "layer1"),
    ("style_transfer", {"settings": {"backbone": "resnet18"}}, "no such network"),
    ("style_transfer", {"settings": {"size": 64, "alpha": 0, "beta": 0}}, "nothing to paint"),
    ("triplet_finetuning", {"settings": "not json"}, "no JSON"),
    ("triplet_finetuning", {"settings": "[1]"}, "no JSON object"),
    ("triplet_finetuning", {"settings": {"margin": -1}}, "margin"),
    ("triplet_finetuning", {"settings": {"colour": 3}}, "colour"),
    ("triplet_finetuning", {"settings": {"backbone": "resnet9000.x"}}, "no such backbone"),
    ("triplet_finetuning", {"settings": {"backbone": "dlib_resnet.faces_v1"}}, "made for faces"),
    ("activation_explorer", LITE0 | {"layer": "blocks.99"}, "no layer named"),
    ("activation_explorer", LITE0 | {"unit": 40}, "numbered 0 to 39"),
    ("activation_explorer", LITE0 | {"unit": -1}, "There is no unit -1"),
    ("activation_explorer", LITE0 | {"backbone": "nonsense"}, "no such network"),
    ("activation_explorer", LITE0 | {"backbone": "resnet18.a1_in1k"}, "resnet18"),
]


@pytest.fixture
def files(tmp_path):
    """What each task wants besides settings: endpoint -> fields."""
    content, style = tmp_path / "content.png", tmp_path / "style.png"
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for path in (content, style):
        path.write_bytes(encoded(Image.fromarray(noise), "PNG"))
    labelled = tmp_path / "labelled.csv"
    waves = np.sin(np.linspace(0, 6, 30)[None] * np.array([[1], [5]] * 4))
    rows = [",".join(map("{:.4f}".format, wave)) for wave in waves]
    labelled.write_text("".join(f"{'ab'[i % 2]},{row}\n" for i, row in enumerate(rows)))
    spots = tmp_path / "spots.zip"
    with zipfile.ZipFile(spots, "w") as archive:
        archive.write(content, "spot.png")
    return {
        "signal_classification": {"labelled": labelled},
        "style_transfer": {"content": content, "style": style},
        "triplet_finetuning": {},
        "activation_explorer": {"pictures": spots},
    }


@pytest.mark.parametrize(("endpoint", "fields", "words"), CASES)
def test_what_cannot_be_used_is_named(call, files, endpoint, fields, words):
    with pytest.raises(AppError, match=words):
        call(endpoint, **files[endpoint], **fields)
