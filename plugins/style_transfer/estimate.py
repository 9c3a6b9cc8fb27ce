"""How long a painting will take and how much memory, measured before it is begun."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from plugins.style_transfer.run import Run, chosen_taps
from plugins.style_transfer.settings import Settings, SettingsError, Stage
from weights.messages import say

if TYPE_CHECKING:
    from weights import Backbone

TRIED = 4
"""Steps that are timed; the first of them is not counted."""
LARGEST = 256
"""Pixels of the long side up to which a size is timed; what a larger one takes is reckoned."""
FRESH = 60.0
"""Seconds for which a measured pace holds: later the machine may be busier, or free again."""
_known: dict[tuple, tuple[float, float]] = {}
"""Seconds a step, and when that was measured."""
_lock = threading.Lock()


@dataclass(frozen=True)
class Estimate:
    """Seconds for the whole painting, and bytes at its largest size."""

    seconds: float
    bytes: int


def estimate(
    settings: Settings, backbone: Backbone, shape: tuple[int, ...], styles: int = 1
) -> Estimate:
    """Time a few steps at the smallest size, and at the next if it is small too.

    Args:
        shape: (height, width, ...) of the content picture.
        styles: How many style pictures there are.

    Raises:
        WeightsError: The network cannot be used for this.
        SettingsError: The settings name a layer that it does not have.
    """
    stages = settings.schedule(shape)
    seconds, timed = 0.0, None
    for stage in stages:
        if timed is None or max(stage.size) <= LARGEST:
            timed = stage, _step_time(settings, backbone, stage, styles)
        known, pace = timed
        area = np.prod(stage.size) / np.prod(known.size)
        # Targets are looked at once for each shift and each style: about three steps' worth.
        seconds += pace * area * (stage.steps + 3 + styles)
    return Estimate(float(seconds), needed(settings, backbone, shape))


def _step_time(settings: Settings, backbone: Backbone, stage: Stage, styles: int) -> float:
    threads = torch.get_num_threads()
    key = (backbone.card.name, stage.size, threads, styles, settings.content_layer)
    key = (*key, settings.style_layers, settings.parametrisation, settings.optimiser)
    key = (*key, settings.precision)
    with _lock:
        pace, measured = _known.get(key, (0.0, -FRESH))
        if time.monotonic() - measured >= FRESH:
            pace = _timed(settings, backbone, stage, styles)
            _known[key] = pace, time.monotonic()
        return pace


def _timed(settings: Settings, backbone: Backbone, stage: Stage, styles: int) -> float:
    noise = np.random.default_rng(0).integers(0, 256, (*stage.size, 3), np.uint8)
    tried = replace(
        settings,
        size=max(stage.size),
        steps=TRIED,
        coarse_to_fine=False,
        style_weights=(),
        start="content",
    )
    run, before, paces = Run(tried, backbone, noise, [noise] * styles), 0.0, []
    for progress in run.advance():
        paces.append(progress.seconds - before)
        before = progress.seconds
    # The middle one: what else the machine does will go on beside the painting, too.
    return statistics.median(paces[1:] or paces) if paces else 0.0


def needed(settings: Settings, backbone: Backbone, shape: tuple[int, ...]) -> int:
    """Bytes that the activations of a step at the largest size and their gradients take.

    The arguments and errors are those of `estimate`.
    """
    encoder, stage = backbone.encoder(), settings.schedule(shape)[-1]
    layers = encoder.layers(stage.size)
    taps = chosen_taps(settings, encoder, stage.size)
    names = {taps.content, *(name for name, _ in taps.style)}
    deepest = max(i for i, x in enumerate(layers) if names & {x.name, *x.names})
    numbers = sum(x.channels * x.grid[0] * x.grid[1] for x in layers[: deepest + 1])
    picture = 3 * stage.size[0] * stage.size[1]
    return 4 * (2 * numbers + 40 * picture)


def check_memory(bytes_: int, free: int, size: int) -> None:
    """Raise a SettingsError where a painting would need more memory than there is."""
    if bytes_ > free:
        raise SettingsError(
            say(
                "{size} px would need {bytes_:.1f} GB of memory, of which {free:.1f} GB are free",
                size=size,
                bytes_=bytes_ / 2**30,
                free=free / 2**30,
            ),
            where="size",
            todo="Choose a smaller size, or another backbone.",
        )


def free_memory() -> int:
    """Bytes that can be taken without swapping; as much as one likes where nobody can tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        return 1 << 62
