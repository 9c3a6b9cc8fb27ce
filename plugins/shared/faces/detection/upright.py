"""A second look at a candidate: upright, alone and at the size that the network sees best.

A tilt spoils YuNet's points, and with them the encoding, well before it spoils the box. Turned
upright by its own points and seen again, a face has good points. They are the mean of those in the
face and in its mirror image: YuNet takes faces to be tilted by 1.4 degrees more to one side. And
what is no face mostly is not seen so again: lamps, cartoons and nebulas that scored up to 0.86 come
to 0.78 at most over four looks, a dog's face to 0.84, masked faces to 0.89 (median of 18).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from plugins.shared.faces.detection.geometry import back, mirror_image, roll, turned
from plugins.shared.faces.detection.part import Part
from plugins.shared.faces.detection.yunet import BOX, SCORE, Yunet
from plugins.shared.files.full_size import FullSize

SIDE = 256
"""Side of the square that is looked at, in pixels."""
SHARE, OTHER_SHARES = 0.4, (0.3, 0.55)
"""Of the square that the longer side of the box takes."""
STRAIGHT = 5.0
"""Degrees; a face that is seen this straight has its final points."""
STRONG, CERTAIN = 0.8, 0.9
"""Seen with such scores at the first and at the second look, a face needs no further one."""
SURE, SURE_AT_EDGE, SURE_TURNED = 0.85, 0.8, 0.87
"""The least mean over all looks at what is taken for a face: in a picture as it stands; at its
edge, which cuts faces in half; and in one that was turned because nothing was found, where more
places are looked at."""
TURNS = 8
REACH, MOST = 2.2, 600
"""Of the part that is cut out once for all looks at one candidate; see `Part`."""


def look_again(
    yunet: Yunet, full: FullSize, zoom: float, candidate: np.ndarray, least: float = SURE
) -> np.ndarray | None:
    """The face with its final points and score, whichever way it is turned; None where it is not
    surely one.

    Args:
        zoom: Pixels of the picture, as the candidate counts them, for one of `full`.
        least: The least mean score.
    """
    looks = _Looks(yunet, Part(full, zoom, candidate[BOX], REACH, MOST))
    best = looks.seen(candidate, roll(candidate))
    certain = best is not None and best[SCORE] >= CERTAIN
    if not certain:
        turns = (looks.seen(candidate, 360 / TURNS * turn) for turn in range(TURNS))
        seen = [one for one in (best, *turns) if one is not None]
        best = max(seen, key=lambda one: one[SCORE], default=None)
    for _ in range(2):
        if best is None:
            return None
        tilt = roll(best)
        best = looks.seen(best, tilt)
        if best is not None and abs((roll(best) - tilt + 180) % 360 - 180) < STRAIGHT:
            break
    if best is None:
        return None
    sure = certain and candidate[SCORE] >= STRONG and best[SCORE] >= CERTAIN
    scores = [best[SCORE]] if sure else [best[SCORE], *looks.other_scores(best)]
    mirrored = looks.seen(best, roll(best), mirrored=True)
    if mirrored is not None:
        best = (best + mirrored) / 2
    if not sure:
        scores.append(0.0 if mirrored is None else mirrored[SCORE])
    best[SCORE] = np.mean(scores)
    edges = np.array(full.size) * zoom
    if least == SURE and not (best[:2] > 0).all() & (best[2:4] < edges).all():
        least = SURE_AT_EDGE
    return best if best[SCORE] >= least else None


class _Looks:
    """Looks at one candidate."""

    def __init__(self, yunet: Yunet, part: Part):
        self.yunet, self.part = yunet, part

    def seen(self, sighting: np.ndarray, tilt: float, mirrored: bool = False) -> np.ndarray | None:
        """The face as it is seen when it is turned back by so many degrees, in the picture."""
        matrix = self._matrix(sighting, tilt, SHARE)
        square = self._square(matrix)
        found = self._best(square[:, ::-1] if mirrored else square, SHARE)
        found = mirror_image(found, SIDE) if mirrored else found
        return self.part.outside(back(found, matrix))[0] if len(found) else None

    def other_scores(self, sighting: np.ndarray) -> Iterator[float]:
        """The scores of the face in smaller and larger squares; 0: not seen."""
        tilt = roll(sighting)
        for share in OTHER_SHARES:
            square = self._square(self._matrix(sighting, tilt, share))
            yield self._best(square, share)[:, SCORE].sum()

    def _matrix(self, sighting: np.ndarray, tilt: float, share: float) -> np.ndarray:
        low, high = sighting[:2], sighting[2:4]
        length = max(*(high - low), 1e-6) * self.part.zoom
        middle = complex(*self.part.inside((low + high) / 2))
        return turned(tilt, middle, (SIDE, SIDE), SIDE * share / length)

    def _square(self, matrix: np.ndarray) -> np.ndarray:
        import cv2

        return cv2.warpAffine(self.part.pixels, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)

    def _best(self, square: np.ndarray, share: float) -> np.ndarray:
        """The surest sighting in the middle of the square, (1, 15), or none, (0, 15)."""
        seen = self.yunet.look(square)
        away = np.abs(seen[:, :2] + seen[:, 2:4] - SIDE).max(axis=1, initial=0) / 2
        seen = seen[away < SIDE * share / 2]
        return seen[np.argsort(-seen[:, SCORE])[:1]]
