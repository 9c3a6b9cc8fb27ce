"""Do the intervals cover? People are split in two again and again: half of them are measured, and
the other half must lie where the first said.

    PYTHONPATH=. python tests/benchmarks/bench_intervals.py FOLDER [--people 20] [--splits 200]

FOLDER (or zip) holds one folder a person; ORL was used. Prints, for each rate, the share of splits
whose interval held the rate of the other people, and the median upper end; then what the likelihood
ratio of one half is worth on the other. FPIR: tau is set for 1 % on one half; half of the others
are enrolled with one photo each, and the rest are strangers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from plugins.face_identification.k_laboratory.open_set import WANTED, error_probability
from plugins.face_verification.laboratory import survey
from plugins.shared.faces.detect import DETECTOR, detector
from plugins.shared.faces.distances import METRICS, distances
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.measured.cli import LIMITS, network_named
from plugins.shared.faces.measured.likelihood_ratio import (
    LikelihoodRatio,
    cllr,
    cllr_min,
    fit_ratio,
    log_ratio,
)
from plugins.shared.faces.measured.measuring import measure, pairs
from plugins.shared.faces.measured.operating_curves import OperatingCurve
from plugins.shared.files.image_folder import open_labelled
from weights import Weights

MODELS = ("dlib_resnet.faces_v1", "sface_mobilefacenet.opencv_2021dec")
FMR, FNMR = (0.03, 0.01, 0.003, 0.001), (0.1, 0.03, 0.01)


def encoded(folder: Path, model: str) -> tuple[np.ndarray, np.ndarray]:
    """(N, N) distances of all faces, and (N,) who they are."""
    weights = Weights()
    network = network_named(weights, model)
    find = detector(weights.file(DETECTOR).path)
    with open_labelled(folder, LIMITS) as labelled:
        *_, found = survey(labelled, find, network, EncodingCache(), LIMITS)
    metric = network.card.distance
    return distances(found.encodings, found.encodings, metric), np.array(found.people)


def halves(people: np.ndarray, seed: int, count: int) -> list[np.ndarray]:
    """Indices of the faces of so many people, and of as many others."""
    names = np.random.default_rng(seed).permutation(np.unique(people))
    parts = names[:count], names[count : 2 * count]
    return [np.flatnonzero(np.isin(people, part)) for part in parts]


def asked(ours: OperatingCurve) -> dict[str, int]:
    """A threshold (its place on the grid) for each rate, chosen on our half."""
    places = {f"FMR {100 * r:g} %": int(np.flatnonzero(ours.fmr <= r)[-1]) for r in FMR}
    places |= {f"FNMR {100 * r:g} %": int(np.flatnonzero(ours.fnmr <= r)[0]) for r in FNMR}
    return places


def searched(
    ours: OperatingCurve, distance: np.ndarray, people: np.ndarray, seed: int
) -> tuple[float, float, float]:
    """FPIR of one gallery of half of these people, at the tau that our half holds for 1 % with so
    many; and the ends that our half gave.
    """
    random = np.random.default_rng(seed)
    names = random.permutation(np.unique(people))
    k = len(names) // 2
    photos = [random.choice(np.flatnonzero(people == name)) for name in names[:k]]
    strangers = np.isin(people, names[k:])
    place = int(np.flatnonzero(error_probability(ours.fmr, k) <= WANTED)[-1])
    nearest = distance[np.ix_(strangers, photos)].min(axis=1)
    low, high = error_probability(ours.fmr_interval()[:, place], k)
    return float((nearest <= ours.thresholds[place]).mean()), float(low), float(high)


def ratios(ours: LikelihoodRatio, distance: np.ndarray, people: np.ndarray) -> dict[str, float]:
    """What one half's likelihood ratio says of the other half's pairs."""
    i, j, genuine = pairs(list(people))
    found, theirs = distance[i, j], fit_ratio(distance, list(people))
    least = cllr_min(found, genuine)
    free = log_ratio(found, ours.fit)
    capped = np.clip(free, *ours.cap)
    grid = np.linspace(found.min(), found.max(), 60)
    readings = [ours.read(d) for d in grid]
    later = np.clip(log_ratio(grid, theirs.fit), *ours.cap)
    inside = [r.low <= value <= r.high for r, value in zip(readings, later, strict=True)]
    return {
        "free": cllr(free, genuine) - least,
        "capped": cllr(capped, genuine) - least,
        "grid": np.array(inside),
        **{f"reach {c}": (capped[~genuine] >= c).mean() * 10**c for c in (0.5, 1, 1.5, 2)},
    }


def tell(rows: list[dict]) -> None:
    """Print what the likelihood ratios came to."""
    free, capped = ([row[name] for row in rows] for name in ("free", "capped"))
    print(
        f"  Cllr - Cllr_min, uncapped: mean {np.mean(free):.4f}, "
        f"97.5 % of splits below {np.quantile(free, 0.975):.4f}; capped: mean {np.mean(capped):.4f}"
    )
    covered = np.mean([row["grid"] for row in rows], axis=0)
    print(
        f"  the later fit lies within the interval: {covered.min():.1%} at the worst distance, "
        f"{covered.mean():.1%} in the mean"
    )
    for c in (0.5, 1, 1.5, 2):
        share = np.mean([row[f"reach {c}"] for row in rows])
        print(f"  later impostors with LR >= 10^{c}: {share:.2f} times 10^-{c}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", nargs="*", default=MODELS)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--people", type=int, default=20, help="of each half")
    args = parser.parse_args()
    for model in args.model:
        table, people = encoded(args.folder, model)
        top = METRICS[Weights().card(model).distance].top
        held: dict[str, list[bool]] = {}
        upper: dict[str, list[float]] = {}
        likely = []
        for seed in range(args.splits):
            sets = [
                (table[np.ix_(half, half)], people[half])
                for half in halves(people, seed, args.people)
            ]
            ours, theirs = (measure(apart, list(who), top) for apart, who in sets)
            likely.append(ratios(fit_ratio(sets[0][0], list(sets[0][1])), *sets[1]))
            rates = {"FMR": theirs.fmr, "FNMR": theirs.fnmr}
            ends = {"FMR": ours.fmr_interval(), "FNMR": ours.fnmr_interval()}
            for name, i in asked(ours).items():
                kind = name.split()[0]
                low, high = ends[kind][:, i]
                held.setdefault(name, []).append(low <= rates[kind][i] <= high)
                upper.setdefault(name, []).append(high)
            fpir, low, high = searched(ours, *sets[1], seed)
            held.setdefault("FPIR 1 %", []).append(low <= fpir <= high)
            upper.setdefault("FPIR 1 %", []).append(high)
            low, high = ours.eer_interval
            held.setdefault("EER", []).append(low <= theirs.eer <= high)
            upper.setdefault("EER", []).append(high)
        print(f"{model}, {args.splits} splits, {args.people} people and as many others")
        for name, hits in held.items():
            covered, median = np.mean(hits), np.median(upper[name])
            print(f"  {name:10} covers {covered:6.1%}, median upper end {median:.3f}")
        tell(likely)


if __name__ == "__main__":
    main()
