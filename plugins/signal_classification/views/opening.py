"""What the page opens with: simulated beats, classified by the network that comes with it, and how
good that network is on real ones.

`record_opening.py` records it; nothing in it is written by hand.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from plugins.signal_classification.errors import ModelFileError
from plugins.signal_classification.learning.metrics import Calibration, Report
from plugins.signal_classification.views.results import Contender, Filter, Shown, Standing

FILE = Path(__file__).parents[1] / "recorded" / "opening.json"


@dataclass(frozen=True, eq=False)
class Opening:
    """The recorded page.

    Attributes:
        title: Of the network.
        licence: Of its weights.
        data: What it was trained on.
        machine: Where this was recorded.
        beats: Simulated ones, each classified.
    """

    title: str
    licence: str
    data: str
    machine: str
    beats: tuple[Shown, ...]
    standing: Standing


@lru_cache(maxsize=1)
def opening(path: Path = FILE) -> Opening:
    """Read it. Needs no torch.

    Raises:
        ModelFileError: It is missing.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        todo = "Install the page anew. A network of your own can be trained all the same."
        what = "What the page opens with is missing"
        raise ModelFileError(what, where=path.name, todo=todo) from error
    classes = tuple(table["classes"])
    beats = tuple(_beat(one, classes) for one in table.pop("beats"))
    rows = tuple(Contender(**row) for row in table.pop("rows"))
    report = _report(table.pop("report"), classes)
    standing = Standing(report, rows, covered=tuple(table["covered"]))
    words = {name: table[name] for name in ("title", "licence", "data", "machine")}
    return Opening(**words, beats=beats, standing=standing)


def _beat(one: dict[str, Any], classes: tuple[str, ...]) -> Shown:
    kernels = [
        Filter(np.array(weights), np.array(response), float(np.std(response)))
        for weights, response in one["kernels"]
    ]
    return Shown(
        one["name"],
        np.array(one["signal"]),
        classes,
        np.array(one["probabilities"]),
        np.array(one["maps"]),
        tuple(kernels),
        one["truth"],
        ms=one["ms"],
        likely=tuple(one["likely"]),
    )


def _report(values: dict[str, Any], classes: tuple[str, ...]) -> Report:
    arrays = {name: _array(values[name]) for name in ("recall", "precision", "confusion")}
    certain = {name: _calibration(values[name]) for name in ("calibration", "cooled")}
    numbers = {name: values[name] for name in ("accuracy", "balanced", "majority", "temperature")}
    return Report(**numbers, classes=classes, **arrays, **certain)


def _calibration(values: dict[str, Any]) -> Calibration:
    return Calibration(**{k: _array(v) if isinstance(v, list) else v for k, v in values.items()})


def _array(values: list) -> np.ndarray:
    """With NaN where JSON has null."""
    found = np.array(values, dtype=object)
    whole = all(isinstance(value, int) for value in found.flat)
    return found.astype(int if whole else float)


def plain(value: Any, digits: int = 3) -> Any:
    """Arrays and numbers as JSON has them, rounded; null for NaN."""
    if isinstance(value, dict):
        return {name: plain(one, digits) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist(), digits)
    if isinstance(value, (list, tuple)):
        return [plain(one, digits) for one in value]
    if isinstance(value, float):
        return round(value, digits) if np.isfinite(value) else None
    return value


def write(found: Opening, path: Path = FILE) -> None:
    """Record it; the same gives the same bytes."""
    report = found.standing.report
    beats = [
        {
            "name": one.name,
            "truth": one.truth,
            "ms": one.ms,
            "likely": one.likely,
            "signal": one.signal,
            "probabilities": one.probabilities,
            "maps": one.maps,
            "kernels": [(kernel.weights, kernel.response) for kernel in one.kernels],
        }
        for one in found.beats
    ]
    table = {
        "title": found.title,
        "licence": found.licence,
        "data": found.data,
        "machine": found.machine,
        "classes": report.classes,
        "rows": plain([asdict(row) for row in found.standing.rows], 4),
        "covered": plain(found.standing.covered, 4),
        "report": plain({k: v for k, v in asdict(report).items() if k != "classes"}, 4),
        "beats": plain(beats),
    }
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in table.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    opening.cache_clear()
