"""The classes that a visitor has named, and the pictures that stand for each, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from plugins.triplet_finetuning.data.objects import EACH, NAMES, objects
from plugins.triplet_finetuning.few_shot.classes import Classes
from plugins.triplet_finetuning.few_shot.network import PER, cohort, digest, stored
from weights.errors import ParagoneError
from weights.messages import say

FEWEST, MOST = 2, 20
EACH_MOST = 10
Encode = Callable[[Sequence[np.ndarray]], np.ndarray]


class Examples:
    """Of the built-in objects by name and number, and of the visitor's own.

    Attributes:
        chosen: Built-in categories. `each`: how many pictures of each are given.
        recorded: Whether what encodes is the network whose encodings of the objects are stored.
        own: The visitor's classes with their pictures, square uint8 RGB.
    """

    def __init__(self, recorded: bool = True) -> None:
        self._recorded = recorded
        self.chosen: tuple[str, ...] = ()
        self.each = 5
        self.own: dict[str, list[np.ndarray]] = {}
        self._known: dict[bytes, np.ndarray] = {}

    def choose(self, names: Sequence[str], each: int) -> None:
        """Take built-in categories.

        Raises:
            ParagoneError: There would be more than twenty classes.
        """
        names = tuple(name for name in NAMES if name in set(names))
        self._room(len(names) + len(self.own))
        self.chosen, self.each = names, min(max(int(each), 1), EACH_MOST)

    def add(self, name: str, pixels: np.ndarray) -> None:
        """Give a picture to a class of one's own.

        Raises:
            ParagoneError: It has no name, a built-in one or ten pictures, or there are twenty
                classes.
        """
        name = " ".join((name or "").split())[:40]
        if not name:
            todo = "Write what the picture shows into the field."
            raise ParagoneError("The class has no name", where="Name", todo=todo)
        if name in NAMES:
            todo = "Choose another name, such as: my {name}."
            raise ParagoneError(
                "The built-in objects have a class of this name",
                where=name,
                todo=say(todo, name=name),
            )
        if name not in self.own:
            self._room(len(self.chosen) + len(self.own) + 1)
        mine = self.own.setdefault(name, [])
        if len(mine) >= EACH_MOST:
            raise ParagoneError(
                say("The class has {n} pictures already", n=EACH_MOST),
                where=name,
                todo="Give this one to another class, or tell it.",
            )
        mine.append(pixels)

    def _room(self, many: int) -> None:
        if many > MOST:
            raise ParagoneError(
                say("There would be {many} classes, and {most} are the most", many=many, most=MOST),
                todo="Take a class out first.",
            )

    @property
    def pictures(self) -> dict[str, list[np.ndarray]]:
        """What stands for each class."""
        shelf = objects(96).chips
        given = {name: [shelf[number(name, i)] for i in range(self.each)] for name in self.chosen}
        return {**given, **self.own}

    def classes(self, encode: Encode, rate: float) -> Classes:
        """Compare by these examples.

        Raises:
            ParagoneError: There are fewer than two classes.
        """
        given = self.pictures
        if len(given) < FEWEST:
            todo = "Choose some of the objects, or add pictures of your own."
            raise ParagoneError("Two classes or more are needed", todo=todo)
        labels = np.repeat(np.arange(len(given)), [len(one) for one in given.values()])
        rows = self.encoded([one for many in given.values() for one in many], encode)
        others, kinds = cohort()
        strange = ~np.isin(kinds, [NAMES.index(name) for name in self.chosen])
        others = others[strange] if self._recorded else None
        return Classes.of(tuple(given), rows, labels, rate, others)

    def encoded(self, pictures: Sequence[np.ndarray], encode: Encode) -> np.ndarray:
        """(N, D) encodings; each picture is encoded once."""
        keys = [digest(one) for one in pictures]
        if self._recorded and not self._known:
            self._known.update(stored()[1])
        fresh = {k: one for k, one in zip(keys, pictures, strict=True) if k not in self._known}
        if fresh:
            rows = encode(list(fresh.values()))
            self._known.update(zip(fresh, rows, strict=True))
        return np.stack([self._known[key] for key in keys])


def number(name: str, i: int) -> int:
    """Of the i-th picture of a built-in category among all."""
    return NAMES.index(name) * EACH + i


def probes(chosen: Sequence[str], known: int = 6, unknown: int = 6) -> list[int]:
    """Pictures to try: some of the chosen categories that no class is given, and some of others."""
    rest = [name for name in NAMES if name not in chosen]
    kinds = [chosen[i % len(chosen)] for i in range(known)] if chosen else []
    first = [number(name, EACH_MOST + i // len(chosen)) for i, name in enumerate(kinds)]
    return first + [number(name, EACH_MOST) for name in rest[:unknown]]


def unseen(chosen: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """All pictures of the chosen categories that are never given, and all of others that are not
    in the cohort, as numbers.
    """
    known = [number(name, i) for name in chosen for i in range(EACH_MOST, EACH)]
    rest = [name for name in NAMES if name not in chosen]
    other = [number(name, i) for name in rest for i in range(EACH - PER)]
    return np.array(known, int), np.array(other, int)
