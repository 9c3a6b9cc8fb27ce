"""Record the runs that the page plays, and encode the objects of its first act:
`python -m plugins.triplet_finetuning.record [NAME…]`.
"""

from __future__ import annotations

import sys

import numpy as np

from plugins.triplet_finetuning.data.sampler import draw
from plugins.triplet_finetuning.data.split import OBJECTS, built_in
from plugins.triplet_finetuning.few_shot import network
from plugins.triplet_finetuning.recorded import COLLAPSE, NAMES, RANDOM, WORKS, write
from plugins.triplet_finetuning.settings import Settings, alignment_for
from plugins.triplet_finetuning.training.encoder import Encoder, encode
from plugins.triplet_finetuning.training.events import Scene
from plugins.triplet_finetuning.training.miners import SHOWN, distance_matrix, scene
from plugins.triplet_finetuning.training.run import Run
from weights import Weights

ENCODINGS = "encodings"
SETTINGS = {
    WORKS: Settings(norm="batch", mining="all"),
    COLLAPSE: Settings(margin=0, warm_up=0),
    RANDOM: Settings(norm="batch"),
}


class Followed:
    """One batch of training pictures, and six triplets of it that are hard before training."""

    def __init__(self, run: Run, encoder: Encoder):
        self._run = run
        labels = run.pictures.labels
        own = [np.flatnonzero(labels == label) for label in range(len(run.pictures.names))]
        self._indices = np.unique(draw(own, run.settings, np.random.default_rng(0)))
        self._labels = labels[self._indices]
        self._mined = self._hard(encode(encoder, run.pictures.chips[self._indices]))

    def look(self, encoder: Encoder) -> Scene:
        """The batch and the triplets now."""
        encodings = encode(encoder, self._run.pictures.chips[self._indices])
        return scene(
            encodings, self._labels, self._indices, self._mined, self._run.settings, ordered=False
        )

    def _hard(self, encodings: np.ndarray) -> tuple[np.ndarray, ...]:
        """Of as many identities, anchors whose median positive is farther than their median
        negative of the nearer half: hard ones, but not the hopeless ones that batch-hard finds.
        """
        table = distance_matrix(encodings, self._run.settings.distance)
        rows = []
        for anchor, label in enumerate(self._labels):
            same, other = self._labels == label, self._labels != label
            same[anchor] = False
            if not same.any() or label in {self._labels[row[0]] for row in rows}:
                continue
            positives, negatives = np.flatnonzero(same), np.flatnonzero(other)
            p = positives[np.argsort(table[anchor][positives])[len(positives) // 2]]
            n = negatives[np.argsort(table[anchor][negatives])[len(negatives) // 8]]
            if table[anchor, n] < table[anchor, p]:
                rows.append((anchor, p, n))
            if len(rows) == SHOWN:
                break
        return tuple(np.array(part) for part in zip(*rows, strict=True))


def record(name: str) -> None:
    """Train on sixteen categories of objects, and write the files."""
    settings = SETTINGS[name]
    parts = built_in(OBJECTS, alignment_for(None), settings)
    run = Run(settings, *parts, rival=name == RANDOM)
    followed, scenes = None, []
    for step in run.advance():
        trainer = run.trainer
        followed = followed or Followed(run, trainer.encoder)
        if step.evaluation is not None and len(run.track.looks) > len(scenes):
            scenes.append(followed.look(trainer.encoder))
    outcome = run.finish()
    write(name, run, outcome, scenes, encode(outcome.encoder, run.pictures.chips))
    print(name, outcome.report.figures(), f"{outcome.pace:.1f} steps a second")


def main(names: list[str]) -> None:
    """Record all, or those that are named."""
    for name in names or (ENCODINGS, *NAMES):
        if name == ENCODINGS:
            network.write(Weights())
        else:
            record(name)


if __name__ == "__main__":
    main(sys.argv[1:])
