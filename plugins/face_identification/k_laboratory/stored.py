"""K curves that were measured before and are kept beside the code.

`python -m plugins.face_identification.measure kcurve` makes them; nothing here is written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from plugins.face_identification.k_laboratory.open_set import KCurve
from plugins.shared.faces.distances import metric_named
from plugins.shared.faces.measured.curve_files import read_rows, write_row
from weights.messages import say

MEASURED = Path(__file__).parents[1] / "measured"
NAMED = ("title", "source", "pictures", "date", "command", "metric")
COUNTED = ("people", "faces", "replicates")
AXES = ("ks", "taus", "fmr")
UNIT = 10_000
"""Rates are kept in units of 0.01 %."""


@dataclass(frozen=True)
class StoredKCurve:
    """A network's errors against K on one named set.

    Attributes:
        pictures: How many pictures the set has; the curve says in how many a face was found.
        date: Day of the measurement, ISO 8601. `command`: what made it.
        metric: The distance.
    """

    title: str
    source: str
    pictures: int
    date: str
    command: str
    metric: str
    curve: KCurve

    @property
    def people(self) -> int:
        """How many people the set has."""
        return self.curve.people

    @property
    def faces(self) -> int:
        """In how many of the pictures a face was found."""
        return self.curve.faces

    @property
    def sentence(self) -> str:
        """Where the curve comes from, in one sentence for the page."""
        return say(
            "Measured on {title}: {people} people, {faces} faces found in {pictures} pictures, "
            "{replicates} random galleries of every size with one photo a person, "
            "{metric} distance, {date}.",
            title=self.title,
            people=self.people,
            faces=self.faces,
            pictures=self.pictures,
            replicates=self.curve.replicates,
            metric=say(metric_named(self.metric).title),
            date=self.date,
        )


def write_k_curve(stored: StoredKCurve, model: str, revision: str, folder: Path = MEASURED) -> Path:
    """Add a measured curve to the model's file, replacing an older one on the same set. Curves of
    other revisions are dropped.
    """
    path = folder / f"{model}.json"
    row = {name: getattr(stored, name) for name in NAMED} | _pack(stored.curve)
    write_row(path, model, revision, row)
    stored_k_curves.cache_clear()
    return path


@lru_cache
def stored_k_curves(model: str, revision: str, folder: Path = MEASURED) -> tuple[StoredKCurve, ...]:
    """The stored curves of a model, if they were measured with exactly this revision."""
    return tuple(
        StoredKCurve(**{name: row[name] for name in NAMED}, curve=_unpack(row))
        for row in read_rows(folder / f"{model}.json", revision)
    )


def _pack(curve: KCurve) -> dict:
    """Rates to the nearest 0.01 %, thresholds down to 0.0001: rounded up, they would hold less."""
    down = np.floor(curve.tau_at * 1e4 + 1e-6) / 1e4
    return {
        **{name: getattr(curve, name) for name in COUNTED},
        **{name: _text(getattr(curve, name)) for name in AXES},
        "rank1": [_text(row) for row in curve.rank1],
        "tau_at": [_text(row) for row in down],
        "fpir": [[_steps(column) for column in row.T] for row in curve.fpir],
        "fnir": [[_steps(column) for column in row.T] for row in curve.fnir],
    }


def _text(values: np.ndarray) -> str:
    return " ".join(f"{value:.6g}" for value in values)


def _steps(rates: np.ndarray) -> str:
    """(T,) rates as text: the first one and the differences; empty where nothing was measured."""
    if np.isnan(rates).any():
        return ""
    return " ".join(map(str, np.diff(np.rint(rates * UNIT).astype(int), prepend=0)))


def _unpack(row: dict) -> KCurve:
    axes = {name: _numbers(row[name]) for name in AXES}
    axes["ks"] = axes["ks"].astype(int)
    rates = {}
    for name in ("fpir", "fnir"):
        rates[name] = np.full((len(axes["ks"]), len(axes["taus"]), 3), np.nan)
        for k, columns in enumerate(row[name]):
            for column, text in enumerate(columns):
                if text:
                    rates[name][k, :, column] = np.cumsum(_numbers(text)) / UNIT
    ends = {name: np.stack([_numbers(text) for text in row[name]]) for name in ("rank1", "tau_at")}
    return KCurve(**axes, **rates, **ends, **{name: row[name] for name in COUNTED})


def _numbers(text: str) -> np.ndarray:
    return np.array(text.split(), np.float64)
