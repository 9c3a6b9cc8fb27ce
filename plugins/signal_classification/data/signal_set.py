"""Labelled signals of any lengths, checked and divided.

A signal has channels and a length. Values that are missing are NaN: inside a signal they are a gap,
at its end they only fill a table's row, and the signal is shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from plugins.shared.classification.labelled import LabelledSet, can_be_grouped
from plugins.signal_classification.data.reading import PERSON, Reading
from plugins.signal_classification.errors import SignalError
from weights.messages import say

PERSONS = "About three tenths are tested on: whole persons, so that nobody is in both parts."
STRETCHES = "About three tenths are tested on: whole stretches, so that none is in both parts."


@dataclass(frozen=True, eq=False)
class SignalSet(LabelledSet):
    """Signals with labels.

    Attributes:
        series: Each (channels, length), float32; all have the same channels.
        labels: (N,) indices into `classes`.
        names: Of the signals, for people.
        notes: What was done to the signals and what is unusual about them, a sentence each.
        title: What the set is called.
        tested, groups: As in `LabelledSet`.
        reading: What the table was taken for; None: it was none.

    Raises:
        SignalError: Something does not fit together.
    """

    error = SignalError
    alike = "All signals are of one class", "Bring signals of two classes or more."

    series: list[np.ndarray] = field(repr=False)
    labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    names: tuple[str, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()
    title: str = "the set"
    tested: np.ndarray | None = field(default=None, repr=False)
    groups: np.ndarray | None = field(default=None, repr=False)
    reading: Reading | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        names = self.names or tuple(say("signal {n}", n=i + 1) for i in range(len(self.series)))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "labels", np.asarray(self.labels, dtype=np.int64))
        series, short = checked(self.series, names, self.title)
        object.__setattr__(self, "series", series)
        object.__setattr__(self, "notes", (*self.notes, *(n for n in short if n not in self.notes)))
        if self.labels.shape != (len(series),) or len(names) != len(series):
            what = say(
                "There are {series} signals, {labels} labels, {names} names",
                series=len(series),
                labels=len(self.labels),
                names=len(names),
            )
            raise SignalError(what, where=self.title, todo="Give one label and one name a signal.")
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            what = say("A label is none of the {classes} classes", classes=len(self.classes))
            raise SignalError(what, where=self.title, todo="Count labels from 0.")

    def __len__(self) -> int:
        return len(self.series)

    @property
    def division(self) -> str:
        """How `split` divides it, a sentence."""
        cut = self.reading is not None and self.reading.window
        if cut and self.tested is not None:
            return (
                "The last three tenths of each stretch are tested on: there are too few stretches "
                "to keep whole ones apart, so the figures flatter."
            )
        if can_be_grouped(self) and self.reading is not None:
            if self.reading.having(PERSON):
                return PERSONS
            return STRETCHES
        if self.tested is not None:
            return "The set's own division is kept: what lies in its test folder is tested on."
        if can_be_grouped(self):
            return (
                "About three tenths are tested on: whole folders, so that nobody is in both parts."
            )
        if self.groups is not None:
            return (
                "Three tenths of each class, drawn at random, are tested on. A class lies in one "
                "folder only, so that the same person may be in both parts."
            )
        return "Three tenths of each class, drawn at random, are tested on."

    @property
    def channels(self) -> int:
        return len(self.series[0])

    @property
    def lengths(self) -> np.ndarray:
        """(N,) samples of each signal."""
        return np.array([one.shape[1] for one in self.series])

    def only(self, which: np.ndarray) -> SignalSet:
        """The signals with these indices, or where this mask is true."""
        chosen = np.arange(len(self))[which]
        return replace(
            self,
            series=[self.series[i] for i in chosen],
            labels=self.labels[chosen],
            names=tuple(self.names[i] for i in chosen),
            tested=None,  # A part is divided anew.
            groups=None if self.groups is None else self.groups[chosen],
        )


def joined(first: SignalSet, second: SignalSet) -> SignalSet:
    """Both as one set; a class of the second that the first has not comes after its own.

    Raises:
        SignalError: Their channels differ.
    """
    classes = (*first.classes, *(one for one in second.classes if one not in first.classes))
    labels = [classes.index(second.classes[label]) for label in second.labels]
    return replace(
        first,
        series=[*first.series, *second.series],
        labels=np.concatenate([first.labels, np.array(labels, np.int64)]),
        classes=classes,
        names=(*first.names, *second.names),
        notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
        tested=None,
        groups=None,
    )


def to_test(train: SignalSet, test: SignalSet) -> SignalSet:
    """A set to test what is trained on another, its classes by their names.

    Raises:
        SignalError: It has other channels, or a class that is not trained on.
    """
    if unknown := [one for one in test.classes if one not in train.classes]:
        told = "Its class {name} is not among those that are trained on"
        todo = say("Known are: {names}.", names=", ".join(train.classes[:20]))
        raise SignalError(say(told, name=repr(unknown[0])), where=test.title, todo=todo)
    if test.channels != train.channels:
        told = "It has {value} channels, and the signals to train on have {wanted}"
        what = say(told, value=test.channels, wanted=train.channels)
        raise SignalError(what, where=test.title, todo="Bring signals with the same channels.")
    labels = np.array([train.classes.index(test.classes[label]) for label in test.labels])
    return replace(test, labels=labels, classes=train.classes, tested=None, groups=None)


def checked(
    series: Sequence[np.ndarray], names: Sequence[str], title: str
) -> tuple[list[np.ndarray], list[str]]:
    """Signals as (channels, length) float32 without the NaN at their ends, and notes.

    Raises:
        SignalError: One is no signal, holds no number, or has other channels than the first.
    """
    if not len(series):
        raise SignalError("It holds no signal", where=title, todo="Bring labelled signals.")
    found, infinite = [], 0
    for name, one in zip(names, series, strict=False):
        try:
            one = np.atleast_2d(np.asarray(one, dtype=np.float32))
        except (TypeError, ValueError) as error:
            todo = "Bring signals as tables of numbers."
            raise SignalError(
                "It holds something that is no number", where=f"{title}, {name}", todo=todo
            ) from error
        if one.ndim != 2:
            todo = "A signal has channels and samples, nothing more."
            raise SignalError(
                say("It has {ndim} dimensions", ndim=one.ndim), where=f"{title}, {name}", todo=todo
            )
        endless = np.isinf(one)
        if endless.any():
            infinite += 1
            one = np.where(endless, np.float32(np.nan), one)
        known = np.flatnonzero(~np.isnan(one).all(0))
        if not len(known):
            todo = "Leave it out, or bring its values."
            raise SignalError(
                "The signal holds no number at all", where=f"{title}, {name}", todo=todo
            )
        one = np.ascontiguousarray(one[:, : known[-1] + 1])
        if found and len(one) != len(found[0]):
            what = say(
                "It has {value} channels, and the first signal has {found}",
                value=len(one),
                found=len(found[0]),
            )
            raise SignalError(
                what, where=f"{title}, {name}", todo="Bring signals that have the same channels."
            )
        found.append(one)
    notes = []
    if infinite:
        notes.append(say("Infinite values in {signals} count as gaps.", signals=_signals(infinite)))
    return found, notes


def _signals(count: int) -> str:
    return say("one signal") if count == 1 else say("{count:,} signals", count=count)
