"""Choosing among labelled examples: parts to test on, and a few of every class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, TypeVar

import numpy as np

from weights.errors import ParagoneError
from weights.messages import say

T = TypeVar("T", bound="LabelledSet")
TRIES = 20
FEWEST = 2
"""Examples of a class: one to train on and one to test on."""


class LabelledSet(ABC):
    """Labelled examples, whatever they are.

    Attributes:
        error: What is raised where something is wrong with them.
        alike: What to say where all are of one class, and what to do then.
        title: What the set is called.
        classes: Their names.
        labels: (N,) indices of classes.
        tested: (N,) bool: which are to be tested on, where the set says so.
        groups: (N,) whose each example is, as a number, where that is known: nobody is both trained
            and tested on.
    """

    error: ClassVar[type[ParagoneError]]
    alike: ClassVar[tuple[str, str]]
    title: str
    classes: tuple[str, ...]
    labels: np.ndarray
    tested: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def counts(self) -> np.ndarray:
        """(classes,) how many examples each has."""
        return np.bincount(self.labels, minlength=len(self.classes))

    @abstractmethod
    def only(self: T, which: np.ndarray) -> T:
        """The examples with these indices, or where this mask is true."""


def check_trainable(examples: LabelledSet) -> None:
    """See that there is something to tell apart, and enough of each.

    Raises:
        ParagoneError: There is one class, or a class has fewer than two examples.
    """
    counts, (what, todo) = examples.counts, examples.alike
    present = int((counts > 0).sum())
    if present < 2:
        what = what if present else "No class has an example"
        raise examples.error(what, where=examples.title, todo=todo)
    if (counts < FEWEST).any():
        rare = examples.classes[int(np.flatnonzero(counts < FEWEST)[0])]
        what = say(
            "The class {rare} has {counts}",
            rare=repr(rare),
            counts=say("one example" if counts.min() else "no example"),
        )
        todo = (
            "Bring two or more of each class, one to train on and one to test on, or leave it out."
        )
        raise examples.error(what, where=examples.title, todo=todo)


def split(examples: T, share: float = 0.3, seed: int = 0) -> tuple[T, T]:
    """A set to train on and one to test on, each with every class.

    Args:
        share: Of each class that is tested on, 0..1; at least one example, and one remains.

    Raises:
        ParagoneError: There is one class, or a class has fewer than two examples.
    """
    check_trainable(examples)
    test = examples.tested
    if test is None and can_be_grouped(examples):
        test = grouped_part(examples.labels, examples.groups, share, seed)
    if test is None:
        test = test_part(examples.labels, share, seed)
    learnt = np.bincount(examples.labels[~test], minlength=len(examples.classes))
    if (missing := np.flatnonzero((learnt == 0) & (examples.counts > 0))).size:
        raise examples.error(
            say("The class {name} is only tested on", name=repr(examples.classes[missing[0]])),
            where=examples.title,
            todo="Put some of its examples into the folder that is trained on.",
        )
    return examples.only(~test), examples.only(test)


def can_be_grouped(examples: LabelledSet) -> bool:
    """Whether each class has examples of two groups or more, so that both parts can have it."""
    if examples.groups is None:
        return False
    pairs = np.unique(np.stack([examples.labels, examples.groups]), axis=1)
    return bool((np.bincount(pairs[0], minlength=len(examples.classes)) >= FEWEST).all())


def grouped_part(
    labels: np.ndarray, groups: np.ndarray, share: float, seed: int
) -> np.ndarray | None:
    """(N,) bool: whole groups to test on, with every class in both parts; None where no division
    has that.

    Args:
        share: Of the examples, 0..1, as nearly as whole groups allow.
    """
    names, rng, best = np.unique(groups), np.random.default_rng(seed), None
    classes = np.unique(labels)
    for _ in range(TRIES):
        order = rng.permutation(names)
        for count in range(1, len(names)):
            test = np.isin(groups, order[:count])
            if not all(np.array_equal(np.unique(labels[p]), classes) for p in (test, ~test)):
                continue
            off = abs(test.mean() - share)
            if best is None or off < best[0]:
                best = off, test
            if test.mean() >= share:
                break
    return best and best[1]


def test_part(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """(N,) bool: a random part of every class to test on; at least one example, and one remains.

    Args:
        labels: (N,) indices of classes, each there twice at least.
        share: Of each class, 0..1.
    """
    rng = np.random.default_rng(seed)
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        count = int(np.clip(round(share * len(own)), 1, len(own) - 1))
        test[rng.permutation(own)[:count]] = True
    return test


def spread(labels: np.ndarray, most: int) -> np.ndarray:
    """At most this many indices, evenly over the classes, always the same ones."""
    if len(labels) <= most:
        return np.arange(len(labels))
    rank = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        rank[own] = np.arange(len(own))
    return np.sort(np.lexsort((labels, rank))[:most])
