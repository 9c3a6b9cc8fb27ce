"""The endpoint `/triplet_finetuning` from a caller's side, and its network in the face tasks."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from plugins.triplet_finetuning.data.digits import digits
from tests.shared.faces.made import encoded

QUICK = {"steps": 10, "every": 5, "identities": 4, "pictures": 4, "warm_up": 5}


@pytest.fixture
def send(call):
    def ask(pictures=None, settings=QUICK) -> dict:
        return call("triplet_finetuning", pictures=pictures, settings=settings)

    return ask


def test_digits_and_the_network_in_the_verification_task(client, send, tmp_path):
    answer = send()
    assert answer["model"].startswith("finetuned.") and len(answer["model"]) > 40
    assert answer["identities"] == 3 and answer["steps"] == 10 and answer["best_step"] <= 10
    for when in ("before", "after"):
        assert 0 <= answer[when]["recall"] <= 1
        assert 0 <= answer[when]["eer"] <= 1, "three identities carry no range"
    files = []
    for i in (7, 8):
        chip = digits().chips[np.flatnonzero(digits().labels == i)[0]]
        files.append(tmp_path / f"{i}.png")
        files[-1].write_bytes(encoded(Image.fromarray(chip), "PNG"))
    given = dict(picture_a=handle_file(str(files[0])), metric="euclidean", threshold=None)
    ask = dict(model=answer["model"], api_name="/face_verification", **given)
    twice = client.predict(picture_b=handle_file(str(files[0])), **ask)
    other = client.predict(picture_b=handle_file(str(files[1])), **ask)
    assert twice["distance"] < 1e-5 < other["distance"]
    assert twice["encoding_size"] == 128 and "held-out identities" in twice["measured_on"]
    again = send()
    assert again["model"] != answer["model"] and again["after"] == answer["after"]


def test_pictures_of_ones_own(send, tmp_path):
    path = tmp_path / "shapes.zip"
    with zipfile.ZipFile(path, "w") as out:
        for i in range(6):
            for k in range(4):
                chip = digits().chips[np.flatnonzero(digits().labels == i)[k]]
                out.writestr(f"Ψηφίο {i}/{k}.png", encoded(Image.fromarray(chip), "PNG"))
    answer = send(path)
    assert answer["identities"] == 2 and answer["pictures"] == 8


def test_a_bad_zip_is_named_and_gone(send, tmp_path):
    for name, data, words in (
        ("no.zip", b"PK not really", "zip"),
        ("one.zip", None, "1 identity"),
    ):
        path = tmp_path / name
        if data is None:
            with zipfile.ZipFile(path, "w") as out:
                for k in range(3):
                    picture = encoded(Image.new("RGB", (40, 40), (k, 9, 9)), "PNG")
                    out.writestr(f"me/{k}.png", picture)
                out.writestr("you/1.png", picture)
        else:
            path.write_bytes(data)
        with pytest.raises(AppError, match=words):
            send(path)
