"""Sightings as numbers: moved from one array of pixels to another, and merged."""

from __future__ import annotations

import numpy as np

from plugins.shared.faces.detection.yunet import BOX, POINTS, SCORE

SAME = 0.3
"""Two boxes that share so much of their union show one face."""
INSIDE = 0.65
"""A box of which so much lies in another shows a part of that face."""


def roll(sighting: np.ndarray) -> float:
    """How far a face is tilted clockwise in the picture, in degrees, -180 to 180.

    It goes by the eyes and by the line from between them to between the corners of the mouth, which
    are at right angles in a face.
    """
    points = sighting[POINTS].reshape(5, 2) @ (1, 1j)
    across = points[1] - points[0] + points[4] - points[3]
    down = points[3] + points[4] - points[0] - points[1]
    return float(np.degrees(np.angle(across - 1j * down)))


def turned(degrees: float, centre: complex, size: tuple[int, int], zoom: float = 1) -> np.ndarray:
    """The (2, 3) affine matrix that turns a picture counter-clockwise about `centre`, which becomes
    the middle of an array of `size`, (width, height).
    """
    turn = zoom * np.exp(-1j * np.radians(degrees))
    shift = complex(size[0] - 1, size[1] - 1) / 2 - turn * centre
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def back(sightings: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Sightings in an array that an affine matrix of `turned` made, in pixels of the picture.

    Points are carried over. A box keeps its centre and its size, counted along the picture's sides
    that are nearest to its own.
    """
    turn = complex(matrix[0, 0], matrix[1, 0])
    shift = complex(matrix[0, 2], matrix[1, 2])
    moved = sightings.copy()
    points = (sightings[:, POINTS].reshape(-1, 5, 2) @ (1, 1j) - shift) / turn
    moved[:, POINTS] = np.stack([points.real, points.imag], axis=-1).reshape(-1, 10)
    left, top, right, bottom = sightings[:, BOX].T
    centre = (((left + right) + 1j * (top + bottom)) / 2 - shift) / turn
    half = np.stack([right - left, bottom - top]) / 2 / abs(turn)
    if abs(turn.imag) > abs(turn.real):
        half = half[::-1]
    corners = [centre.real - half[0], centre.imag - half[1]]
    corners += [centre.real + half[0], centre.imag + half[1]]
    moved[:, BOX] = np.stack(corners, axis=1)
    return moved


def mirror_image(sightings: np.ndarray, width: int) -> np.ndarray:
    """Sightings in the mirror image of an array so wide, in pixels of the array."""
    moved = sightings.copy()
    moved[:, [0, 2]] = width - 1 - sightings[:, [2, 0]]
    points = sightings[:, POINTS].reshape(-1, 5, 2)[:, [1, 0, 2, 4, 3]]
    points[..., 0] = width - 1 - points[..., 0]
    moved[:, POINTS] = points.reshape(-1, 10)
    return moved


def scaled(sightings: np.ndarray, zoom: float, left: float = 0, top: float = 0) -> np.ndarray:
    """Sightings in an array that shows the picture from (left, top) on, `zoom` times as large, in
    pixels of the picture.
    """
    moved = sightings / zoom
    moved[:, SCORE] = sightings[:, SCORE]
    moved[:, :SCORE:2] += left
    moved[:, 1:SCORE:2] += top
    return moved


def merged(sightings: np.ndarray) -> np.ndarray:
    """One sighting for each face, the surest first: of boxes that overlap, or of which one lies in
    the other, the one with the best score is kept.
    """
    left = sightings[np.argsort(-sightings[:, SCORE], kind="stable")]
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[~_one_face(best, left)]
    return np.array(kept).reshape(-1, sightings.shape[1])


def _one_face(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:4], others[:, 2:4])
    shared = np.maximum(high - low, 0).prod(axis=1)
    area, areas = (one[2:4] - one[:2]).prod(), (others[:, 2:4] - others[:, :2]).prod(axis=1)
    least = np.maximum(np.minimum(area, areas), 1e-9)
    return (shared / (area + areas - shared + 1e-9) > SAME) | (shared / least > INSIDE)


def reading_order(boxes: np.ndarray) -> list[int]:
    """The number of each of (N, 4) boxes in reading order, from 1: row by row, each from the left.
    A box whose centre is less than half a height below that of the row's first is of that row.
    """
    middles, heights = boxes[:, 1] + boxes[:, 3], boxes[:, 3] - boxes[:, 1]
    rows: list[list[int]] = []
    for i in np.argsort(middles, kind="stable"):
        first = rows[-1][0] if rows else i
        if rows and middles[i] - middles[first] < max(heights[i], heights[first]):
            rows[-1].append(i)
        else:
            rows.append([i])
    order = [i for row in rows for i in sorted(row, key=lambda i: boxes[i, 0])]
    return [order.index(i) + 1 for i in range(len(boxes))]
