"""The quality gate of enrolment: whether a face is fit to be a reference for every later photo.

It measures what ISO/IEC 29794-5 names, in forms that need no further network, and judges against
limits. Of 455 faces (ORL and dlib's johns) none is refused for sharpness, light, contrast or size,
and 7 for pose. The limits were set with 6,022 degraded copies, tau = 0.6 and the detector and
alignment before these. With this detector every ninth face was degraded in 21 ways (`python -m
tests.benchmarks.quality_limits FOLDER... --every 9`): of 1,071 copies no face is found in 241, 56
lie beyond tau from most photos of their own person, and all 56 are refused. A blurred reference
also resembles everybody: of pairs of different people, both blurred by a 20th of the face's width,
55 % were within tau, against 1.7 % as taken (measured with the former detector).

    python -m plugins.shared.faces.quality FOLDER

prints how many of the faces of a folder each limit refuses.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from plugins.shared.faces.align import align
from plugins.shared.faces.detect import DETECTOR, Face, detector, usable
from plugins.shared.files.pictures import Picture, read_picture
from weights import Weights
from weights.errors import ParagoneError
from weights.messages import say

Kind = Literal["size", "sharpness", "pose", "brightness", "contrast"]

LEAST_SIZE = 60
"""Narrowest good face, in pixels. Copies of 48 px cost 0.01 of distance and of 40 px 0.02; what
they cost a network with larger chips than the embedded one is not known.
"""
LEAST_SHARPNESS = 0.3
"""The least sharp original has 0.34; copies that are blurred by a 30th of the face's width, of
which 14 of 75 are lost, have less than 0.3."""
MOST_YAW = 30.0
"""Degrees. Of 455 faces, which reach from -35 to 36, 7 lie beyond it."""
LEAST_BRIGHTNESS = 30.0
"""Darker copies cost 0.06 and more. So low that no skin is too dark in fair light: the darkest
original has 63.
"""
MOST_CLIPPED = 0.3
"""Copies with more of the face burnt out cost 0.09 and more; no original has above 0.06."""
LEAST_CONTRAST = 0.25
"""Copies below it cost 0.08 and more; the flattest original has 0.42."""

CHIP = 75
"""Side, in pixels, of the aligned chip that is measured, so that a picture's size plays no part."""
INNER = slice(11, 64)
"""Rows and columns of the chip that show skin, eyes, nose and mouth, and no background."""
BLUR = 2.0
WHITE = 250
NOSE_DEPTH = 0.35
"""How far the tip of the nose stands out before the eyes, in shares of the distance between these:
fitted so that the angle is that of dlib's eye corners and base of the nose, which stands out by 25
of 85 mm in an adult (`python -m tests.benchmarks.fit_alignment`).
"""


@dataclass(frozen=True)
class Quality:
    """What was measured of one face.

    Attributes:
        size: Width of the face in pixels of the original picture.
        sharpness: Share of the edges' strength that a blur of 2 px takes away at a fixed width of
            the face, 0 to 1: what is blurred already has little to lose (Crété et al. 2007).
        yaw: About how far the head is turned towards the picture's right, in degrees, from where
            the tip of the nose lies between the eyes. Pitch is not given: with five points
            a long nose and a lowered head look alike.
        roll: How far the head is tilted clockwise, in degrees. It has no limit: the alignment turns
            the face upright, and copies tilted by 40 degrees cost nothing.
        brightness: Mean luma of the face, 0 to 255.
        clipped: Share of the face that is burnt out to white, 0 to 1.
        contrast: The span of luma that holds 90 % of the face, in shares of its mean.
        score: The detector's confidence.
    """

    size: int
    sharpness: float
    yaw: float
    roll: float
    brightness: float
    clipped: float
    contrast: float
    score: float


@dataclass(frozen=True)
class Fault:
    """One thing that makes a face a poor reference.

    Attributes:
        value, limit: In the unit of the measure; `what` says which side of the limit is good.
        what: What is wrong, without a full stop.
        todo: What to do.
    """

    kind: Kind
    value: float
    limit: float
    what: str
    todo: str

    @property
    def sentence(self) -> str:
        """Both."""
        return f"{say('{what}.', what=self.what)} {say(self.todo)}"


def assess(picture: Picture, face: Face) -> Quality:
    """Measure a face."""
    chip = Image.fromarray(align(picture, face, "dlib-150")).convert("L")
    luma = np.asarray(chip.resize((CHIP, CHIP), Image.Resampling.BOX), float)
    inner = luma[INNER, INNER]
    darkest, brightest = np.percentile(inner, (5, 95))
    yaw, roll = pose(face)
    return Quality(
        size=face.size,
        sharpness=_sharpness(luma),
        yaw=yaw,
        roll=roll,
        brightness=float(inner.mean()),
        clipped=float((inner >= WHITE).mean()),
        contrast=float((brightest - darkest) / max(inner.mean(), 1.0)),
        score=face.score,
    )


def _sharpness(luma: np.ndarray) -> float:
    from scipy.ndimage import gaussian_filter

    edges, left = (
        sum(np.abs(np.diff(image[INNER, INNER], axis=axis)).sum() for axis in (0, 1))
        for image in (luma, gaussian_filter(luma, BLUR))
    )
    return float(max(0.0, 1 - left / edges)) if edges else 0.0


def pose(face: Face) -> tuple[float, float]:
    """Yaw and roll in degrees, as `Quality` has them."""
    points = np.asarray(face.landmarks) @ (1, 1j)
    eyes = points[1] - points[0]
    nose = (points[2] - (points[0] + points[1]) / 2) / eyes
    return math.degrees(math.atan(nose.real / NOSE_DEPTH)), math.degrees(np.angle(eyes))


def judge(picture: Picture, face: Face) -> tuple[Fault, ...]:
    """What is wrong with a face as a reference. A whole picture is not judged: it need not show
    one.
    """
    return () if face.whole else faults(assess(picture, face))


def faults(quality: Quality) -> tuple[Fault, ...]:
    """What is wrong with a face as a reference, the most telling first; empty where it is good."""
    q, found = quality, []

    def fault(kind: Kind, value: float, limit: float, what: str, todo: str) -> None:
        found.append(Fault(kind, value, limit, say(what, value=_cut(value), limit=limit), todo))

    if q.size < LEAST_SIZE:
        what = "The face is {value:.0f} pixels wide; {limit} or more make a better reference"
        fault("size", q.size, LEAST_SIZE, what, "Come closer or use a larger copy.")
    if q.sharpness < LEAST_SHARPNESS:
        what = "The face is blurred (sharpness {value:.2f}; {limit:.2f} or more is good)"
        todo = "Hold still, clean the lens, or use a sharper copy."
        fault("sharpness", q.sharpness, LEAST_SHARPNESS, what, todo)
    if abs(q.yaw) > MOST_YAW:
        what = (
            "The head is turned about {value:.0f}° to the picture's left; up to {limit:.0f}° is "
            "good"
        )
        if q.yaw > 0:
            what = (
                "The head is turned about {value:.0f}° to the picture's right; up to {limit:.0f}° "
                "is good"
            )
        fault("pose", abs(q.yaw), MOST_YAW, what, "Look straight into the camera.")
    if q.brightness < LEAST_BRIGHTNESS:
        what = "The face is too dark (brightness {value:.0f} of 255; {limit:.0f} or more is good)"
        fault("brightness", q.brightness, LEAST_BRIGHTNESS, what, "Turn towards the light.")
    elif q.clipped > MOST_CLIPPED:
        what = "The face is too bright: {value:.0%} of it is burnt out; up to {limit:.0%} is good"
        todo = "Avoid the flash and direct sunlight."
        fault("brightness", q.clipped, MOST_CLIPPED, what, todo)
    elif q.contrast < LEAST_CONTRAST:
        what = "The face is pale (contrast {value:.2f}; {limit:.2f} or more is good)"
        todo = "Avoid fog, backlight, and smears on the lens."
        fault("contrast", q.contrast, LEAST_CONTRAST, what, todo)
    return tuple(found)


def _cut(value: float) -> float:
    """Two decimals, cut off, so that what is below a limit is not rounded up to it."""
    return math.floor(value * 100) / 100


def main(arguments: list[str]) -> int:
    """Print what the gate says of every picture below a folder, and how often each fault is found;
    returns the exit code.
    """
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m plugins.shared.faces.quality FOLDER", file=sys.stderr)
        return 2
    find = detector(Weights().file(DETECTOR).path)
    kinds: Counter[str] = Counter()
    for path in sorted(Path(arguments[0]).rglob("*")):
        try:
            picture = read_picture(path, keep_source=True)
            found = faults(assess(picture, usable(picture, find(picture))))
        except ParagoneError as error:
            if path.is_file():
                print(f"{path.name}: {error.what}")
            continue
        kinds.update([fault.kind for fault in found] or ["good"])
        for fault in found:
            print(f"{path.parent.name}/{path.name}: {fault.sentence}")
    print(", ".join(f"{kind}: {count}" for kind, count in kinds.most_common()) or "no face")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
