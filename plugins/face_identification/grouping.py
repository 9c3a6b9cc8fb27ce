"""Unknown faces in groups, each as if of one person: average-linkage agglomerative clustering.

Cut where two groups are as far apart as tau for an FMR of 0.1 %, it found the forty people of ORL
and the five of dlib's johns exactly, unnamed and shuffled, with both packaged networks; complete
linkage, single linkage and HDBSCAN, at any setting tried, lost or mixed some
(`python -m tests.benchmarks.bench_grouping`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plugins.shared.faces.distances import METRICS, distances

FMR = 0.001
MOST = 5000
"""Faces: their distances take 200 MB."""


def groups(encodings: np.ndarray, metric: str, tau: float, pictures: Sequence[str]) -> np.ndarray:
    """(N,) the group of each of (N, D) encodings: the largest is 0.

    Args:
        tau: How far apart two groups are at least, on average over their pairs.
        pictures: In which picture each face is. Two faces of one picture are two people, so they
            count as far apart as can be.
    """
    from sklearn.cluster import AgglomerativeClustering

    if len(encodings) < 2:
        return np.zeros(len(encodings), int)
    apart = distances(encodings, encodings, metric)
    where = np.unique(np.asarray(pictures), return_inverse=True)[1]
    together = (where[:, None] == where[None, :]) & ~np.eye(len(where), dtype=bool)
    # So far that no average over a group of all faces comes below tau.
    apart[together] = METRICS[metric].top * len(encodings)
    clustering = AgglomerativeClustering(
        n_clusters=None, distance_threshold=tau, metric="precomputed", linkage="average"
    )
    found = clustering.fit_predict(apart)
    sizes = np.bincount(found)
    rank = np.empty(len(sizes), int)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[found]


def pairwise(found: Sequence, true: Sequence) -> tuple[float, float]:
    """Precision and recall over all pairs: of those in one group, how many show one person; of
    those that show one person, how many are in one group.
    """
    ours, theirs = (np.unique(np.asarray(one), return_inverse=True)[1] for one in (found, true))
    pairs = np.triu_indices(len(ours), 1)
    same, right = (ours[pairs[0]] == ours[pairs[1]]), (theirs[pairs[0]] == theirs[pairs[1]])
    both = (same & right).sum()
    return float(both / max(same.sum(), 1)), float(both / max(right.sum(), 1))
