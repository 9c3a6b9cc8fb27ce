"""Beats from a simulated heart, to try a network on. They are of no person.

The model is McSharry, Clifford, Tarassenko & Smith, "A dynamical model for generating synthetic
electrocardiogram signals", IEEE Trans. Biomed. Eng. 50(3), 2003 (ECGSYN): a point runs round a
circle once a beat, and bumps at fixed angles (P, Q, R, S, T) push it up and down. On the circle
itself only the angle changes, so one equation remains, which is linear in z:

    dz/dt = -sum_i a_i d_i exp(-d_i^2 / (2 b_i^2)) - (z - z0),   d_i = theta - theta_i

The paper's waves are those of a normal lead II. ECG5000 was taken in another lead, where S is deep;
`SHAPES` have waves that were set here so that beats look like that set's classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugins.signal_classification.data.signal_set import SignalSet
from weights.messages import say

RATE = 256
"""Steps a second of the integration."""
LENGTH = 140
"""Samples of a beat in ECG5000's form, from one S wave to the next."""
BREATH, SWAY = 0.25, 0.005
"""The baseline sways with the breath: times a second, and by how much (paper: 0.15 mV)."""
WARM_UP = 3
"""Beats that are thrown away, until z has forgotten where it began."""
VARIED = 0.12
"""Standard deviation of each wave's height from beat to beat, as a share of it."""
NOISE = 0.03
"""Standard deviation of the noise, as a share of the beat's own."""


@dataclass(frozen=True)
class Shape:
    """The waves of a kind of beat.

    Attributes:
        name: For people: what is seen, no diagnosis.
        like: The class of ECG5000 that it was drawn after.
        angles: Degrees, where each wave lies; R is at 0.
        heights: a_i of each. `widths`: b_i of each, in radians.
        early: The next beat comes so much earlier, as a share of a beat.
    """

    name: str
    like: str
    angles: tuple[float, ...]
    heights: tuple[float, ...]
    widths: tuple[float, ...]
    early: float = 0.0


SHAPES = (
    Shape(
        "P wave, narrow beat", "1",
        (-85, -30, -10, 18, 105), (8.0, -1.5, 14.0, -62.0, -0.9), (0.16, 0.25, 0.1, 0.1, 0.45),
    ),
    Shape(
        "no P wave, the next beat early", "2",
        (-60, -15, 0, 18, 130), (0.8, 0.0, 5.0, -24.0, -0.5), (0.6, 0.1, 0.15, 0.22, 0.6),
        early=0.07,
    ),
)  # fmt: skip


def beats(shape: Shape, count: int, seed: int = 0, pulse: float = 70.0) -> np.ndarray:
    """(count, LENGTH) float32: beats one after another, each with mean 0 and deviation 1.

    Args:
        pulse: Beats a minute; each beat is up to a tenth shorter or longer.
    """
    rng = np.random.default_rng(seed)
    total = count + WARM_UP + 1
    lasting = 60 / pulse * (1 + 0.03 * rng.standard_normal(total).clip(-3, 3))
    steps = np.maximum((lasting * RATE).astype(int), 8)
    z = _integrated([shape] * total, steps, rng)
    return np.stack([_cut(z, steps, shape, i, rng) for i in range(WARM_UP, WARM_UP + count)])


def strip(
    seconds: float = 30.0, premature: tuple[int, ...] = (), seed: int = 0, pulse: float = 70.0
) -> tuple[np.ndarray, np.ndarray]:
    """A recording (samples,) at `RATE`, and the times in seconds of its premature beats' R.

    Args:
        premature: Which beats, counted from 0, are of the second shape. The one before each is
            shorter, and it lasts longer itself.
    """
    rng = np.random.default_rng(seed)
    total = int(seconds * pulse / 60) + 2 + WARM_UP
    lasting = 60 / pulse * (1 + 0.03 * rng.standard_normal(total).clip(-3, 3))
    shapes = [SHAPES[0]] * total
    for beat in premature:
        shapes[beat + WARM_UP] = SHAPES[1]
        lasting[beat + WARM_UP - 1] *= 0.75
        lasting[beat + WARM_UP] *= 1 + SHAPES[1].early
    steps = np.maximum((lasting * RATE).astype(int), 8)
    z = _integrated(shapes, steps, rng)
    first = steps[:WARM_UP].sum()
    z = z[first : first + int(seconds * RATE)]
    z = (z + NOISE * z.std() * rng.standard_normal(len(z))).astype(np.float32)
    times = np.array([steps[WARM_UP : WARM_UP + beat].sum() / RATE for beat in premature])
    return z, times


def _integrated(shapes: list[Shape], steps: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """z of beats one after another, of so many steps each."""
    from scipy.signal import lfilter

    angle = np.concatenate([2 * np.pi * np.arange(n) / n for n in steps])  # 0 is R.
    varied = np.repeat(1 + VARIED * rng.standard_normal((len(steps), 5)), steps, axis=0).T
    waves = [np.repeat([getattr(one, name) for one in shapes], steps, axis=0).T
             for name in ("angles", "heights", "widths")]  # fmt: skip
    push = np.zeros(len(angle))
    for place, height, width, change in zip(np.deg2rad(waves[0]), *waves[1:], varied, strict=True):
        away = (angle - place + np.pi) % (2 * np.pi) - np.pi
        push -= height * change * away * np.exp(-(away**2) / (2 * width**2))
    baseline = SWAY * np.sin(2 * np.pi * BREATH * np.arange(len(angle)) / RATE)
    keep = np.exp(-1 / RATE)  # The exact solution over a step in which the push stays as it is.
    return lfilter([1 - keep], [1, -keep], push + baseline)


def simulated(count: int = 20, seed: int = 0) -> SignalSet:
    """Beats of every shape, `count` of each, labelled by what is seen in them."""
    rows = [beats(shape, count, seed + i) for i, shape in enumerate(SHAPES)]
    return SignalSet(
        [row[None] for kind in rows for row in kind],
        np.repeat(np.arange(len(SHAPES)), count),
        tuple(shape.name for shape in SHAPES),
        tuple(say("simulated beat {value}", value=i + 1) for i in range(count * len(SHAPES))),
        ("The beats are simulated (McSharry et al. 2003) and of no person.",),
        "simulated beats",
    )


def _cut(
    z: np.ndarray, steps: np.ndarray, shape: Shape, i: int, rng: np.random.Generator
) -> np.ndarray:
    """One beat from just before its S wave to the next, in ECG5000's form."""
    begin, lasting = steps[:i].sum(), steps[i]
    first = begin + lasting * (shape.angles[3] / 360 - 0.035)
    places = np.linspace(first, first + lasting * (1 + shape.early), LENGTH)
    beat = np.interp(places, np.arange(len(z)), z)
    beat = (beat - beat.mean()) / beat.std()
    beat += NOISE * rng.standard_normal(LENGTH)
    return ((beat - beat.mean()) / beat.std()).astype(np.float32)
