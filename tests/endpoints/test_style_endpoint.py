"""The endpoint `/style_transfer` from a caller's side."""

from __future__ import annotations

import json

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from serving import Server
from style_transfer.painters import painting, photograph, png

QUICK = {"size": 64, "steps": 6}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    temp = tmp_path_factory.mktemp("uploads")
    server = Server({"GRADIO_TEMP_DIR": str(temp)})
    server.temp = temp
    yield server
    server.stop()


@pytest.fixture
def send(server, tmp_path):
    client = Client(server.url, verbose=False, download_files=str(tmp_path / "down"))

    def ask(content=None, style=None, settings=QUICK):
        given = {"content": content, "style": style}
        files = {name: handle_file(str(one)) for name, one in given.items() if one is not None}
        text = settings if isinstance(settings, str) else json.dumps(settings)
        return client.predict(**files, settings=text, api_name="/style_transfer")

    return ask


@pytest.fixture
def pair(tmp_path):
    return (
        png(photograph(), tmp_path / "content.png"),
        png(painting(), tmp_path / "style.png"),
    )


def test_a_painting(send, pair, server):
    picture, told = send(*pair)
    assert Image.open(picture).size == (64, 48)
    assert told["steps"] == 6 and set(told["losses"]) == {"content", "style", "total"}
    assert told["weights"]["name"] == "tf_efficientnet_lite0.packaged_in1k"
    assert told["weights"]["why"], "a stand-in is said"
    assert told["settings"]["size"] == 64
    left = [p for p in server.temp.rglob("*.png") if p.name in ("content.png", "style.png")]
    assert left == [], "what was brought is gone"


def test_alpha_grey_and_narrow_pictures(send, tmp_path, pair):
    grey = tmp_path / "grey.png"
    Image.fromarray(photograph()).convert("LA").save(grey)
    picture, _ = send(grey, pair[1])
    assert Image.open(picture).mode == "RGB"
    narrow = png(np.zeros((40, 2000, 3), np.uint8), tmp_path / "narrow.png")
    with pytest.raises(AppError, match="shorter side"):
        send(narrow, pair[1])


@pytest.mark.parametrize(
    "settings, words",
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ({"brush": 1}, "no such setting"),
        ({"size": 8}, "64 to 1024"),
        ({**QUICK, "content_layer": "layer1"}, "layer1"),
        ({**QUICK, "backbone": "resnet18"}, "no such backbone"),
        ({**QUICK, "alpha": 0, "beta": 0}, "nothing to paint"),
    ],
)
def test_what_cannot_be_used(send, pair, settings, words):
    with pytest.raises(AppError, match=words):
        send(*pair, settings)


def test_a_picture_is_missing(send, pair):
    with pytest.raises(AppError, match="no content picture"):
        send(None, pair[1])
    with pytest.raises(AppError, match="no style picture"):
        send(pair[0], None)
