"""Fit where YuNet's five points lie in dlib's 150-px chip: medians over the faces of folders.

    python -m tests.benchmarks.fit_alignment FOLDER...

dlib's own chip is defined by its own five landmarks, which the product no longer looks for. So each
face is found by dlib too, its chip is laid out as dlib does it, and YuNet's points are carried into
that chip, of the picture as it is and of its mirror image, since either detector may prefer a side.
It prints the medians, the spread, and how far apart the constants in `align.py` are; and how far
the tip of the nose stands out before the eyes, where its base does so by 0.3 of the distance
between the outer eye corners, for the yaw in `quality.py`.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import dlib
import numpy as np

from plugins.shared.faces.align import TEMPLATES
from plugins.shared.faces.detect import DETECTOR, detector
from plugins.shared.files.pictures import read_picture
from tests.shared.faces import real
from weights import Weights
from weights.errors import ParagoneError

CHIP, PADDING = 150, 0.25


def in_chip(shape: dlib.full_object_detection, points: np.ndarray) -> np.ndarray:
    """Points (N, 2) of the picture, in pixels of dlib's chip for a face with these landmarks."""
    details = dlib.get_face_chip_details(shape, CHIP, PADDING)
    rect, turn = details.rect, np.exp(-1j * details.angle)
    centre = complex(rect.center().x, rect.center().y)
    moved = (points @ (1, 1j) - centre) * turn * CHIP / rect.width()
    return np.stack([moved.real, moved.imag], axis=1) + CHIP / 2


def base_of_nose(shape: dlib.full_object_detection) -> float:
    """How far it lies beside the middle of the outer eye corners, in shares of their distance."""
    right, _, left, _, base = (complex(p.x, p.y) for p in shape.parts())
    return ((base - (right + left) / 2) / (right - left)).real


def tip_of_nose(landmarks: tuple[tuple[float, float], ...]) -> float:
    """The same of its tip and the eyes."""
    left, right, tip = (complex(*point) for point in landmarks[:3])
    return ((tip - (left + right) / 2) / (right - left)).real


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    find = detector(Weights().file(DETECTOR).path)
    hog, predict = dlib.get_frontal_face_detector(), dlib.shape_predictor(real.dlib_landmarks())
    found, noses = [], []
    for path in (p for folder in parser.parse_args().folders for p in sorted(folder.rglob("*"))):
        try:
            read = read_picture(path)
        except ParagoneError:
            continue
        mirrored = replace(read, pixels=np.ascontiguousarray(read.pixels[:, ::-1]))
        for picture in (read, mirrored):
            for box in list(hog(picture.pixels, 1))[:1]:
                for face in find(picture)[:1]:
                    shape = predict(picture.pixels, box)
                    points = in_chip(shape, np.array(face.landmarks))
                    if math.dist(points[:2].mean(axis=0), (74, 46)) < 20:  # One and the same face.
                        found.append(points)
                        noses.append((base_of_nose(shape), tip_of_nose(face.landmarks)))
    medians, spread = np.median(found, axis=0), np.std(found, axis=0)
    print(f"{len(found)} faces; medians {medians.round(1).tolist()}")
    print(f"standard deviation {spread.round(1).tolist()}")
    apart = np.abs(medians - TEMPLATES["dlib-150"][0]).max()
    base, tip = np.transpose(noses)
    print(f"the tip of the nose stands out by {0.3 * (base @ tip) / (base @ base):.3f}")
    print(f"the constants in align.py are {apart:.2f} pixels away at most")


if __name__ == "__main__":
    main()
