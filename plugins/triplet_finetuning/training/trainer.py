"""The training loop: P x K batches, mined triplets, and evaluations on identities
that it never sees.

The batch of a step depends on (seed, step) alone, so that a run can go on from a checkpoint, and
several processes can share each batch, and learn what one process would.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from plugins.shared.classification.labelled import spread
from plugins.triplet_finetuning.data.augment import vary
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.data.sampler import LOOKED_AT, draw, hold_back
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.encoder import Encoder, centre, encode
from plugins.triplet_finetuning.training.evaluate import evaluate
from plugins.triplet_finetuning.training.events import Evaluation, Step
from plugins.triplet_finetuning.training.miners import make_loss, make_miner, scene, valid_triplets
from weights.errors import ParagoneError
from weights.messages import say

FRAME = 0.3
"""Seconds between two scenes of the theatre, which the page draws."""
CENTRED = 256
"""Training pictures whose mean encoding a new head starts from."""
WINDOW = 20
FLAT = 0.012
"""Encodings of length 1 over 128 numbers that fill the sphere have a spread of 0.088."""


class TrainingError(ParagoneError):
    """A run that cannot go on. What it had learnt by the last evaluation is kept."""


class Group(Protocol):
    """The processes that share each batch."""

    rank: int
    world: int

    def gather(self, encodings: Tensor) -> Tensor:
        """All ranks' encodings in order; only one's own rows carry a gradient."""
        ...

    def add_up(self, parameters: list[torch.nn.Parameter]) -> None:
        """Replace each gradient by its sum over the ranks."""
        ...


class Alone:
    """One process."""

    rank, world = 0, 1

    def gather(self, encodings: Tensor) -> Tensor:
        return encodings

    def add_up(self, parameters: list[torch.nn.Parameter]) -> None:
        pass


class Trainer:
    """One run.

    Args:
        pictures: Of the identities that are trained on; some pictures of each are held back to
            choose the best weights by.
        held_out: Of other identities; nothing is chosen by them.
        theatre: Whether steps carry scenes.

    Attributes:
        number: The last step taken. `seconds`: spent on steps and evaluations so far.
        best: Number of the step whose weights are the best so far. `best_state`: those weights.
    """

    def __init__(
        self,
        encoder: Encoder,
        pictures: PictureSet,
        held_out: PictureSet,
        settings: Settings,
        theatre: bool = True,
        group: Group | None = None,
    ):
        self.encoder, self.pictures, self.held_out = encoder, pictures, held_out
        self.settings, self.theatre, self.group = settings, theatre, group or Alone()
        self._learn, self._validate = hold_back(pictures.labels, settings)
        first = self._learn[spread(pictures.labels[self._learn], CENTRED)]
        centre(encoder.eval(), pictures.chips[first])
        self._shown = spread(held_out.labels, LOOKED_AT)
        self._by_identity = [
            self._learn[pictures.labels[self._learn] == label]
            for label in range(len(pictures.names))
        ]
        self._loss = make_loss(settings)
        self._miner, self._warm_up = (
            make_miner(settings, settings.mining),
            make_miner(settings, "all"),
        )
        self._learning = [p for p in encoder.parameters() if p.requires_grad]
        rate, decay = settings.rate, settings.decay
        self._optimizer = torch.optim.AdamW(self._learning, lr=rate, weight_decay=decay)
        self.number, self.seconds = 0, 0.0
        self.best, self.best_state = 0, copy_of(encoder)
        self._score, self._waited = (-1.0, -1.0), 0
        self._losses: deque[float] = deque(maxlen=WINDOW)
        self._framed = 0.0

    def learn_by(self, loss: Callable[..., Tensor], parameters: Iterable[nn.Parameter]) -> None:
        """Learn by another loss, before the first step.

        Args:
            loss: (B, 128) encodings, (B,) labels and triplets to a number.
            parameters: The loss's own, such as proxies; they learn a hundred times as quickly.
        """
        self._loss = loss
        group = {"params": list(parameters), "lr": 100 * self.settings.rate}
        self._optimizer.add_param_group(group)

    # --- a run --------------------------------------------------------------------------------

    def run(self) -> Iterator[Step]:
        """The steps of the run, each when it has been taken. Anyone who asks for no more pauses it;
        closing the generator stops it.

        Raises:
            TrainingError: The loss is no number any more, or the memory does not suffice.
        """
        start = time.perf_counter()
        if self.number == 0:
            yield self._timed(
                Step(0, float("nan"), 0, float("nan"), evaluation=self.evaluate()), start
            )
        while self.number < self.settings.steps:
            start = time.perf_counter()
            yield self._timed(self.step(), start)
            if self.settings.patience and self._waited >= self.settings.patience:
                return

    def _timed(self, step: Step, start: float) -> Step:
        self.seconds += time.perf_counter() - start
        return replace(step, seconds=self.seconds)

    def step(self) -> Step:
        """Take one step."""
        settings, group = self.settings, self.group
        number = self.number + 1
        try:
            rng = np.random.default_rng((settings.seed, number))
            indices = draw(self._by_identity, settings, rng)
            own = np.array_split(np.arange(len(indices)), group.world)[group.rank]
            self.encoder.train()
            inputs = self.encoder.transform(self.pictures.chips[indices[own]])
            if settings.augment:
                inputs = vary(inputs, rng, len(indices), own)
            encodings = group.gather(self.encoder(inputs))
            labels = torch.from_numpy(self.pictures.labels[indices]).to(encodings.device)
            mine = self._warm_up if number <= settings.warm_up else self._miner
            triplets = mine(encodings.detach(), labels, rng)
            loss = self._loss(encodings, labels, triplets)
            value = float(loss.detach())
            if mine is self._warm_up or settings.mining == "all":  # Those without loss count as 0.
                value *= len(triplets[0]) / valid_triplets(self.pictures.labels[indices])
            if not np.isfinite(value):
                raise _not_a_number(number)
            if len(triplets[0]):
                self._optimizer.zero_grad(set_to_none=True)
                loss.backward()
                group.add_up(self._learning)
                self._optimizer.step()
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "memory" not in str(error).lower():
                raise
            raise _no_memory(settings) from error
        self.number = number
        self._losses.append(value)
        known = encodings.detach()
        spread = float(known.std(0).mean())
        now = time.perf_counter()
        shown = None
        if self.theatre and now - self._framed >= FRAME:
            self._framed = now
            mined = tuple(part.cpu().numpy() for part in triplets)
            labels = self.pictures.labels[indices]
            shown = scene(known.float().cpu().numpy(), labels, indices, mined, settings)
        due = number % settings.every == 0 or number == settings.steps
        return Step(
            number,
            value if len(triplets[0]) else float("nan"),
            len(triplets[0]),
            spread,
            scene=shown,
            evaluation=self.evaluate() if due else None,
            warning=self._warning(spread, len(triplets[0])),
        )

    def evaluate(self) -> Evaluation:
        """Evaluate on the held-out identities, and keep the weights if they are the best so far by
        the pictures that were held back.
        """
        distance = self.settings.distance
        held = encode(self.encoder, self.held_out.chips[self._shown])
        seen = evaluate(held, self.held_out.labels[self._shown], distance)
        if len(self._validate):
            back = encode(self.encoder, self.pictures.chips[self._validate])
            judged = evaluate(back, self.pictures.labels[self._validate], distance)
            score = (judged.recall, -judged.eer)
        else:
            score = (float(self.number), 0.0)  # Nothing to choose by: the last is the best.
        self._waited = 0 if score > self._score else self._waited + 1
        if score >= self._score:  # Of equally good ones the later has learnt more.
            self._score, self.best, self.best_state = score, self.number, copy_of(self.encoder)
        return seen

    def finish(self) -> Encoder:
        """The encoder with the best weights so far, ready to use."""
        self.encoder.load_state_dict(self.best_state)
        return self.encoder.eval()

    @property
    def shown(self) -> np.ndarray:
        """Which of the held-out pictures the encodings of evaluations belong to."""
        return self._shown

    # --- checkpoints --------------------------------------------------------------------------

    def state(self) -> dict:
        """Everything that goes on from here: tensors, numbers and lists."""
        return {
            "number": self.number,
            "seconds": self.seconds,
            "encoder": self.encoder.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "best": self.best,
            "best_state": self.best_state,
            "score": list(self._score),
            "waited": self._waited,
            "losses": list(self._losses),
        }

    def restore(self, state: dict) -> None:
        """Go on from what `state` gave."""
        self.encoder.load_state_dict(state["encoder"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.number, self.seconds = state["number"], state["seconds"]
        self.best, self.best_state = state["best"], state["best_state"]
        self._score, self._waited = tuple(state["score"]), state["waited"]
        self._losses.extend(state["losses"])

    # --- the parts of a step ------------------------------------------------------------------

    def _warning(self, spread: float, mined: int) -> str:
        margin, losses = self.settings.margin, np.asarray(self._losses)
        todo = "Try a lower learning rate, semi-hard mining, or a smaller margin."
        if spread < FLAT:
            return say(
                "All encodings are nearly one point (spread {spread:.4f}): a collapse. {todo}",
                spread=spread,
                todo=say(todo),
            )
        if len(losses) == WINDOW and (np.abs(losses - margin) < 0.03 * margin).all():
            return say(
                "The loss has stood at α = {margin:g} for {window} steps: positives "
                "and negatives are equally far. {todo}",
                margin=margin,
                window=WINDOW,
                todo=say(todo),
            )
        if self.settings.mining == "easy" and mined:
            return "Easy triplets have no loss, so nothing is learnt from them."
        return ""


def copy_of(encoder: Encoder) -> dict[str, Tensor]:
    """The encoder's tensors now, on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in encoder.state_dict().items()}


def _not_a_number(number: int) -> TrainingError:
    return TrainingError(
        say("The loss is no number any more at step {number}", number=number),
        where="rate",
        todo="Start again with a lower learning rate. The best weights so far are kept.",
    )


def _no_memory(settings: Settings) -> TrainingError:
    return TrainingError(
        say("The memory does not suffice for batches of {batch} pictures", batch=settings.batch),
        where="identities, pictures",
        todo="Choose fewer identities or fewer pictures a batch, or let fewer layers learn.",
    )
