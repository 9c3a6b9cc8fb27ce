"""Grouping of unnamed, shuffled faces: pairwise precision and recall of ways to cluster them.

    python -m tests.benchmarks.bench_grouping GALLERY.sqlite --model NAME

The gallery was enrolled from a labelled set; its names are used for the score alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np

from plugins.face_identification.error_rates import basis
from plugins.face_identification.grouping import FMR, groups, pairwise
from plugins.shared.faces.distances import distances
from tests.benchmarks.bench_doctor import opened
from weights import Weights

RATES = (0.01, 0.003, 0.001, 0.0003, 0.0001)


def ways(tau_at: Callable[[float], float]) -> Iterator[tuple[str, Callable]]:
    """Names of ways, and functions of all distances that give labels; -1: in no group."""
    from sklearn.cluster import HDBSCAN, AgglomerativeClustering

    for link in ("average", "complete", "single"):
        for rate in RATES:
            options = {"n_clusters": None, "metric": "precomputed", "linkage": link}
            way = AgglomerativeClustering(distance_threshold=tau_at(rate), **options)
            yield f"{link} linkage, FMR {rate:.2%}", way.fit_predict
    for least in (2, 3, 5):
        for epsilon in (0.0, tau_at(FMR)):
            options = {"cluster_selection_epsilon": epsilon, "metric": "precomputed"}
            way = HDBSCAN(min_cluster_size=least, copy=True, **options)
            yield f"HDBSCAN, at least {least}, epsilon {epsilon:.2f}", way.fit_predict


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("gallery")
    parser.add_argument("--model", required=True)
    given = parser.parse_args()
    known = basis(Weights().card(given.model))
    rows = opened(given.gallery, given.model)
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    table = np.stack([row.encoding for row in rows])
    true = [row.person for row in rows]
    tau_at = known.pairs.threshold_for_fmr
    ours = groups(table, known.metric, tau_at(FMR), [row.id for row in rows])
    apart = distances(table, table, known.metric)
    found = [("as the page does it", ours), *((name, way(apart)) for name, way in ways(tau_at))]
    for name, labels in found:
        labels = np.where(labels < 0, np.arange(len(labels)) + len(labels), labels)
        precision, recall = pairwise(labels, true)
        count = len(set(labels.tolist()))
        print(f"{name:34} precision {precision:.4f}  recall {recall:.4f}  groups {count}")


if __name__ == "__main__":
    main()
