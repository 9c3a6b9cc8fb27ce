"""The endpoint `/activation_explorer` from a caller's side."""

from __future__ import annotations

import base64
import io
import zipfile

import numpy as np
import pytest
from gradio_client.exceptions import AppError
from PIL import Image

from tests.shared.faces.made import encoded

NETWORK = "tf_efficientnet_lite0.in1k"


@pytest.fixture
def ask(call):
    def send(layer="blocks.2", unit=9, pictures=None, backbone=NETWORK) -> dict:
        fields = dict(backbone=backbone, layer=layer, unit=unit, pictures=pictures)
        return call("activation_explorer", **fields)

    return send


@pytest.fixture
def pictures(tmp_path):
    """Ten pictures of one spot each, all else black."""
    path = tmp_path / "spots.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(10):
            pixels = np.zeros((224, 224, 3), np.uint8)
            pixels[20 * i + 5 : 20 * i + 20, 100:120] = (255, 40 + 20 * i, 30)
            archive.writestr(f"spot {i}.png", encoded(Image.fromarray(pixels), "PNG"))
    return path


def test_the_patches_of_a_unit_over_ones_own_pictures(ask, pictures):
    answer = ask(pictures=pictures)
    assert answer["layer"] == "blocks.2" and answer["units"] == 40 and answer["field"] == [67, 67]
    assert answer["pictures"] == 10 and answer["size"] == [224, 224]
    assert "blocks.4" in answer["layers"]
    patches = answer["patches"]
    values = [patch["value"] for patch in patches]
    assert len(patches) == 9 and values == sorted(values, reverse=True)
    assert len({patch["picture"] for patch in patches}) == 9, "a picture counts once"
    for patch in patches:
        top, left, bottom, right = patch["box"]
        assert 0 <= top < bottom <= 224 and 0 <= left < right <= 224
        assert bottom - top <= 67 and right - left <= 67
        data = base64.b64decode(patch["image"].partition(",")[2])
        assert Image.open(io.BytesIO(data)).size == (right - left, bottom - top)


def test_without_a_layer_the_middle_stage_answers(ask, pictures):
    assert ask(layer="", unit=3, pictures=pictures)["layer"] == "blocks.2"


def test_a_bad_zip_is_named_and_gone(ask, tmp_path):
    path = tmp_path / "no.zip"
    path.write_bytes(b"PK not really")
    with pytest.raises(AppError, match="zip"):
        ask(pictures=path)
