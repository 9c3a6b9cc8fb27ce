"""Open-set trials on a labelled set: some people are enrolled, all others are strangers.

Tau is set for an FPIR of 1 % twice. On the very strangers that it is measured on, it describes
the set. Set on one half of them and measured on the other half, it tells what to expect of the
strangers who come later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from plugins.face_identification.k_laboratory.open_set import WANTED
from plugins.shared.faces.distances import distances
from plugins.shared.faces.gallery.stores.contract import TEMPLATES, Template
from plugins.shared.faces.measured.operating_curves import Rate
from weights.errors import ParagoneError
from weights.messages import say


@dataclass(frozen=True)
class Split:
    """One random choice of the enrolled people and their photos.

    Attributes:
        mated, strangers: How many searches of either kind.
        rank1: Share of the mated searches whose nearest person is the right one.
        tau, fpir, fnir: The largest threshold with FPIR <= 1 % on all strangers, and its rates.
        tau_half, fpir_half, fnir_half: The same threshold from one half of the strangers' people,
            the FPIR on the other half, and the FNIR.
    """

    mated: int
    strangers: int
    rank1: float
    tau: float
    fpir: float
    fnir: float
    tau_half: float
    fpir_half: float
    fnir_half: float


@dataclass(frozen=True)
class Trials:
    """All splits of a set.

    Attributes:
        enrolled, photos: How many people, and photos of each, are the gallery.
        template: `all`: a person is as far as the nearest of their photos; `mean`: as the mean of
            their encodings.
    """

    enrolled: int
    photos: int
    template: Template
    splits: tuple[Split, ...] = field(repr=False)

    def mean(self, name: str) -> Rate:
        """An attribute's mean over the splits, with their 2.5 % and 97.5 % percentiles."""
        values = np.array([getattr(split, name) for split in self.splits])
        return Rate(float(values.mean()), *map(float, np.percentile(values, [2.5, 97.5])))


def open_set_trials(
    encodings: np.ndarray,
    people: Sequence[str],
    metric: str = "euclidean",
    enrolled: int = 20,
    photos: int = 1,
    splits: int = 20,
    seed: int = 0,
    template: Template = "all",
) -> Trials:
    """Enrol `photos` random photos of `enrolled` random people, search with all other photos.

    The other photos of the enrolled are mated searches; all photos of everybody else are
    strangers'. Who has too few photos to be enrolled and searched for is always a stranger.

    Args:
        encodings: (N, D).
        people: N names.

    Raises:
        ParagoneError: Fewer than `enrolled` people have more than `photos` photos, fewer than two
            strangers are left, or a setting is none.
    """
    names, who, count = np.unique(people, return_inverse=True, return_counts=True)
    can = np.flatnonzero(count > photos)
    _check(len(names), len(can), enrolled, photos, splits, template)
    random = np.random.default_rng(seed)
    made = []
    for _ in range(splits):
        chosen = random.permutation(can)[:enrolled]
        mixed = random.permutation(len(who))
        gallery = np.stack([mixed[who[mixed] == person][:photos] for person in chosen])
        others = random.permutation(np.setdiff1d(np.arange(len(names)), chosen))
        score = _scores(encodings, gallery, metric, template)
        made.append(_split(score, who, chosen, gallery, others))
    return Trials(enrolled, photos, template, tuple(made))


def _check(people: int, can: int, enrolled: int, photos: int, splits: int, template: str) -> None:
    if template not in TEMPLATES:
        todo = say("Choose one of: {known}.", known=", ".join(TEMPLATES))
        raise ParagoneError(
            say("There is no template '{template}'", template=template), where="template", todo=todo
        )
    if min(enrolled, photos, splits) < 1:
        what = say(
            "{enrolled} people, {photos} photos and {splits} splits measure nothing",
            enrolled=enrolled,
            photos=photos,
            splits=splits,
        )
        raise ParagoneError(what, where="open-set trials", todo="Ask for 1 or more of each.")
    if can < enrolled:
        what = say(
            "Only {can} people have the {needed} photos that are needed to enrol {photos} and to "
            "search for one, and {enrolled} people are to be enrolled",
            can=can,
            needed=photos + 1,
            photos=photos,
            enrolled=enrolled,
        )
        todo = "Enrol fewer people or fewer photos, or bring more pictures."
        raise ParagoneError(what, where="labelled set", todo=todo)
    if people - enrolled < 2:
        what = say(
            "Enrolling {enrolled} of {people} people leaves {strangers} strangers",
            enrolled=enrolled,
            people=people,
            strangers=people - enrolled,
        )
        todo = "Leave at least two: one to set tau, one to measure it."
        raise ParagoneError(what, where="labelled set", todo=todo)


def _scores(encodings: np.ndarray, gallery: np.ndarray, metric: str, template: str) -> np.ndarray:
    """(N, P) distance of each face to each enrolled person, from (P, photos) indices."""
    if template == "mean":
        return distances(encodings, encodings[gallery].mean(axis=1), metric)
    found = distances(encodings, encodings[gallery.ravel()], metric)
    return found.reshape(len(encodings), *gallery.shape).min(axis=2)


def _split(
    score: np.ndarray,
    who: np.ndarray,
    chosen: np.ndarray,
    gallery: np.ndarray,
    others: np.ndarray,
) -> Split:
    """Measure one split; `others` are the strangers in random order."""
    row = np.flatnonzero(np.isin(who, chosen) & ~np.isin(np.arange(len(who)), gallery))
    column = np.argmax(who[row, None] == chosen, axis=1)
    own = score[row, column]
    rivals = score[row]
    rivals[np.arange(len(row)), column] = np.inf
    first = own < rivals.min(axis=1)
    nearest = score.min(axis=1)

    def of(people: np.ndarray) -> np.ndarray:
        return nearest[np.isin(who, people)]

    def fnir(tau: float) -> float:
        return float(1 - (first & (own <= tau)).mean())

    half = len(others) // 2
    tau, tau_half = largest_tau(of(others)), largest_tau(of(others[:half]))
    return Split(
        mated=len(row),
        strangers=len(of(others)),
        rank1=float(first.mean()),
        tau=tau,
        fpir=float((of(others) <= tau).mean()),
        fnir=fnir(tau),
        tau_half=tau_half,
        fpir_half=float((of(others[half:]) <= tau_half).mean()),
        fnir_half=fnir(tau_half),
    )


def largest_tau(strangers: np.ndarray, wanted: float = WANTED) -> float:
    """The largest threshold that names at most a share `wanted` of the strangers, (M,) nearest
    distances: just below the first of them that must not be named.
    """
    allowed = int(np.floor(wanted * len(strangers) + 1e-9))
    if allowed >= len(strangers):
        return float("inf")
    return float(np.nextafter(np.partition(strangers, allowed)[allowed], -np.inf))
