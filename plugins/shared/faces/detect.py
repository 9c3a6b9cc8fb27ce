"""Find the faces of a picture and five landmarks in each.

The network is YuNet; `detection/` says what it is shown. Whatever it takes for a face is looked at
again, upright and close, and is one only if it still looks like one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from plugins.shared.faces.detection.geometry import merged, reading_order
from plugins.shared.faces.detection.looks import (
    Cancelled,
    Stop,
    candidates,
    turned_looks,
    upright_looks,
)
from plugins.shared.faces.detection.part import CloseUp, close_up, plain
from plugins.shared.faces.detection.upright import SURE, SURE_TURNED, TURNS, look_again
from plugins.shared.faces.detection.yunet import BOX, POINTS, SCORE, Yunet
from plugins.shared.files.full_size import FullSize, full_size
from plugins.shared.files.pictures import Picture
from weights.errors import ParagoneError
from weights.messages import say

DETECTOR = "yunet.2023mar_int8bq"
"""The detector's name in the catalogue of weights."""
MIN_FACE = 40
"""The smallest face that is compared: the box's width in pixels of the original picture."""
TINY = 16
"""What is narrower, in pixels of the original picture, is not even counted."""
NO_FACE = (
    "Use a picture that shows a face from the front, well lit and at least {least} pixels wide: "
    "turn it upright, take off a mask or dark glasses, or come nearer."
)


class FaceError(ParagoneError):
    """A picture in which no usable face was found.

    Args:
        picture: The picture, to be shown beside the message.
    """

    def __init__(
        self, what: str, *, where: str = "", todo: str = "", picture: Picture | None = None
    ):
        super().__init__(what, where=where, todo=todo)
        self.pixels = None if picture is None else picture.pixels


@dataclass(frozen=True)
class Face:
    """One detected face, or the whole picture where a network reads that.

    Attributes:
        box: Left, top, right, bottom in pixels of `Picture.pixels`.
        score: The detector's confidence, 0 to 1. 0 for a whole picture.
        landmarks: Five (x, y) points in pixels of `Picture.pixels`, as a (5, 2) tuple: the eye that
            is on the picture's left when the face is upright, the other eye, the tip of the nose,
            and the corners of the mouth, left and right. None of them for a whole picture.
        size: Width of the face in pixels of the *original* picture, before any reduction.
        number: Its number in reading order among the picture's faces, from 1.
        close_up: The pixels to cut the face from; None: those of the picture.
        by_hand: Whether a visitor placed it, whom the detector did not find. It has no score.
    """

    box: tuple[int, int, int, int]
    score: float
    landmarks: tuple[tuple[float, float], ...]
    size: int
    number: int = field(default=1, compare=False)
    close_up: CloseUp | None = field(default=None, repr=False, compare=False)
    by_hand: bool = False

    def view(self, picture: Picture) -> tuple[np.ndarray, tuple[tuple[float, float], ...]]:
        """The pixels to cut the face from, (h, w, 3) uint8, and its landmarks in them."""
        if self.close_up:
            return self.close_up.pixels, self.close_up.landmarks
        return picture.pixels, self.landmarks

    @property
    def whole(self) -> bool:
        """Whether it is the whole picture, in which no face was searched."""
        return not self.landmarks

    @property
    def large(self) -> bool:
        """Whether it is large enough to be compared; whole pictures are, at any size."""
        return self.whole or self.size >= MIN_FACE


class Faces(tuple[Face, ...]):
    """The faces of a picture, the largest first, and how they were searched for.

    Attributes:
        turns: In how many turns the picture was looked at; 0: it was not searched.
        sizes: At how many sizes.
        doubtful: How many more places look a little like a face, but not surely enough.
    """

    turns: int
    sizes: int
    doubtful: int

    def __new__(
        cls, faces: Iterable[Face] = (), turns: int = 0, sizes: int = 0, doubtful: int = 0
    ) -> Faces:
        made = super().__new__(cls, faces)
        made.turns, made.sizes, made.doubtful = turns, sizes, doubtful
        return made

    @property
    def small(self) -> int:
        """How many of the faces are too small to be compared."""
        return sum(not face.large for face in self)

    @property
    def left_out(self) -> tuple[tuple[str, int], ...]:
        """What is not compared: the reason, and how many."""
        small = (say("smaller than {least} pixels", least=MIN_FACE), self.small)
        return tuple(one for one in (small, ("doubtful", self.doubtful)) if one[1])


def whole_picture(picture: Picture, stop: Stop = lambda: False) -> Faces:
    """The picture as it is: what stands for its faces where a network reads whole pictures."""
    height, width = picture.pixels.shape[:2]
    return Faces((Face((0, 0, width, height), 0.0, (), picture.original_size[0]),))


class FaceDetector:
    """YuNet and what it is shown. Several threads may use one.

    Args:
        path: The verified file of `DETECTOR`.

    Raises:
        BadWeightsFile: OpenCV cannot read the file.
    """

    def __init__(self, path: Path):
        self._yunet = Yunet(path)

    def __call__(self, picture: Picture, stop: Stop = lambda: False) -> Faces:
        """Find every face, the largest first; empty where there is none.

        Args:
            stop: Asked before each look at the picture, and at each candidate.

        Raises:
            Cancelled: `stop` said so.
            PictureError: The picture cannot be decoded at its own size.
        """
        with full_size(picture) as full:
            return self._search(picture, full, stop)

    def _search(self, picture: Picture, full: FullSize, stop: Stop) -> Faces:
        zoom = picture.pixels.shape[1] / full.size[0]
        looks = upright_looks(self._yunet, picture.pixels, full, stop)
        sizes, turns = len(looks), 1
        found, doubtful = self._sure(full, zoom, candidates(looks), stop)
        for quarters in (1, 3, 2) if not len(found) else ():
            turns = TURNS
            looks = turned_looks(self._yunet, picture.pixels, quarters, stop)
            sure, unsure = self._sure(full, zoom, candidates(looks), stop, SURE_TURNED)
            doubtful = max(doubtful, unsure)
            found = max(found, sure, key=lambda some: some[:, SCORE].sum())
        numbers = reading_order(found[:, BOX])
        faces = [
            replace(self._face(picture, full, zoom, one), number=number)
            for one, number in zip(found, numbers, strict=True)
        ]
        return Faces(sorted(faces, key=lambda face: -face.size), turns, sizes, doubtful)

    def _sure(
        self, full: FullSize, zoom: float, seen: np.ndarray, stop: Stop, least: float = SURE
    ) -> tuple[np.ndarray, int]:
        """The candidates that are faces, (N, 15), and how many are not."""
        again = []
        for one in seen[(seen[:, 2:4] - seen[:, :2]).min(axis=1) >= TINY * zoom]:
            if stop():
                raise Cancelled
            again.append(look_again(self._yunet, full, zoom, one, least))
        sure = merged(np.array([one for one in again if one is not None]).reshape(-1, SCORE + 1))
        return sure, len(again) - sum(one is not None for one in again)

    def _face(self, picture: Picture, full: FullSize, zoom: float, seen: np.ndarray) -> Face:
        height, width = picture.pixels.shape[:2]
        left, top, right, bottom = (
            np.clip(seen[BOX], 0, (width, height, width, height)).round().astype(int)
        )
        points = seen[POINTS].reshape(5, 2)
        narrow = min(seen[2] - seen[0], seen[3] - seen[1])
        return Face(
            box=(int(left), int(top), int(right), int(bottom)),
            score=float(seen[SCORE]),
            landmarks=plain(points),
            size=round(narrow * picture.original_size[0] / width),
            close_up=close_up(full, zoom, seen[BOX], points),
        )


detector = lru_cache(maxsize=2)(FaceDetector)
"""The process's detector of one file."""


def usable(picture: Picture, faces: tuple[Face, ...], index: int = 0) -> Face:
    """The face to compare, or an error that says why there is none.

    Args:
        faces: Of the picture; what was tried is said where they are `Faces`.
        index: Which of `faces`; 0 is the largest.

    Raises:
        FaceError: No face, or one narrower than `MIN_FACE`.
    """
    if not faces:
        tried = ""
        if isinstance(faces, Faces) and faces.turns:
            tried = say(
                "We looked at {turns} turns and {n} sizes.",
                "We looked at {turns} turns and one size.",
                turns=faces.turns,
                n=faces.sizes,
            )
        todo = " ".join(filter(None, (tried, say(NO_FACE, least=MIN_FACE))))
        raise FaceError("No face was found", where=picture.name, todo=todo, picture=picture)
    if not 0 <= index < len(faces):
        what = say("There is no face {n}", n=index + 1)
        raise FaceError(what, where=picture.name, todo="Choose a box.")
    face = faces[index]
    if not face.large:
        what = "The face is only {size} pixels wide, and {least} are needed"
        raise FaceError(
            say(what, size=face.size, least=MIN_FACE),
            where=picture.name,
            todo="Use a larger copy of the picture, or come closer to the camera.",
            picture=picture,
        )
    return face
