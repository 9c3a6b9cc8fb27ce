"""A small result of a made-up run on pictures of people with names of their own."""

from __future__ import annotations

import numpy as np

from plugins.shared.files.image_folder import Skipped
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.export.result import Base, Data, Result
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.events import Evaluation, Scene, Step, Triplet
from plugins.triplet_finetuning.training.history import Row

PEOPLE = ("Rosalind Übermacht", "Тимур Безымянный", "quixotesque", "Zdzisława Wąż")
TITLE, SOURCE = "holiday-of-the-hollins.zip", "from the attic of the hollins"
CONFIG = {"architecture": "small", "arguments": {"num_classes": 0}, "alignment": "whole-8"}


def pictures() -> PictureSet:
    """Twelve pictures of four people."""
    labels = np.repeat(np.arange(4), 3)
    chips = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)
    files = tuple(f"{PEOPLE[label]}/snapshot_{i:03}.jpeg" for i, label in enumerate(labels))
    skipped = (Skipped("quixotesque/blurred_one.jpeg", "no face was found"),)
    return PictureSet(TITLE, SOURCE, chips, labels, PEOPLE, files, "whole-8", skipped)


def steps() -> list[Step]:
    """What a run of two steps tells."""
    evaluation = Evaluation(0.5, 0.4, 0.25, np.zeros((6, 128), np.float32))
    triplet = Triplet(0, 1, 3, 0.5, 0.4, 0.3, "hard")
    none = np.zeros(0)
    scene = Scene((0.5, 0.25, 0.25), (triplet,), none, none, none, none)
    return [
        Step(0, float("nan"), 0, float("nan"), evaluation=evaluation),
        Step(1, 0.19, 12, 0.05, 0.1, scene),
        Step(2, 0.1, 7, 0.06, 0.2, scene, evaluation),
    ]


def result(public: str = "", base: Base | None = None, heads: bool = True, seed: int = 0) -> Result:
    """A result as a run makes it."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    everyone = pictures()
    training, held_out = everyone.only(everyone.labels < 2), everyone.only(everyone.labels >= 2)
    figures = {
        "before": {"recall": np.float32(0.5), "one_shot": [0.4, 0.3, 0.5], "eer": 0.25},
        "after": {"recall": 0.75, "one_shot": (0.7, 0.6, 0.8), "eer": float("nan")},
    }
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 128))
    head = {"difference": {"weights": np.linspace(-1, 1, 128), "bias": np.float64(0.5)}}
    return Result(
        CONFIG,
        network.state_dict(),
        Settings(margin=0.3, augment=False, steps=2),
        figures,
        Data.of(training, held_out, public),
        base or Base.of(None),
        "2026-11-24",
        2,
        tuple(map(Row.of, steps())),
        head if heads else {},
    )
