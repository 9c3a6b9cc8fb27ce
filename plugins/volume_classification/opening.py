"""The phantom that the page opens with, and what the shipped networks said of it.

`python -m plugins.volume_classification.opening` records it; nothing in it is written by hand. It
takes the first phantom of which the 2-D network is wrong and the 3-D network is right: half of all
are like that, for a single slice cannot tell. The phantom itself is made anew from its seed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from plugins.volume_classification.errors import VolumeError
from plugins.volume_classification.lesson.panel import Judged, judge
from plugins.volume_classification.lesson.phantom import (
    CLASSES,
    LUNG,
    TISSUE,
    phantom,
    spot_axis,
    spot_centre,
)
from plugins.volume_classification.settings import FLAT, WHOLE
from plugins.volume_classification.views.html import Verdict, lesson
from plugins.volume_classification.views.twins import twins
from plugins.volume_classification.views.viewer_data import (
    NEUTRAL,
    STRONGEST,
    Evidence,
    scene,
    signed,
)
from weights.messages import say

FOLDER = Path(__file__).with_name("recorded")
TABLE, ARRAYS = "opening.json", "opening.npz"
WINDOW = ("The phantom's", LUNG - 100, TISSUE + 100)
MOST = 200
"""Phantoms that are looked at until one fits."""


@lru_cache(maxsize=1)
def opened() -> tuple[str, tuple[int, int]]:
    """The lesson as the page opens with it, and the phantom's seed and class. Needs no torch."""
    seed, label, judged, twin, about = recorded()
    about = say("{about} This was recorded.", about=say(about))
    return drawn(seed, label, judged, twin, about), (seed, label)


def drawn(seed: int, label: int, judged: Judged, twin: Sequence[Verdict], about: str) -> str:
    """The lesson on one phantom. HTML.

    Args:
        twin: What the networks say of its twin.
        about: Of the networks.
    """
    this, other = (phantom(seed, which) for which in (label, 1 - label))
    pair = (
        (this.values, CLASSES[label], judged.verdicts),
        (other.values, CLASSES[1 - label], twin),
    )
    both = twins(pair, spot_axis(seed), WINDOW[1:])
    shown = scene(this, judged.evidence)
    deep, *sides = shown.values["shape"]
    spot = [side / 2 - 0.5 + at for side, at in zip(sides, spot_centre(seed), strict=True)]
    values = shown.values | {
        "name": say(
            "Simulated piece of lung, number {seed}", seed=seed
        ),  # The phantom's own tells the answer.
        "spot": spot,
        "start": [deep // 2, *(round(at) for at in spot)],
        # In its own range and in its twin's, one and the same slice would get other greys.
        "presets": [WINDOW, *shown.values["presets"]],
    }
    shown = replace(shown, values=values)
    return lesson(shown, judged.verdicts, CLASSES[label], CLASSES, about, both)


def recorded(folder: Path = FOLDER) -> tuple[int, int, Judged, tuple[Verdict, ...], str]:
    """Of the recorded phantom the seed, the class, what was said of it and what of its twin; and
    about the networks.

    Raises:
        VolumeError: The files are missing.
    """
    verdicts, evidence = [], []
    try:
        table = json.loads((folder / TABLE).read_text(encoding="utf-8"))
        arrays = np.load(folder / ARRAYS, allow_pickle=False)
    except OSError as error:
        todo = "Install the page anew; or ask for another phantom."
        raise VolumeError("The recorded lesson is missing", where=TABLE, todo=todo) from error
    with arrays:
        for row in table["verdicts"]:
            most = row.pop("most")
            verdict = _verdict(row)
            levels = arrays[verdict.kind].astype(np.float32)
            maps = np.where(levels == 0, np.nan, (levels - NEUTRAL) / STRONGEST * most)
            verdicts.append(verdict)
            evidence.append(Evidence(verdict.name, verdict.classes, maps))
    judged = Judged(tuple(verdicts), tuple(evidence), ())
    twin = tuple(map(_verdict, table["twin"]))
    return table["seed"], table["label"], judged, twin, table["about"]


def _verdict(row: dict) -> Verdict:
    return Verdict(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})


def write(
    seed: int, label: int, judged: Judged, twin: Judged, about: str, folder: Path = FOLDER
) -> None:
    """Record what was said of a phantom and of its twin."""
    rows, arrays = [], {}
    for verdict, one in zip(judged.verdicts, judged.evidence, strict=True):
        arrays[verdict.kind], most = signed(one.maps)
        rows.append({**asdict(verdict), "seconds": round(verdict.seconds, 4), "most": most})
    beside = [{**asdict(one), "seconds": round(one.seconds, 4)} for one in twin.verdicts]
    table = {"seed": seed, "label": label, "about": about, "verdicts": rows, "twin": beside}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TABLE).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    np.savez_compressed(folder / ARRAYS, **arrays)


def main() -> None:
    """Find the phantom, and write what the shipped networks say of it."""
    from plugins.volume_classification.lesson.packaged_panels import phantom_panel

    panel = phantom_panel()
    judge(panel, phantom(0, 0))  # So that the time of the first run is not what is told.
    for seed in range(1, MOST):
        label = seed % len(CLASSES)
        judged = judge(panel, phantom(seed, label))
        right = {one.kind: one.answer == CLASSES[label] for one in judged.verdicts}
        if right[WHOLE] and not right[FLAT]:
            write(seed, label, judged, judge(panel, phantom(seed, 1 - label)), panel.about)
            print(f"phantom {seed}, a {CLASSES[label]}: {right}")
            return
    raise SystemExit(
        say(
            "None of {most} phantoms fits: the 3-D network is no better than the 2-D one", most=MOST
        )
    )


if __name__ == "__main__":
    main()
