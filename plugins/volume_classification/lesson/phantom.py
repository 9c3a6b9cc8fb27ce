"""A simulated piece of lung: is the round spot in the middle of the central slice a nodule, or a
vessel seen end-on?

A single slice cannot tell, and that is built in: all that is random is drawn before the class is
looked at, and the class decides only how the spot goes on above and below. So the same seed gives
both classes the same central slice, voxel for voxel.

- A nodule ends within a few slices: its radius follows an ellipse.
- A vessel goes on through all slices, a little oblique, curved and of changing calibre.

Beside the spot there is always its counterpart, drawn from the same distribution and of the other
class: whatever is counted over the whole volume (how bright it is, how many vessels there are) is
distributed alike in both classes. Around them there are branching vessels (each branch thinner by
Murray's law, the cubes of the radii of the branches adding up to the cube of the parent's) and
other nodules. Values are like Hounsfield units: lung near -850, tissue near 30. Every slice has
noise that is correlated within it, as reconstructed CT has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugins.volume_classification.data.units import HOUNSFIELD
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from weights.messages import say

CLASSES = ("nodule", "vessel")
NODULE, VESSEL = 0, 1
SIZE = 32
LUNG, TISSUE = -850.0, 30.0
"""Hounsfield units of what is empty and of what is solid."""
FREE = 5.0
"""Voxels around the axes of both spots that other structures stay clear of."""
APART = (8.0, 9.5)
"""Voxels between the axes of the two spots."""
TITLE = "CT phantom (simulated)"


@dataclass(frozen=True)
class Spot:
    """What the spot is made of, whatever it is.

    Attributes:
        centre: (y, x) in the central slice, voxels from the middle.
        radius: In the central slice, voxels.
        drift: (dy, dx) by slice. `bend`: the same by slice squared.
        reach: Slices from the centre to the nodule's end.
        calibre: Amplitude, slices a turn and phase of the vessel's change of radius.
        edge: Softness of the edge, voxels.
        solid: Share of tissue in it, 0..1.
    """

    centre: np.ndarray
    radius: float
    drift: np.ndarray
    bend: np.ndarray
    reach: float
    calibre: tuple[float, float, float]
    edge: float
    solid: float

    def radius_at(self, z: np.ndarray, label: int) -> np.ndarray:
        """Radius in slices z from the centre, below zero beyond a nodule's end; `radius` at z 0 in
        both classes.
        """
        if label == NODULE:
            inside = np.sqrt(np.clip(1 - (z / self.reach) ** 2, 0, None))
            beyond = np.clip(np.abs(z) - self.reach, 0, None)
            return self.radius * inside - 2 * beyond
        amplitude, turn, phase = self.calibre
        change = np.sin(2 * np.pi * z / turn + phase) - np.sin(phase)
        return self.radius * (1 + amplitude * change)

    def axis(self, z: np.ndarray) -> np.ndarray:
        """(len(z), 2): the middle of the spot in slices z from the centre."""
        return self.centre + z[:, None] * self.drift + (z**2)[:, None] * self.bend


def phantom(seed: int, label: int, size: int = SIZE) -> Volume:
    """One simulated volume with voxels of 1 mm.

    Args:
        seed: The same seed and class give the same volume, and the same seed the same central
            slice (index size // 2) in both classes.
        label: `NODULE` or `VESSEL`.
    """
    values = _volume(np.random.default_rng(seed), label, size)
    note = "Simulated: not a scan of anybody."
    name = f"simulated {CLASSES[label]} {seed}"
    return Volume(values, name=name, notes=(note,), units=HOUNSFIELD)


def spot_centre(seed: int) -> tuple[float, float]:
    """(y, x) of the spot in the central slice of a phantom, voxels from the middle."""
    y, x = _spots(np.random.default_rng(seed))[0].centre
    return float(y), float(x)


def spot_axis(seed: int, size: int = SIZE) -> np.ndarray:
    """(size, 2): where in each slice of a phantom the spot's axis is, (y, x) as indices; the same
    in both classes.
    """
    z = np.arange(size) - size // 2
    return _spots(np.random.default_rng(seed))[0].axis(z) + (size - 1) / 2


def phantoms(count: int, seed: int = 0, size: int = SIZE) -> VolumeSet:
    """A set of simulated volumes, both classes as often as each other up to one."""
    labels = np.random.default_rng((seed, 1)).permutation(np.arange(count) % 2)
    values = np.stack(
        [
            _volume(np.random.default_rng((seed, 2, i)), int(label), size)
            for i, label in enumerate(labels)
        ]
    )
    names = tuple(say("simulated {value}", value=i + 1) for i in range(count))
    notes = ("Simulated: not scans of anybody.",)
    known = {"units": HOUNSFIELD, "symmetry": "plane"}
    return VolumeSet(values, labels, CLASSES, names, notes=notes, title=TITLE, **known)


def _volume(rng: np.random.Generator, label: int, size: int) -> np.ndarray:
    """(size, size, size) float32. Every draw is made before the label is used."""
    spots = _spots(rng)
    segments = _surroundings(rng, size, spots)
    noise = _noise(rng, size)
    tissue = _drawn(segments, size)
    for spot, its in zip(spots, (label, 1 - label), strict=True):
        tissue = np.maximum(tissue, _spot_drawn(spot, its, size))
    return (LUNG + (TISSUE - LUNG) * tissue + noise).astype(np.float32)


def _spots(rng: np.random.Generator) -> tuple[Spot, Spot]:
    """The spot in the middle and its counterpart, beside it at a right angle to where both drift,
    so that they neither meet nor leave the volume.
    """
    centre = rng.uniform(-2, 2, 2)
    towards = rng.uniform(0, 2 * np.pi)
    way = np.array([np.sin(towards), np.cos(towards)])
    aside = np.array([way[1], -way[0]]) * rng.choice((-1, 1)) * rng.uniform(*APART)
    drift = np.tan(np.radians(rng.uniform(0, 22))) * way
    bend = rng.normal(0, 0.006, 2)
    return _spot(rng, centre, drift, bend), _spot(rng, centre + aside, drift, bend)


def _spot(
    rng: np.random.Generator, centre: np.ndarray, drift: np.ndarray, bend: np.ndarray
) -> Spot:
    return Spot(
        centre=centre,
        radius=rng.uniform(1.8, 3.2),
        drift=drift,
        bend=bend,
        reach=rng.uniform(2.5, 6.0),
        calibre=(rng.uniform(0, 0.2), rng.uniform(8, 20), rng.uniform(0, 2 * np.pi)),
        edge=rng.uniform(0.35, 0.6),
        solid=rng.uniform(0.6, 1.0),
    )


def _spot_drawn(spot: Spot, label: int, size: int) -> np.ndarray:
    """(size, size, size) share of tissue, 0..1."""
    z = (np.arange(size) - size // 2).astype(np.float32)
    y = x = (np.arange(size) - (size - 1) / 2).astype(np.float32)
    axis = spot.axis(z).astype(np.float32)
    radius = spot.radius_at(z, label).astype(np.float32)
    distance = np.hypot(
        y[None, :, None] - axis[:, 0, None, None], x[None, None, :] - axis[:, 1, None, None]
    )
    inside = (radius[:, None, None] - distance) / spot.edge
    return spot.solid / (1 + np.exp(-np.clip(inside, -30, 30)))


Segment = tuple[np.ndarray, np.ndarray, float, float]
"""From, to (z, y, x from the middle), radius, share of tissue."""


def _surroundings(rng: np.random.Generator, size: int, spots: tuple[Spot, Spot]) -> list[Segment]:
    """Vessel trees and nodules, none of which comes near a spot's axis."""
    found: list[Segment] = []
    trees, nodules = int(rng.integers(1, 4)), int(rng.integers(0, 4))
    for i in range(trees + nodules):
        for _ in range(20):
            new = _tree(rng, size) if i < trees else [_nodule(rng, size)]
            if all(_clear(one, spot) for one in new for spot in spots):
                found += new
                break
    return found


def _tree(rng: np.random.Generator, size: int) -> list[Segment]:
    """A vessel that comes in through a side and divides at most twice."""
    half = size / 2
    start = rng.uniform(-half, half, 3)
    start[rng.integers(3)] = half * rng.choice((-1, 1))
    aim = rng.uniform(-0.6, 0.6, 3) * half
    solid = rng.uniform(0.6, 1.0)
    grown, tips = [], [(start, aim - start, rng.uniform(1.2, 2.6))]
    for generation in range(3):
        later = []
        for begin, towards, radius in tips:
            length = rng.uniform(0.35, 0.6) * size if generation < 2 else 2.0 * size
            way = towards / (np.linalg.norm(towards) + 1e-9)
            end = begin + length * way
            grown.append((begin, end, radius, solid))
            share = rng.uniform(0.3, 0.7)
            for part in (share, 1 - share):
                turn = way + rng.normal(0, 0.45, 3)
                later.append((end, turn, radius * part ** (1 / 3)))
        tips = later if generation == 0 or rng.random() < 0.3 else []
    return grown


def _nodule(rng: np.random.Generator, size: int) -> Segment:
    place = rng.uniform(-size / 2, size / 2, 3)
    longer = rng.normal(0, 0.8, 3)
    return place - longer, place + longer, rng.uniform(1.5, 3.5), rng.uniform(0.6, 1.0)


def _clear(segment: Segment, spot: Spot) -> bool:
    start, end, radius, _ = segment
    along = start + np.linspace(0, 1, 40)[:, None] * (end - start)
    near = np.linalg.norm(along[:, 1:] - spot.axis(along[:, 0]), axis=1)
    return bool((near > radius + FREE).all())


def _drawn(segments: list[Segment], size: int, edge: float = 0.5) -> np.ndarray:
    """(size, size, size) share of tissue, 0..1."""
    result = np.zeros((size,) * 3, np.float32)
    side = np.arange(size, dtype=np.float32)
    middle = np.array([size // 2, (size - 1) / 2, (size - 1) / 2], np.float32)
    for start, end, radius, solid in segments:
        margin = radius + 5 * edge
        low = np.clip(np.floor(np.minimum(start, end) + middle - margin), 0, size).astype(int)
        high = np.clip(np.ceil(np.maximum(start, end) + middle + margin) + 1, 0, size).astype(int)
        if (low >= high).any():
            continue
        part = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        z, y, x = np.ix_(*(side[a:b] for a, b in zip(low, high, strict=True)))
        way = (end - start).astype(np.float32)
        from_z, from_y, from_x = (p - c for p, c in zip((z, y, x), start + middle, strict=True))
        share = (from_z * way[0] + from_y * way[1] + from_x * way[2]) / max(way @ way, 1e-6)
        share = np.clip(share, 0, 1)
        distance = np.sqrt(
            (from_z - share * way[0]) ** 2
            + (from_y - share * way[1]) ** 2
            + (from_x - share * way[2]) ** 2
        )
        tissue = solid / (1 + np.exp(np.clip((distance - radius) / edge, -30, 30)))
        result[part] = np.maximum(result[part], tissue)
    return result


def _noise(rng: np.random.Generator, size: int) -> np.ndarray:
    """(size, size, size) Hounsfield units: correlated in the slice, and a slow shading."""
    strength = rng.uniform(25, 60)
    grain = rng.standard_normal((size, size, size), dtype=np.float32)
    for axis in (1, 2):
        grain = (np.roll(grain, 1, axis) + 2 * grain + np.roll(grain, -1, axis)) / np.sqrt(6)
    slopes = rng.normal(0, 20, 3) / size
    ramp = np.arange(size) - size / 2
    shading = slopes[0] * ramp[:, None, None] + slopes[1] * ramp[:, None] + slopes[2] * ramp
    return strength * grain + shading
