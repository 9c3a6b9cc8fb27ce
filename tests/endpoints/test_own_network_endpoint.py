"""The face endpoints with a network that somebody fine-tuned: its name is the key to it."""

from __future__ import annotations

import json
import urllib.request

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from own_house import own_house
from PIL import Image

from tests.shared.faces import own


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with own_house(tmp_path_factory.mktemp("uploads")) as house:
        yield house


@pytest.fixture(scope="module")
def client(house):
    return Client(house.url, verbose=False)


@pytest.fixture
def card(house):
    card = own.trained(house.weights)
    yield card
    house.weights.release(card.name)


@pytest.fixture
def send(tmp_path):
    """A picture of one colour as a file to send."""

    def make(who: str, copy: int):
        path = tmp_path / f"{who} {copy}.png"
        path.write_bytes(own.file(Image.fromarray(own.picture(who, copy).pixels)))
        return handle_file(path)

    return make


def compared(client, first, second, name: str) -> dict:
    return client.predict(
        picture_a=first,
        picture_b=second,
        model=name,
        metric="euclidean",
        threshold=None,
        api_name="/face_verification",
    )


def test_verification(client, card, send):
    same = compared(client, send("red", 90), send("red", 91), card.name)
    other = compared(client, send("red", 90), send("blue", 91), card.name)
    assert same["distance"] < same["threshold"] < other["distance"]
    assert (same["verdict"], other["verdict"]) == ("same person", "different people")
    assert same["model"] == card.name and same["encoding_size"] == 16
    assert same["faces_a"] == [{"box": [0, 0, 24, 24], "width": 24, "score": None, "number": 1}]
    assert same["measured_on"].startswith("Measured on the held-out identities of this run")
    assert 0 <= same["fmr"] <= 1 and 0 <= same["fnmr"] <= 1
    assert "fine-tuned in this visit; it is in memory only" in same["weights"]


def test_identification_in_ones_own_visit(house, client, card, send):
    for who in own.HUES:
        done = client.predict(
            send(who, 90), who, card.name, "visit", api_name="/face_identification_enrol"
        )
        assert done["person"] == who and done["notes"] == []
    found = client.predict(send("green", 91), card.name, api_name="/face_identification")
    assert found["faces"][0]["candidates"][0]["person"] == "green"
    assert (found["model"], found["people"]) == (card.name, 3)
    stranger = Client(house.url, verbose=False)
    alone = stranger.predict(send("green", 91), card.name, api_name="/face_identification")
    assert alone["people"] == 0 and alone["faces"][0]["candidates"] == []


def test_a_wrong_name_and_one_that_is_gone(house, client, card, send):
    for name in (card.name[:-1] + ("0" if card.name[-1] != "0" else "1"), "finetuned." + "0" * 32):
        with pytest.raises(AppError, match="no longer kept"):
            compared(client, send("red", 90), send("red", 91), name)
    with pytest.raises(AppError, match="No network for faces is called 'finetuned.x'") as caught:
        compared(client, send("red", 90), send("red", 91), "finetuned.x")
    assert card.name not in str(caught.value)
    house.weights.release(card.name)
    with pytest.raises(AppError, match="Train it again"):
        compared(client, send("red", 90), send("red", 91), card.name)
    assert [path for path in house.temp.rglob("*") if path.is_file()] == []


def test_nothing_that_the_house_publishes_tells_the_name(house, client, card, send):
    compared(client, send("red", 90), send("red", 91), card.name)  # It has been used.
    for path in ("config", "gradio_api/info", "face-verification", "face-identification", ""):
        with urllib.request.urlopen(house.url + path, timeout=300) as answer:
            text = answer.read().decode()
        assert len(text) > 500
        assert card.name not in text and card.name.split(".")[1] not in text
        assert own.TITLE not in text
    assert "finetuned" not in json.dumps(client.view_api(return_format="dict"))
