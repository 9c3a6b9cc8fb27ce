"""A first answer without any training in three dimensions: a 2-D network that knows photographs
looks at slices along three axes, and ridge regression reads its features.

It follows Raptor (An et al., "Raptor: Scalable Train-Free Embeddings for 3D Medical Volumes
Leveraging Pretrained 2D Foundation Models", ICML 2025): features of slices along each axis, made
smaller by random projections, averaged, and a linear classifier on top. Raptor's network is
DINOv2-L; ours is small and shipped, so it is the quick answer and no more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.learning.input_form import Form
from plugins.volume_classification.learning.metrics import Report, report

NETWORK = "tf_efficientnet_lite0.packaged_in1k"
SLICES, SIDE = 8, 64
"""Slices along each axis, and pixels along their edges."""
PROJECTED = 256
"""Numbers that the features of one axis are made into."""
TOGETHER = 8
"""Volumes that pass through the network at once."""
STRENGTHS = tuple(10.0**power for power in range(-1, 6))
"""Of the ridge, of which leave-one-out on the training volumes chooses one."""


@dataclass(frozen=True, eq=False)
class Quick:
    """What came of it.

    Attributes:
        report: On the test examples. `seconds`: of everything.
    """

    report: Report = field(repr=False)
    seconds: float


class TrainFree:
    """Encodes volumes, a few at a time, and then judges.

    Args:
        network: A timm ConvNet with `forward_features`, in evaluation mode.
        mean, std: Of its inputs, for greys 0..1.
        form: How values are scaled.
    """

    def __init__(self, network: Any, mean: float, std: float, form: Form):
        self._network, self._mean, self._std, self._form = network, mean, std, form
        self._device = next(network.parameters()).device
        self._projections: list[Tensor] = []

    def steps(self, train: VolumeSet, test: VolumeSet) -> Iterator[float | Quick]:
        """The share that is done, 0..1, again and again, and at last what came of it."""
        began, parts, done = time.perf_counter(), [], 0
        for volumes in (train, test):
            found = []
            for start in range(0, len(volumes), TOGETHER):
                found.append(self.encoded(volumes.values[start : start + TOGETHER]))
                done += len(found[-1])
                yield done / (len(train) + len(test))
            parts.append(np.concatenate(found))
        yield Quick(judged(parts, train, test), time.perf_counter() - began)

    @torch.inference_mode()
    def encoded(self, values: np.ndarray) -> np.ndarray:
        """(N, 2 * 3 * PROJECTED) of volumes (N, size, size, size)."""
        form = self._form
        greys = self._form.scaled(values) * form.deviation + form.mean
        greys = ((greys - form.low) / (form.high - form.low) - self._mean) / self._std
        found = []
        for axis in (1, 2, 3):
            features = self._network.forward_features(self._slices(greys.movedim(axis, 1)))
            features = features.mean((2, 3)).unflatten(0, (len(values), -1)).cpu()
            if len(self._projections) < axis:
                chance = torch.Generator().manual_seed(axis)
                shape = (features.shape[-1], PROJECTED)
                made = torch.randn(shape, generator=chance) / PROJECTED**0.5
                self._projections.append(made)
            small = features @ self._projections[axis - 1]
            found += [small.mean(1), small.amax(1)]
        return torch.cat(found, 1).numpy()

    def _slices(self, greys: Tensor) -> Tensor:
        """(N * SLICES, 3, SIDE, SIDE): each with its two neighbours as colours."""
        depth = greys.shape[1]
        middle = ((np.arange(SLICES) + 0.5) * depth / SLICES).astype(int)
        three = np.clip(middle[:, None] + np.array([-1, 0, 1]), 0, depth - 1)
        pictures = greys[:, three.reshape(-1)].unflatten(1, (-1, 3)).flatten(0, 1)
        size = (SIDE, SIDE)
        pictures = F.interpolate(pictures, size, mode="bilinear", align_corners=False)
        return pictures.to(self._device)


def judged(parts: list[np.ndarray], train: VolumeSet, test: VolumeSet) -> Report:
    """Ridge regression on encodings of the training volumes, judged on those to test on."""
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    ridge = RidgeClassifierCV(alphas=STRENGTHS, class_weight="balanced")
    found = make_pipeline(StandardScaler(), ridge).fit(parts[0], train.labels)
    scores = found.decision_function(parts[1])
    if scores.ndim == 1:
        scores = np.stack([-scores, scores], 1)
    logits = np.full((len(test), len(train.classes)), -np.inf)
    logits[:, found.classes_] = scores
    return report(logits, test.labels, train.classes)
