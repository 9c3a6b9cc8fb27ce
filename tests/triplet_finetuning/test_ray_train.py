"""Fine-tuning with two workers on a local Ray: the curve of one process, and a worker killed."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from local_ray import needs_ray

from plugins.triplet_finetuning.data.digits import HELD_OUT, digits
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.data.split import split
from plugins.triplet_finetuning.ray.board import Board, Start
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.events import Step
from weights.errors import ParagoneError
from weights.remote.cluster import ClusterError

if TYPE_CHECKING:
    from plugins.triplet_finetuning.training.trainer import Trainer

# 5 x 5 pictures: two workers get unequal parts.
SETTINGS = Settings(identities=5, pictures=5, steps=90, every=15, warm_up=10, rate=5e-4)
KILLED_AFTER = 50


@pytest.fixture(scope="module")
def sets() -> tuple[PictureSet, PictureSet]:
    training, test = split(digits(32), 0.3, 0, HELD_OUT)
    some = np.arange(0, len(test), 4)
    return training.only(np.arange(0, len(training), 3)), test.only(some)


@pytest.fixture(scope="module")
def alone(sets) -> tuple[Trainer, list[Step]]:
    """The same run in one process."""
    from plugins.triplet_finetuning.training.encoder import build
    from plugins.triplet_finetuning.training.trainer import Trainer

    trainer = Trainer(build(SETTINGS, None), *sets, SETTINGS, theatre=False)
    return trainer, list(trainer.run())


def trainer(sets, settings: Settings = SETTINGS, workers: int = 2):
    from plugins.triplet_finetuning.ray.train import RayTrainer
    from plugins.triplet_finetuning.training.encoder import build

    return RayTrainer(build(settings, None), *sets, settings, workers)


def losses(steps: list[Step]) -> np.ndarray:
    return np.array([step.loss for step in steps[1:]])


@pytest.mark.ray
@pytest.mark.slow
@needs_ray
def test_two_workers_one_killed_learn_what_one_process_learns(
    sets,
    alone,
    local_ray,
    capsys,
):
    from plugins.triplet_finetuning.training.encoder import encode

    shared, steps, killed = trainer(sets), [], 0
    begun = time.perf_counter()
    for step in shared.run():
        steps.append(step)
        if step.number >= KILLED_AFTER and not killed:
            killed = shared.starts[-1].pids[1]
            os.kill(killed, signal.SIGKILL)
    took = time.perf_counter() - begun

    first, again = shared.starts
    assert first.number == 0 and len(set(first.pids)) == 2 and killed in first.pids
    assert again.number > 0 and again.number % SETTINGS.every == 0
    assert killed not in again.pids and len(set(again.pids)) == 2
    assert [step.number for step in steps] == list(range(SETTINGS.steps + 1))
    looks = [step.number for step in steps if step.evaluation]
    assert looks == list(range(0, SETTINGS.steps + 1, SETTINGS.every))

    one, whole = alone
    assert np.abs(losses(steps) - losses(whole)).max() < 1e-3
    assert [s.mined for s in steps[:12]] == [s.mined for s in whole[:12]]
    assert shared.number == SETTINGS.steps and shared.best == one.best
    chips = sets[1].chips[:32]
    np.testing.assert_allclose(
        encode(shared.finish(), chips), encode(one.finish(), chips), atol=5e-3
    )
    with capsys.disabled():
        gap = np.abs(losses(steps) - losses(whole)).max()
        print(
            f"\n[ray] {took:.0f} s, of which {shared.waited:.0f} s to the first step and "
            f"{shared.seconds:.1f} s of steps; resumed from {again.number}; loss differs by at "
            f"most {gap:.1e}"
        )


@pytest.mark.ray
@pytest.mark.slow
@needs_ray
def test_closing_the_run_stops_the_workers_and_keeps_the_best_weights(
    sets,
    local_ray,
):
    from plugins.triplet_finetuning.training.encoder import encode

    settings = Settings(**{**SETTINGS.plain(), "steps": 100_000, "every": 5})
    shared, before = trainer(sets, settings), None
    run = shared.run()
    for step in run:
        before = before if before is not None else encode(shared.encoder, sets[1].chips[:8])
        if step.number >= 10:
            break
    run.close()
    pids = shared.starts[-1].pids
    deadline = time.monotonic() + 300
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    assert 0 < shared.best < 100_000
    assert np.abs(encode(shared.finish(), sets[1].chips[:8]) - before).max() > 1e-3


@pytest.mark.ray
@pytest.mark.slow
@needs_ray
def test_an_error_of_the_workers_is_the_error_of_one_process(sets, local_ray):
    from plugins.triplet_finetuning.training.trainer import TrainingError

    settings = Settings(**{**SETTINGS.plain(), "warm_up": 0})
    object.__setattr__(settings, "margin", float("nan"))
    shared = trainer(sets, settings)
    with pytest.raises(TrainingError, match="no number any more at step 1"):
        list(shared.run())
    assert len(shared.starts) == 1  # Another try would meet it again.


@pytest.mark.ray
@needs_ray
def test_what_the_cluster_cannot_hold_is_refused_at_once(sets, local_ray, monkeypatch):
    with pytest.raises(ClusterError, match="3 CPUs, and 4 are needed"):
        trainer(sets, workers=4)
    with pytest.raises(ParagoneError, match="cannot share batches of 25"):
        trainer(sets, workers=26)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    with pytest.raises(ClusterError, match="storage"):
        trainer(sets)


def test_the_board_forgets_what_is_taken_again():
    board = Board()
    assert board.begin(Start(0, (1, 2)))
    for number in range(8):
        assert not board.tell(Step(number, 1.0, 1, 1.0))
    assert board.begin(Start(5, (3, 4)))
    assert [step.number for step in board.since(3)[0]] == [4, 5]
    board.tell(Step(6, 2.0, 1, 1.0))
    assert [(step.number, step.loss) for step in board.since(5)[0]] == [(6, 2.0)]
    board.stop()
    assert board.tell(Step(7, 2.0, 1, 1.0))
    board.refuse("It is no number", "rate", "Lower it.")
    board.refuse("Another", "", "")
    assert not board.begin(Start(5, (5, 6))) and board.since(0)[2][0] == "It is no number"


def test_a_checkpoint_comes_back_to_the_last_bit_and_the_run_goes_on(sets, alone, tmp_path):
    import torch

    from plugins.triplet_finetuning.training import checkpoints
    from plugins.triplet_finetuning.training.encoder import build
    from plugins.triplet_finetuning.training.trainer import Trainer

    _, whole = alone
    first = Trainer(build(SETTINGS, None), *sets, SETTINGS, theatre=False)
    steps = first.run()
    for step in steps:
        if step.number == 40:
            break
    checkpoints.write(tmp_path, first.state())
    second = Trainer(build(SETTINGS, None), *sets, SETTINGS, theatre=False)
    second.restore(checkpoints.read(tmp_path))
    for name, tensor in first.encoder.state_dict().items():
        assert torch.equal(tensor, second.encoder.state_dict()[name])
    rest = list(second.run())
    assert [s.number for s in rest] == list(range(41, SETTINGS.steps + 1))
    assert [s.loss for s in rest] == [s.loss for s in whole[41:]]
    assert second.best == alone[0].best


def test_a_damaged_checkpoint_is_refused(sets, tmp_path):
    from plugins.triplet_finetuning.training import checkpoints
    from plugins.triplet_finetuning.training.encoder import build
    from plugins.triplet_finetuning.training.trainer import Trainer

    one = Trainer(build(SETTINGS, None), *sets, SETTINGS, theatre=False)
    checkpoints.write(tmp_path, one.state())
    file = tmp_path / checkpoints.FILE
    file.write_bytes(file.read_bytes()[:-1] + b"\1")
    with pytest.raises(ParagoneError, match="not the one that was written"):
        checkpoints.read(tmp_path)
