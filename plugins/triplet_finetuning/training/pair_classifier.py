"""The second way to learn a comparison: verification as binary classification.

A logistic regression decides from two encodings whether they show one identity (course week 4,
"Face verification and binary classification"; Taigman et al. 2014, DeepFace). The encodings are
computed once, ahead; what is learnt here are one weight a dimension and a bias:
p = sigmoid(sum_k w_k g_k(f_i, f_j) + b).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from plugins.shared.faces.measured.operating_curves import Rate, equal_error_rate
from plugins.shared.faces.measured.prediction import from_draws
from weights.errors import ParagoneError
from weights.messages import say

KINDS = {
    "distance": "plain distance, d(i, j)",
    "difference": "logistic on |f(i) − f(j)|",
    "chi_square": "logistic on χ², (f(i) − f(j))² / (f(i) + f(j))",
}
MOST_TRAINING, MOST_TESTED = 6000, 20_000
REPLICATES = 200
STRENGTHS = (0.001, 0.01, 0.1, 1.0)
FOLDS = 3
BINS = 10
Table = np.ndarray


@dataclass(frozen=True)
class Head:
    """A logistic regression on a pair of encodings.

    Attributes:
        kind: A key of `KINDS`.
        weights: (D,) of the features as they are; (1,) for `distance`.
        low, high: (D,) range of the training encodings; chi-square scales to it, as Taigman et al.
            scale to 0..1, since the sum below the line must not be negative.
    """

    kind: str
    weights: Table = field(repr=False)
    bias: float
    low: Table = field(repr=False)
    high: Table = field(repr=False)

    def features(self, left: Table, right: Table) -> Table:
        """(N, D) features, or (N, 1) for `distance`, of N pairs of encodings."""
        left, right = np.atleast_2d(left), np.atleast_2d(right)
        if self.kind == "distance":
            return np.linalg.norm(left - right, axis=1, keepdims=True)
        if self.kind == "difference":
            return np.abs(left - right)
        span = np.maximum(self.high - self.low, 1e-9)
        left, right = (np.clip((one - self.low) / span, 0, 1) for one in (left, right))
        below = left + right
        return np.divide((left - right) ** 2, below, out=np.zeros_like(below), where=below > 0)

    def probability(self, left: Table, right: Table) -> Table:
        """(N,) that each pair shows one identity, if half of all pairs do."""
        z = self.features(left, right) @ self.weights + self.bias
        return 1 / (1 + np.exp(-np.clip(z, -500, 500)))

    def to_tensors(self) -> dict[str, Table]:
        """Everything as arrays, for a file."""
        bias = np.array([self.bias], np.float32)
        arrays = {"weights": self.weights, "bias": bias, "low": self.low, "high": self.high}
        return {name: np.asarray(array, np.float32) for name, array in arrays.items()}

    @classmethod
    def from_tensors(cls, kind: str, tensors: dict[str, Table]) -> Head:
        """Read what `to_tensors` gave."""
        arrays = {name: np.asarray(one, np.float64) for name, one in tensors.items()}
        return cls(kind, arrays["weights"], float(arrays["bias"][0]), arrays["low"], arrays["high"])


@dataclass(frozen=True)
class Judged:
    """A head on pairs of identities that it was not trained on; each rate with where it is expected
    for as many other identities (95 %), NaN where there are too few.

    Attributes:
        accuracy: Balanced, at p = 0.5.
        brier: Mean squared error of the probability, both kinds of pairs with equal weight.
        reliability: Rows of (mean probability, share of genuine pairs, share of all pairs) for
            tenths of the probability, both kinds with equal weight.
        eer_draws: (R,) the EER in each draw of the bootstrap, which draws the same identities for
            all heads.
    """

    head: Head
    eer: Rate
    auc: Rate
    accuracy: Rate
    brier: float
    reliability: tuple[tuple[float, float, float], ...]
    eer_draws: Table = field(default_factory=lambda: np.empty(0), repr=False, compare=False)


@dataclass(frozen=True)
class Comparison:
    """The plain distance and both logistic heads on the same held-out pairs."""

    judged: tuple[Judged, ...]
    training_pairs: int
    genuine: int
    impostor: int
    identities: int

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads alone."""
        return tuple(one.head for one in self.judged)

    @property
    def sentence(self) -> str:
        """What was compared."""
        return say(
            "Learnt from {training_pairs:,} pairs, judged on {genuine:,} genuine "
            "and {impostor:,} impostor pairs of {identities} other identities. "
            "Probabilities hold where half of all pairs are genuine.",
            training_pairs=self.training_pairs,
            genuine=self.genuine,
            impostor=self.impostor,
            identities=self.identities,
        )


def compare_heads(
    train: Table, train_labels: Table, test: Table, test_labels: Table, seed: int = 0
) -> Comparison:
    """Fit the three on the training identities, and judge them on the same held-out pairs.

    Args:
        train, test: (N, D) and (M, D) encodings of different identities.

    Raises:
        ParagoneError: Either side has fewer than two identities, or nobody has two pictures.
    """
    train, test = np.asarray(train, np.float64), np.asarray(test, np.float64)
    learnt = draw_pairs(train_labels, MOST_TRAINING, seed, "the training identities")
    tested = draw_pairs(test_labels, MOST_TESTED, seed + 1, "the held-out identities", even=False)
    low, high = train.min(axis=0), train.max(axis=0)
    judged = []
    for kind in KINDS:
        empty = Head(kind, np.zeros(1), 0.0, low, high)
        head = _fit(empty, train, np.asarray(train_labels), learnt)
        judged.append(_judge(head, test, np.asarray(test_labels), tested, seed))
    genuine = int(tested[2].sum())
    return Comparison(
        tuple(judged),
        len(learnt[0]),
        genuine,
        len(tested[0]) - genuine,
        len(np.unique(test_labels)),
    )


def telling(head: Head, plain: Head, encodings: Table, labels: Table) -> tuple[int, int]:
    """Two pictures that teach what the weights do: the head is right and the plain distance wrong,
    both as clearly as can be. Where there are none the other way round, and else any two.
    """
    i, j = np.triu_indices(len(labels), k=1)
    truth = np.where(labels[i] == labels[j], 1, -1)
    sure = [truth * (one.probability(encodings[i], encodings[j]) - 0.5) for one in (head, plain)]
    for right, wrong in (sure, sure[::-1]):
        worth = np.where((right > 0) & (wrong < 0), np.minimum(right, -wrong), -1.0)
        if (best := int(worth.argmax())) >= 0 and worth[best] > 0:
            return int(i[best]), int(j[best])
    return int(i[0]), int(j[0])


def draw_pairs(
    labels: Table, most: int, seed: int, where: str, even: bool = True
) -> tuple[Table, Table, Table]:
    """Pairs of pictures: i, j, and whether they show one identity. At most half of `most` are
    genuine; there are as many impostor pairs as genuine ones, or as many as there is room for.

    Raises:
        ParagoneError: There is no genuine or no impostor pair.
    """
    labels = np.asarray(labels)
    i, j = np.triu_indices(len(labels), k=1)
    same = labels[i] == labels[j]
    if not same.any() or same.all():
        todo = "Two identities or more are needed, and two pictures of one of them."
        raise ParagoneError("There are no pairs to compare", where=where, todo=todo)
    rng = np.random.default_rng(seed)
    genuine, impostor = np.flatnonzero(same), np.flatnonzero(~same)
    genuine = rng.permutation(genuine)[: most // 2]
    impostor = rng.permutation(impostor)[: len(genuine) if even else most - len(genuine)]
    chosen = np.concatenate([genuine, impostor])
    return i[chosen], j[chosen], same[chosen]


def _fit(empty: Head, encodings: Table, labels: Table, drawn: tuple[Table, Table, Table]) -> Head:
    """Logistic regression on standardised features; its strength is chosen by folds of identities,
    so that no identity is on both sides.
    """
    i, j, same = drawn
    features = empty.features(encodings[i], encodings[j])
    mean, sd = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    scaled = (features - mean) / sd
    strength = _strength(scaled, same, labels[i], labels[j]) if features.shape[1] > 1 else 1.0
    model = _logistic(strength).fit(scaled, same)
    weights = model.coef_[0] / sd
    bias = float(model.intercept_[0] - weights @ mean)
    return Head(empty.kind, weights, bias, empty.low, empty.high)


def _strength(features: Table, same: Table, first: Table, second: Table) -> float:
    from sklearn.metrics import roc_auc_score

    names = np.unique([first, second])
    fold_of = dict(zip(names, np.arange(len(names)) % FOLDS, strict=True))
    folds = np.array([[fold_of[a], fold_of[b]] for a, b in zip(first, second, strict=True)])
    scores = {strength: [] for strength in STRENGTHS}
    for fold in range(FOLDS):
        learn, check = (folds != fold).all(axis=1), (folds == fold).all(axis=1)
        if min(len(np.unique(same[part])) for part in (learn, check)) < 2:
            continue
        for strength, found in scores.items():
            model = _logistic(strength).fit(features[learn], same[learn])
            found.append(roc_auc_score(same[check], model.decision_function(features[check])))
    means = {strength: np.mean(found) for strength, found in scores.items() if found}
    return max(means, key=means.get) if means else 0.01


def _logistic(strength: float):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, class_weight="balanced", max_iter=1000)


def _judge(
    head: Head, encodings: Table, labels: Table, drawn: tuple[Table, Table, Table], seed: int
) -> Judged:
    i, j, same = drawn
    p = head.probability(encodings[i], encodings[j])
    _, who = np.unique(labels, return_inverse=True)
    first, second, many = who[i], who[j], who.max() + 1
    rng = np.random.default_rng(seed)
    draws = []
    order = np.argsort(-p, kind="stable")
    for replicate in range(REPLICATES + 1):
        times = np.ones(many)
        if replicate:
            times = np.bincount(rng.integers(0, many, many), minlength=many)
        weight = np.where(same, times[first], times[first] * times[second]).astype(float)
        if (weight * same).sum() and (weight * ~same).sum():
            draws.append(_rates(p[order], same[order], weight[order]))
    table = np.array(draws)
    rates = [
        Rate(float(value), *from_draws(float(value), column[1:], many))
        for value, column in zip(table[0], table.T, strict=True)
    ]
    even = np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum())
    brier = float((even * (p - same) ** 2).sum())
    return Judged(head, *rates, brier, _reliability(p, same, even), table[1:, 0])


def _rates(p: Table, same: Table, weight: Table) -> tuple[float, float, float]:
    """EER, AUC and balanced accuracy at 0.5 of weighted pairs, the most probable first."""
    hit, false = np.cumsum(weight * same), np.cumsum(weight * ~same)
    last = np.append(p[1:] != p[:-1], True)  # Pairs of one probability are taken together.
    hit = np.concatenate([[0.0], hit[last] / hit[-1]])
    false = np.concatenate([[0.0], false[last] / false[-1]])
    area = float(np.sum(np.diff(false) * (hit[1:] + hit[:-1]) / 2))
    taken = p >= 0.5
    right = (weight * same * taken).sum() / (weight * same).sum()
    turned = (weight * ~same * ~taken).sum() / (weight * ~same).sum()
    return equal_error_rate(false, 1 - hit), area, float(right + turned) / 2


def _reliability(p: Table, same: Table, weight: Table) -> tuple[tuple[float, float, float], ...]:
    cell = np.minimum((p * BINS).astype(int), BINS - 1)
    total = np.bincount(cell, weight, BINS)
    rows = []
    for k in np.flatnonzero(total):
        part = cell == k
        mean = (weight[part] * p[part]).sum() / total[k]
        genuine = (weight[part] * same[part]).sum() / total[k]
        rows.append((float(mean), float(genuine), float(total[k])))
    return tuple(rows)
