"""Several passes over one body in one series, taken apart: acquisitions, echoes, moments. Slices of
two of them must never lie in one volume.
"""

from __future__ import annotations

import numpy as np

from plugins.volume_classification.data.dicom_slice import PASSES, Slice
from plugins.volume_classification.data.dicom_stack import SAME, normal_of

NAMES = dict(
    zip(PASSES, ("acquisition", "echo", "moment", "moment", "moment", "moment"), strict=True)
)
PASS = "pass"
"""Where nothing but the order of the files tells them apart."""


def passes(group: list[Slice]) -> tuple[str, list[list[Slice]]]:
    """What a group of slices is of (a value of `NAMES`, `PASS`, or "" where it is one volume), and
    the slices of each. Copies of single slices make no pass.
    """
    counts = _places(group)
    if counts is None or len(counts) == len(group) or len(counts) < 2:
        return "", [group]
    for i, name in enumerate(PASSES):
        parts: dict[str, list[Slice]] = {}
        for one in group:
            parts.setdefault(one.passes[i], []).append(one)
        if len(parts) > 1 and all(_single(part) for part in parts.values()):
            return NAMES[name], [parts[key] for key in sorted(parts, key=_as_number)]
    if counts.min() != counts.max():
        return "", [group]
    ordered = sorted(group, key=lambda one: (_height(group, one), one.number or 0.0, one.piece))
    many = int(counts[0])
    return PASS, [ordered[i::many] for i in range(many)]


def _places(group: list[Slice]) -> np.ndarray | None:
    """How many slices lie in each place, along the body; None where it is not said."""
    normal = normal_of(group)
    if normal is None:
        return None
    heights = np.sort([np.dot(one.place, normal) for one in group])
    return np.bincount(np.concatenate([[0], np.cumsum(np.diff(heights) > SAME)]))


def _single(part: list[Slice]) -> bool:
    counts = _places(part)
    return counts is not None and len(counts) == len(part) >= 2


def _height(group: list[Slice], one: Slice) -> float:
    return round(float(np.dot(one.place, normal_of(group[:1]))), 2)


def _as_number(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text
