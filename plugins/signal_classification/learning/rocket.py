"""A Rocket that may vote beside the networks: fixed kernels, and a linear classifier on how often
each answers strongly.

The kernels are MiniRocket's (Dempster, Schmidt & Webb, "MiniRocket: A Very Fast (Almost)
Deterministic Transform for Time Series Classification", 2021), as convolutions of torch. The
classifier is a ridge regression whose strength and whose certainty are found by leaving out each
training signal in turn, which a ridge regression answers in closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.signal_classification.learning.metrics import temperature

TAPS, HIGH = 9, 3
"""Each kernel has nine taps: three of weight 2, and six of weight -1."""
FEATURES, DILATIONS = 9996, 32
"""Of all kernels together; and how many dilations a kernel may have at most."""
STRENGTHS = np.logspace(-3, 3, 13)
"""Of the ridge, as a share of the mean squared length of a signal's features."""
TOGETHER = 64
"""Training signals whose features are found at once."""
CELLS = 2**24
"""Numbers that are compared at once."""


class Rocket(nn.Module):
    """(N, channels, length) to (N, classes): scores whose softmax are probabilities.

    Before `learn` or `load_state_dict` it knows nothing.
    """

    def __init__(self, channels: int, length: int, classes: int):
        super().__init__()
        kernels = -torch.ones(84, TAPS)
        for kernel, high in zip(kernels, combinations(range(TAPS), HIGH), strict=True):
            kernel[list(high)] = 2
        self.register_buffer("kernels", kernels, persistent=False)
        self.dilations, self.counts = spread(length)
        self.register_buffer("mixes", torch.ones(len(self.dilations), len(kernels), channels))
        self.register_buffer("levels", torch.zeros(len(kernels), sum(self.counts)))
        self.head = nn.Linear(self.levels.numel(), classes)

    def forward(self, signals: Tensor) -> Tensor:
        return self.head(self.features(signals))

    @torch.no_grad()
    def features(self, signals: Tensor) -> Tensor:
        """(N, FEATURES), 0..1: the share of the places where a kernel answers above a level."""
        found = []
        levels = self.levels.split(self.counts, 1)
        for i, own in enumerate(levels):
            answers, inner = self._answers(signals, i)
            rows = max(1, CELLS // (answers[0].numel() * own.shape[1]))
            odd = (torch.arange(len(own), device=signals.device) + i) % 2 == 1
            shares = signals.new_empty(len(signals), *own.shape)
            for start in range(0, len(signals), rows):
                part = answers[start : start + rows]
                for which, region in ((~odd, slice(None)), (odd, inner)):
                    high = part[:, which, None, region] > own[which][None, :, :, None]
                    shares[start : start + rows, which] = high.float().mean(-1)
            found.append(shares.flatten(1))
        return torch.cat(found, 1)

    @torch.no_grad()
    def learn(self, signals: Tensor, labels: np.ndarray, seed: int) -> None:
        """Choose levels and fit the classifier.

        Args:
            labels: (N,) of 0..classes - 1.
        """
        rng = np.random.default_rng(seed)
        channels = self.mixes.shape[2]
        for one in self.mixes.flatten(0, 1) if channels > 1 else ():
            many = int(2 ** rng.uniform(0, np.log2(min(channels, TAPS) + 1)))
            one.zero_()[torch.from_numpy(rng.permutation(channels)[:many])] = 1
        golden = (np.arange(1, self.levels.numel() + 1) * (np.sqrt(5) + 1) / 2) % 1
        at = torch.from_numpy(golden.reshape(self.levels.shape)).to(self.levels)
        for i, (own, wanted) in enumerate(
            zip(self.levels.split(self.counts, 1), at.split(self.counts, 1), strict=True)
        ):
            # Each kernel takes its levels from what it answers to one signal, by chance.
            chosen = torch.from_numpy(rng.integers(len(signals), size=len(own)))
            for k, which in enumerate(chosen.tolist()):
                answers, inner = self._answers(signals[which : which + 1], i, slice(k, k + 1))
                region = inner if (i + k) % 2 else slice(None)
                own[k] = torch.quantile(answers[0, 0, region], wanted[k])
        found = [self.features(part).double().cpu().numpy() for part in signals.split(TOGETHER)]
        self._fit(np.concatenate(found), labels)

    def _answers(self, signals: Tensor, i: int, which: slice = slice(None)) -> tuple[Tensor, slice]:
        """(N, kernels, L) with dilation `i`, and where no kernel reaches beyond the signal."""
        weights = self.mixes[i, which, :, None] * self.kernels[which, None]
        reach = (TAPS // 2) * self.dilations[i]
        answers = F.conv1d(signals, weights, padding=reach, dilation=self.dilations[i])
        return answers, slice(reach, signals.shape[-1] - reach)

    def _fit(self, features: np.ndarray, labels: np.ndarray) -> None:
        classes = self.head.out_features
        mean, deviation = features.mean(0), features.std(0)
        even = (features - mean) / np.where(deviation > 0, deviation, 1)
        wanted = 2 * np.eye(classes)[labels] - 1
        middle = wanted.mean(0)
        strengths = STRENGTHS * max((even**2).sum(1).mean(), 1e-9)
        found = alone(even, wanted - middle, strengths)
        weights, missed = min(found, key=lambda one: (one[1] ** 2).mean())
        heat = temperature(wanted - missed, labels, 1 / (len(labels) + 2))
        slopes = (even.T @ weights) / np.where(deviation > 0, deviation, 1)[:, None] / heat
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(slopes.T))
            self.head.bias.copy_(torch.from_numpy(middle / heat - mean @ slopes))


def alone(
    features: np.ndarray, wanted: np.ndarray, strengths: Sequence[float]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each strength of a ridge, what each signal counts, and how far the answer to it is from
    what is wanted when all others are learnt from, (N, classes) each.

    Args:
        features: (N, F) with mean 0. `wanted`: (N, classes) with mean 0.
    """
    values, vectors = np.linalg.eigh(features @ features.T)
    turned, found = vectors.T @ wanted, []
    # The mean is not held back by the ridge: it is the direction in which all are alike.
    alike = np.abs(vectors.sum(0)).argmax()
    for strength in strengths:
        shrunk = 1 / (values + strength)
        shrunk[alike] = 0
        weights = vectors @ (shrunk[:, None] * turned)
        found.append((weights, weights / ((vectors**2) @ shrunk)[:, None]))
    return found


def spread(length: int) -> tuple[list[int], list[int]]:
    """The dilations for signals of a length, evenly spread on a logarithmic scale until a kernel
    spans the signal; and how many features of each kernel belong to each.
    """
    each = FEATURES // 84
    longest = np.log2((length - 1) / (TAPS - 1))
    steps = np.logspace(0, max(longest, 0), min(each, DILATIONS), base=2).astype(int)
    dilations, counts = np.unique(steps, return_counts=True)
    counts = (counts * each / counts.sum()).astype(int)
    counts[: each - counts.sum()] += 1
    return dilations.tolist(), counts.tolist()
