"""Fine-tuning on several processes or machines: Ray Train runs the trainer of one process in each.

The workers share every batch (`Ranks`), so they learn what one process would. A worker that dies
takes the others down; all start again from the last checkpoint.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.ray.board import Board, Start
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training import checkpoints
from plugins.triplet_finetuning.training.encoder import Encoder
from plugins.triplet_finetuning.training.events import Step
from plugins.triplet_finetuning.training.trainer import Trainer, TrainingError
from weights.errors import ParagoneError
from weights.remote.cluster import ClusterError, check_room, load

if TYPE_CHECKING:
    from types import ModuleType

FAILURES = 5
"""This many lost workers are made good."""
POLL = 0.1
"""Seconds between two questions to the board."""
LAST_WORDS = 60.0
"""Seconds that workers have to end after they were told to stop."""


class RayTrainer:
    """A run on this many workers; it is used as a `Trainer` is. Ray is connected.

    Args:
        encoder: As it starts; with the best weights so far after `finish`.
        storage: Folder or address for checkpoints that all workers' machines can reach. None: a
            folder of this machine, for a local Ray.

    Attributes:
        number, seconds, best, shown: As of a `Trainer`.
        starts: When workers began, or began again after one of them was lost.
        waited: Seconds from the beginning to the workers' first step.

    Raises:
        ClusterError: The cluster is too small, or it needs a storage and has none.
        ParagoneError: There are more workers than pictures in a batch.
    """

    def __init__(
        self,
        encoder: Encoder,
        pictures: PictureSet,
        held_out: PictureSet,
        settings: Settings,
        workers: int,
        storage: str | None = None,
    ):
        self._ray = load()
        self.encoder, self.settings, self._workers = encoder, settings, workers
        if workers > settings.batch:
            what = f"{workers} workers cannot share batches of {settings.batch} pictures"
            todo = "Use fewer workers, or more identities or pictures a batch."
            raise ParagoneError(what, where="workers", todo=todo)
        self._gpu = encoder.transform.device == "cuda"
        check_room(self._ray, workers, workers if self._gpu else 0)
        if os.environ.get("RAY_ADDRESS", "").strip() and not storage:
            what = "A cluster's workers need a place for checkpoints that all of them can reach"
            raise ClusterError(what, where="storage", todo="Name one, such as a shared folder.")
        self._storage, self._sets = storage, (pictures, held_out)
        # For what can be asked before the workers have told anything, such as what is shown.
        whole = Trainer(encoder, pictures, held_out, settings, theatre=False)
        self.shown: np.ndarray = whole.shown
        self._state: dict[str, Any] = whole.state()
        self.number, self.seconds, self.waited = -1, 0.0, 0.0
        self.starts: list[Start] = []
        self._failure: BaseException | None = None

    @property
    def best(self) -> int:
        """The step with the best weights so far."""
        return self._state["best"]

    def run(self) -> Iterator[Step]:
        """Every step once, in order. Closing the generator stops the workers within a step.

        Raises:
            TrainingError: As of `Trainer.run`.
            ClusterError: Workers were lost too often, or do not start.
        """
        begun = time.perf_counter()
        board = self._ray.remote(Board).options(num_cpus=0).remote()
        with tempfile.TemporaryDirectory(prefix="paragone-train-") as folder:
            fit = threading.Thread(target=self._fit, args=(board, folder), daemon=True)
            fit.start()
            try:
                while True:
                    ended = not fit.is_alive()
                    news = self._ray.get(board.since.remote(self.number))
                    steps, self.starts, refusal = news
                    for step in steps:
                        self.waited = self.waited or time.perf_counter() - begun - step.seconds
                        self.number, self.seconds = step.number, step.seconds
                        yield step
                    if ended:
                        break
                    time.sleep(POLL)
            finally:
                board.stop.remote()
                fit.join(LAST_WORDS)
                self._ray.kill(board)
        if refusal:
            raise TrainingError(refusal[0], where=refusal[1], todo=refusal[2])
        if self._failure is not None:
            first = " ".join(str(self._failure).split())[:300]
            what = f"The workers could not finish: {first}"
            todo = "What was learnt by the last checkpoint is kept."
            raise ClusterError(what, where="workers", todo=todo) from self._failure

    def finish(self) -> Encoder:
        """The encoder with the best weights so far, ready to use."""
        self.encoder.load_state_dict(self._state["best_state"])
        return self.encoder.eval()

    def _fit(self, board: Any, folder: str) -> None:
        """Start the workers and wait until they have ended. Runs in a thread of its own."""
        train, torch = load("ray.train"), load("ray.train.torch")
        encoder, device = self.encoder, self.encoder.transform.device
        given = self._ray.put((encoder.cpu(), *self._sets, self.settings))
        encoder.to(device)
        trainer = torch.TorchTrainer(
            work,
            train_loop_config={"given": [given], "board": board, "workers": self._workers},
            scaling_config=train.ScalingConfig(num_workers=self._workers, use_gpu=self._gpu),
            run_config=train.RunConfig(
                name=Path(folder).name,
                storage_path=self._storage or folder,
                failure_config=train.FailureConfig(max_failures=FAILURES),
                checkpoint_config=train.CheckpointConfig(num_to_keep=2),
            ),
        )
        try:
            result = trainer.fit()
            failure, checkpoint = result.error, result.checkpoint
        except Exception as error:
            failure, checkpoint = error, getattr(error, "checkpoint", None)
        self._failure = failure
        if checkpoint is not None:
            with checkpoint.as_directory() as path:
                self._state = checkpoints.read(Path(path))


def work(config: dict[str, Any]) -> None:
    """One worker: the trainer of one process, on its part of every batch."""
    from plugins.triplet_finetuning.ray.collectives import Ranks

    ray, train, torch = load(), load("ray.train"), load("ray.train.torch")
    board, device = config["board"], torch.get_device()
    encoder, pictures, held_out, settings = ray.get(config["given"][0])
    encoder.to(device)
    encoder.transform = replace(encoder.transform, device=device.type)
    ranks = Ranks(config["workers"], device)
    trainer = Trainer(encoder, pictures, held_out, settings, theatre=False, group=ranks)
    if last := train.get_checkpoint():
        with last.as_directory() as path:
            state = checkpoints.read(Path(path))
        trainer.restore(state)
        trainer.seconds = state["seconds"]
    first = ranks.rank == 0
    pids = ranks.everyones(os.getpid())
    useful = not first or ray.get(board.begin.remote(Start(trainer.number, tuple(pids))))
    if not ranks.agree(useful) or _waited_enough(trainer):
        return
    try:
        for step in trainer.run():
            told = first and ray.get(board.tell.remote(step))
            stop = ranks.agree(bool(told))
            if step.evaluation is not None or stop:
                _keep(train, trainer, first)
            if stop:
                return
    except ParagoneError as error:
        ray.get(board.refuse.remote(error.what, error.where, error.todo))
        if error.__cause__ is None:  # All workers meet it in this step.
            return
        raise  # The others may wait for this worker: Ray ends them.
    except RuntimeError:
        raise  # So it is where another worker was lost: another try may do.
    except Exception as error:
        what = f"A worker failed ({type(error).__name__}: {error})"
        ray.get(board.refuse.remote(what, "workers", "Look at the log of the cluster."))
        raise


def _keep(train: ModuleType, trainer: Trainer, first: bool) -> None:
    """Hand a checkpoint in; all workers do it together, and the first one's is kept."""
    metrics = {"step": trainer.number}
    with tempfile.TemporaryDirectory(prefix="paragone-checkpoint-") as folder:
        if not first:
            train.report(metrics)
            return
        checkpoints.write(Path(folder), trainer.state())
        train.report(metrics, checkpoint=train.Checkpoint.from_directory(folder))


def _waited_enough(trainer: Trainer) -> bool:
    patience = trainer.settings.patience
    return bool(patience) and trainer.state()["waited"] >= patience
