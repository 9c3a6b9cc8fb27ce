"""Made-up sets, and open-set error rates by loops that follow the definitions word by word."""

from __future__ import annotations

import math

import numpy as np
import pytest

from plugins.face_identification.k_laboratory.open_set import KCurve
from plugins.shared.faces.distances import distances
from weights.errors import ParagoneError

TAUS = np.linspace(0, 3, 31)


def random_set(seed: int, sizes=(4, 3, 5, 2, 1, 3), spread: float = 0.6):
    """Points around one centre a person, some people with few photos, in mixed order."""
    random = np.random.default_rng(seed)
    who = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = random.normal(0, 0.6, (len(sizes), 5))
    points = centres[who] + random.normal(0, spread * 0.6, (len(who), 5))
    return points.astype(np.float32), [f"p{i}" for i in who]


def clean_set(people: int = 4, photos: int = 3):
    """Distance 0 within a person and 1 between people."""
    names = np.repeat([f"p{i}" for i in range(people)], photos)
    return (names[:, None] != names[None]).astype(float), list(names)


def search(distance, probe: int, gallery: dict[str, list[int]]):
    """Nearest distance to each enrolled person, by a loop."""
    return {name: min(distance[probe, i] for i in rows) for name, rows in gallery.items()}


def is_found(scores: dict[str, float], name: str, tau: float = math.inf) -> bool:
    """Whether the right person is alone at rank 1 and no farther than tau."""
    rivals = [d for other, d in scores.items() if other != name]
    return scores[name] <= tau and all(scores[name] < d for d in rivals)


def share(values: list[bool]) -> float:
    return sum(values) / len(values) if values else math.nan


def by_loops(distance, names, galleries, taus):
    """FPIR, FNIR (R, K, T) and rank-1 (R, K) of galleries, each a list of photos in order."""
    fpir, fnir, rank1 = [], [], []
    for photos in galleries:
        rows = [[], [], []]
        for k in range(1, len(photos) + 1):
            gallery = {names[i]: [i] for i in photos[:k]}
            strangers = [
                min(search(distance, n, gallery).values())
                for n in range(len(names))
                if names[n] not in gallery
            ]
            mated = [
                (search(distance, n, gallery), names[n])
                for n in range(len(names))
                if names[n] in gallery and n not in photos[:k]
            ]
            rows[0].append([share([d <= tau for d in strangers]) for tau in taus])
            rows[1].append([share([not is_found(*one, tau) for one in mated]) for tau in taus])
            rows[2].append(share([is_found(*one) for one in mated]))
        for kept, row in zip((fpir, fnir, rank1), rows, strict=True):
            kept.append(row)
    return np.array(fpir), np.array(fnir), np.array(rank1)


def summed(draws):
    """Mean and percentiles over galleries that had such a search."""
    out = np.full((*draws.shape[1:], 3), np.nan)
    for at in np.ndindex(draws.shape[1:]):
        values = draws[(slice(None), *at)]
        values = values[~np.isnan(values)]
        if len(values):
            out[at] = values.mean(), *np.percentile(values, [2.5, 97.5])
    return out


def gallery_fpir(distance, names, photos, taus):
    """Share of strangers named, at each threshold."""
    known = {names[i] for i in photos}
    nearest = [
        min(distance[n, i] for i in photos) for n in range(len(names)) if names[n] not in known
    ]
    return np.array([share([d <= tau for d in nearest]) for tau in taus])


def trial_by_loops(points, names, gallery, template, metric):
    """Rates of one split at a threshold, as functions, by loops over its searches."""
    if template == "mean":
        means = {name: points[rows].mean(axis=0) for name, rows in gallery.items()}
        scores = [
            {name: float(distances(p, mean, metric)[0, 0]) for name, mean in means.items()}
            for p in points
        ]
    else:
        table = distances(points, points, metric)
        scores = [search(table, n, gallery) for n in range(len(names))]
    used = {row for rows in gallery.values() for row in rows}
    mated = [n for n in range(len(names)) if names[n] in gallery and n not in used]
    strangers = {n: min(scores[n].values()) for n in range(len(names)) if names[n] not in gallery}
    return mated, strangers, scores


def refusal(call) -> str:
    with pytest.raises(ParagoneError) as caught:
        call()
    assert caught.value.todo and caught.value.where
    return caught.value.for_people


def made_curve(ks=(1, 3, 6), faces: int = 60) -> KCurve:
    """A curve whose rates can be read off: FPIR = k tau / 10, FNIR = (1 - tau) / k."""
    ks, taus = np.array(ks), np.array([0, 0.5, 1.0])
    fpir = np.repeat((ks[:, None] * taus / 10)[..., None], 3, axis=2)
    fnir = np.repeat(((1 - taus) / ks[:, None])[..., None], 3, axis=2)
    fpir[-1] = np.nan
    ends = np.ones((len(ks), 3))
    return KCurve(ks, taus, fpir, fnir, ends, ends, taus / 10, int(ks[-1]), faces, 200)
