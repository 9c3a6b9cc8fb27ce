"""The endpoint `/style_transfer` from a caller's side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gradio_client.exceptions import AppError
from PIL import Image
from style_transfer.painters import painting, photograph, png

QUICK = {"size": 64, "steps": 6}


@pytest.fixture
def send(call):
    def ask(content=None, style=None, settings=QUICK):
        given = {"content": content, "style": style}
        files = {name: Path(one) for name, one in given.items() if one is not None}
        return call("style_transfer", **files, settings=settings)

    return ask


@pytest.fixture
def pair(tmp_path):
    return (
        png(photograph(), tmp_path / "content.png"),
        png(painting(), tmp_path / "style.png"),
    )


def test_a_painting(send, pair):
    picture, told = send(*pair)
    assert Image.open(picture).size == (64, 48)
    assert told["steps"] == 6 and set(told["losses"]) == {"content", "style", "total"}
    assert told["weights"]["name"] == "tf_efficientnet_lite0.packaged_in1k"
    assert told["weights"]["why"], "a stand-in is said"
    assert told["settings"]["size"] == 64


def test_alpha_grey_and_narrow_pictures(send, tmp_path, pair):
    grey = tmp_path / "grey.png"
    Image.fromarray(photograph()).convert("LA").save(grey)
    picture, _ = send(grey, pair[1])
    assert Image.open(picture).mode == "RGB"
    narrow = png(np.zeros((40, 2000, 3), np.uint8), tmp_path / "narrow.png")
    with pytest.raises(AppError, match="shorter side"):
        send(narrow, pair[1])


def test_a_picture_is_missing(send, pair):
    with pytest.raises(AppError, match="no content picture"):
        send(None, pair[1])
    with pytest.raises(AppError, match="no style picture"):
        send(pair[0], None)
