"""The course of a run as a table: one line a step, without pictures and encodings."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.shared.files.csv_files import write_csv
from plugins.triplet_finetuning.export.plain import ResultError, plain
from weights.messages import say

if TYPE_CHECKING:
    from plugins.triplet_finetuning.training.events import Step

WHOLE = ("step", "mined")
"""Columns of whole numbers; all others hold fractions."""


@dataclass(frozen=True)
class Row:
    """One line of `losses.csv`; None where a step has no such number."""

    step: int
    loss: float | None = None
    mined: int | None = None
    spread: float | None = None
    seconds: float | None = None
    easy: float | None = None
    semihard: float | None = None
    hard: float | None = None
    recall: float | None = None
    one_shot: float | None = None
    eer: float | None = None

    @classmethod
    def of(cls, step: Step) -> Row:
        """The numbers of a step, without its pictures and encodings."""
        shares = step.scene.shares if step.scene else (None,) * 3
        evaluation = step.evaluation
        seen = (
            (evaluation.recall, evaluation.one_shot, evaluation.eer) if evaluation else (None,) * 3
        )
        values = (step.loss, step.mined, step.spread, step.seconds, *shares, *seen)
        return cls(step.number, *(plain(value) for value in values))


def write_losses(curve: Sequence[Row]) -> bytes:
    """The table as CSV."""
    out = io.StringIO()
    rows = (["" if v is None else v for v in astuple(row)] for row in curve)
    write_csv(out, [[each.name for each in fields(Row)], *rows], end="\n")
    return out.getvalue().encode()


def read_losses(path: Path) -> tuple[Row, ...]:
    """Read what `write_losses` gave.

    Raises:
        ResultError: There is no such file, or a line does not fit.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(
                Row(**{k: (int if k in WHOLE else float)(v) for k, v in line.items() if v != ""})
                for line in csv.DictReader(file)
            )
    except OSError as error:
        raise ResultError(
            say("The file cannot be read: {strerror}", strerror=error.strerror), where=str(path)
        ) from error
    except (ValueError, TypeError, csv.Error) as error:
        todo = "Use the files of one result together, as they were written."
        raise ResultError("A line is not one of numbers", where=str(path), todo=todo) from error
