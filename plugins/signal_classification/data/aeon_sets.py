"""Labelled sets that come with aeon, so that nothing has to be fetched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.data.tables import ordered, plain_label
from plugins.signal_classification.errors import SignalError
from weights.messages import say


@dataclass(frozen=True)
class Shipped:
    """A set of aeon's.

    Attributes:
        loader: The function of `aeon.datasets` that gives it.
        about: What its signals are and what its classes mean.
        classes: Words for its labels, where labels are numbers.
    """

    loader: str
    about: str
    classes: tuple[tuple[str, str], ...] = ()


SHIPPED = {
    "GunPoint": Shipped(
        "load_gunpoint",
        "Height of a hand that draws a gun, or only points with a finger. 150 samples.",
        (("1", "gun"), ("2", "point")),
    ),
    "ItalyPowerDemand": Shipped(
        "load_italy_power_demand",
        "Electricity that Italy used over a day, hour by hour. 24 samples.",
        (("1", "October to March"), ("2", "April to September")),
    ),
    "BasicMotions": Shipped(
        "load_basic_motions",
        "Accelerometer and gyroscope of a watch: standing, walking, running, badminton. Six "
        "channels of 100 samples.",
    ),
    "ArrowHead": Shipped(
        "load_arrow_head",
        "Outlines of arrow heads, unrolled to a curve of 251 samples, of three kinds.",
        (("0", "Avonlea"), ("1", "Clovis"), ("2", "Mix")),
    ),
    "OSULeaf": Shipped(
        "load_osuleaf", "Outlines of leaves of six trees, unrolled to a curve of 427 samples."
    ),
    "ACSF1": Shipped(
        "load_acsf1", "Electricity that ten kinds of household device use. 1,460 samples."
    ),
    "JapaneseVowels": Shipped(
        "load_japanese_vowels",
        "Nine speakers saying two vowels: twelve channels, 7 to 29 samples.",
    ),
    "PickupGestureWiimoteZ": Shipped(
        "load_pickup_gesture_wiimoteZ",
        "A game controller that is picked up in ten ways: 29 to 361 samples.",
    ),
}
SOURCE = (
    "UCR and UEA time series classification archives (Dau et al. 2018, Bagnall et al. 2018), as "
    "shipped with aeon"
)


def load_shipped(name: str) -> tuple[SignalSet, SignalSet]:
    """The training and the test part of a set, as the archive divides it.

    Raises:
        SignalError: There is no such set, or this version of aeon does not ship it.
    """
    if name not in SHIPPED:
        todo = say("Choose one of: {shipped}.", shipped=", ".join(SHIPPED))
        raise SignalError(
            say("There is no set called {name}", name=repr(name)), where="set", todo=todo
        )
    from aeon import datasets

    shipped = SHIPPED[name]
    load = getattr(datasets, shipped.loader, None)
    if load is None:
        todo = "Run: pip install --upgrade aeon"
        raise SignalError("The installed aeon does not ship it", where=name, todo=todo)
    parts = [load(split=part) for part in ("train", "test")]
    words = dict(shipped.classes)
    labels = [[plain_label(str(one)) for one in answers] for _, answers in parts]
    kinds = ordered([*labels[0], *labels[1]])
    place = {kind: i for i, kind in enumerate(kinds)}
    train, test = (
        SignalSet(
            [np.atleast_2d(one) for one in series],
            np.array([place[one] for one in own]),
            tuple(words.get(kind, kind) for kind in kinds),
            title=say(part, name=name),
        )
        for (series, _), own, part in zip(
            parts, labels, ("{name}, training", "{name}, test"), strict=True
        )
    )
    return train, test
