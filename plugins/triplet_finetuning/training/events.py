"""What a run tells while it goes on: data only, plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

KINDS = ("easy", "semihard", "hard")


@dataclass(frozen=True)
class Triplet:
    """One mined triplet; `anchor`, `positive`, `negative` are indices into the training pictures.

    Attributes:
        ap, an: d(A, P) and d(A, N).
        loss: max(d(A, P) - d(A, N) + margin, 0).
        kind: `hard` where d(A, N) <= d(A, P), `semihard` where it is farther but inside the
            margin, `easy` where the loss is 0 (Schroff et al. 2015).
    """

    anchor: int
    positive: int
    negative: int
    ap: float
    an: float
    loss: float
    kind: str


@dataclass(frozen=True)
class Scene:
    """What the theatre shows of one step.

    Attributes:
        shares: Of all valid triplets of the batch: easy, semi-hard, hard; they sum to 1.
        hardest: The mined triplets with the largest loss, at most six, one an anchor.
        indices: (B,) which training pictures the batch holds.
        distances: (B,) from the first of `hardest`'s anchor to each picture of the batch.
        same: (B,) bool: shows the anchor's identity.
        points: (B, 2) the batch's encodings on their two main directions, the anchor at (0, 0).
    """

    shares: tuple[float, float, float]
    hardest: tuple[Triplet, ...]
    indices: np.ndarray = field(repr=False)
    distances: np.ndarray = field(repr=False)
    same: np.ndarray = field(repr=False)
    points: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Evaluation:
    """The held-out identities at one moment of a run.

    Attributes:
        recall: recall@1, 0..1: the nearest other picture shows the same identity.
        one_shot: Accuracy with one picture of each identity enrolled, 0..1, mean over draws.
        eer: Equal error rate of verification, 0..1.
        encodings: (N, 128) of the held-out pictures.
    """

    recall: float
    one_shot: float
    eer: float
    encodings: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Step:
    """One step of a run. Step 0 is before any training: it has an evaluation and no loss.

    Attributes:
        number: 0..settings.steps.
        loss: Mean over the triplets that count, or over all of the batch where all that lose count
            (NaN at step 0 and where no triplet counts).
        mined: How many triplets counted.
        spread: Mean standard deviation of the batch's encodings over their 128 numbers; a
            collapse takes it towards 0.
        seconds: Since the run began, pauses left out.
        scene: None where the theatre is off.
        evaluation: At step 0 and every `settings.every` steps.
        warning: A sentence where the run is collapsing, and what to try; "" where all is well.
    """

    number: int
    loss: float
    mined: int
    spread: float
    seconds: float = 0.0
    scene: Scene | None = None
    evaluation: Evaluation | None = None
    warning: str = ""
