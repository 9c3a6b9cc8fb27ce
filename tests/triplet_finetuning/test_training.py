"""The training loop: it learns, repeats itself, can be shared out, resumed, paused and stopped."""

from __future__ import annotations

import dataclasses
import itertools
import math
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from plugins.shared.classification.labelled import spread
from plugins.shared.page.settings import SettingsError
from plugins.triplet_finetuning.data.digits import HELD_OUT, digits
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.data.sampler import draw, hold_back
from plugins.triplet_finetuning.data.split import split
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.evaluate import evaluate
from weights.errors import ParagoneError

if TYPE_CHECKING:
    import torch

    from plugins.triplet_finetuning.training.encoder import SmallConvNet
    from plugins.triplet_finetuning.training.trainer import Trainer

QUICK = Settings(steps=12, every=6, identities=4, pictures=4, warm_up=4)


def stripes(identities: int, each: int = 10, seed: int = 0) -> PictureSet:
    """Pictures whose identity is the direction and the width of their stripes."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(32), np.arange(32))
    chips, labels = [], []
    for label in range(identities):
        angle, width = np.pi * label / identities, 4 + label % 3
        for _ in range(each):
            wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) / width + rng.uniform(0, 6.3))
            noisy = 128 + 90 * wave + rng.normal(0, 25, wave.shape)
            chips.append(np.repeat(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], 3, 2))
            labels.append(label)
    names = tuple(f"stripe {i}" for i in range(identities))
    files = tuple(f"{i}.png" for i in range(len(chips)))
    return PictureSet("stripes", "made", np.stack(chips), np.array(labels), names, files)


@pytest.fixture(scope="module")
def pictures() -> PictureSet:
    return stripes(12)


@pytest.fixture
def halves(pictures):
    return pictures.only(pictures.labels % 3 > 0), pictures.only(pictures.labels % 3 == 0)


def trainer(halves, settings=QUICK, **options) -> Trainer:
    from plugins.triplet_finetuning.training.encoder import build
    from plugins.triplet_finetuning.training.trainer import Trainer

    return Trainer(build(settings, None), *halves, settings, **options)


def losses(steps) -> list[float]:
    return [step.loss for step in steps]


# --- learning ------------------------------------------------------------------------------------


def test_it_learns_to_tell_identities_apart():
    """What it was trained on comes apart; the encodings do not collapse to do so."""
    from plugins.triplet_finetuning.training.encoder import build, encode
    from plugins.triplet_finetuning.training.trainer import Trainer

    pictures = split(digits(), 0.3, 0, HELD_OUT)
    settings = Settings(steps=60, every=60, mining="semihard")
    run = Trainer(build(settings, None), *pictures, settings)
    chips, labels = pictures[0].chips[:300], pictures[0].labels[:300]
    before = evaluate(encode(run.encoder, chips), labels, "squared")
    steps = list(run.run())
    after = evaluate(encode(run.finish(), chips), labels, "squared")
    assert after.eer < 0.6 * before.eer and after.one_shot > before.one_shot + 0.1
    assert steps[-1].spread > 0.03 and not steps[-1].warning


def test_the_same_settings_are_the_same_run(halves):
    first, second = (list(trainer(halves).run()) for _ in range(2))
    np.testing.assert_array_equal(losses(first), losses(second))
    other = list(trainer(halves, dataclasses.replace(QUICK, seed=1)).run())
    assert losses(first)[1:] != losses(other)[1:]


def test_steps_are_numbered_and_looks_come_when_due(halves):
    steps = list(trainer(halves).run())
    assert [step.number for step in steps] == list(range(13))
    assert [step.number for step in steps if step.evaluation] == [0, 6, 12]
    assert math.isnan(steps[0].loss) and steps[0].mined == 0
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds)
    quiet = list(trainer(halves, theatre=False).run())
    assert all(step.scene is None for step in quiet)
    assert any(step.scene for step in steps)
    np.testing.assert_array_equal(losses(steps), losses(quiet))


def test_early_stopping(halves):
    settings = dataclasses.replace(QUICK, steps=400, every=1, patience=3, rate=1e-7, decay=0)
    steps = list(trainer(halves, settings).run())
    assert steps[-1].number < 60


def test_stopping_keeps_the_best_weights_so_far(halves):
    import torch

    run = trainer(halves)
    for step in run.run():
        if step.number == 9:
            break
    best = run.best
    assert best in (0, 6)
    kept = {name: tensor.clone() for name, tensor in run.best_state.items()}
    encoder = run.finish()
    assert not encoder.training
    for name, tensor in encoder.state_dict().items():
        torch.testing.assert_close(tensor, kept[name])


def test_a_checkpoint_goes_on_as_if_nothing_had_happened(halves):
    whole = list(trainer(halves).run())
    first = trainer(halves)
    begun = list(itertools.islice(first.run(), 8))
    second = trainer(halves)
    second.restore(first.state())
    rest = list(second.run())
    assert rest[0].seconds > begun[-1].seconds
    assert [step.number for step in begun + rest] == list(range(13))
    np.testing.assert_allclose(losses(begun + rest), losses(whole), rtol=1e-5)


class Rank:
    """One of two threads that share each batch."""

    world = 2

    def __init__(self, rank: int, board: list, barrier: threading.Barrier):
        self.rank, self.board, self.barrier = rank, board, barrier

    def _exchange(self, own):
        self.board[self.rank] = own
        self.barrier.wait(300)
        both = list(self.board)
        self.barrier.wait(300)
        return both

    def gather(self, encodings):
        import torch

        both = self._exchange(encodings.detach())
        both[self.rank] = encodings
        return torch.cat(both)

    def add_up(self, parameters):
        for parameter in parameters:
            both = self._exchange(parameter.grad.clone())
            parameter.grad = both[0] + both[1]


def test_two_that_share_each_batch_learn_what_one_does(halves):
    alone = losses(trainer(halves).run())
    board, barrier, found = [None, None], threading.Barrier(2), {}

    def work(rank: int) -> None:
        found[rank] = losses(trainer(halves, group=Rank(rank, board, barrier)).run())

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    np.testing.assert_allclose(found[0][1:], alone[1:], rtol=1e-3)
    np.testing.assert_array_equal(found[0], found[1])


# --- what goes wrong -----------------------------------------------------------------------------


def test_a_collapse_is_said(halves):
    settings = dataclasses.replace(QUICK, steps=60, warm_up=0, mining="hard", rate=1e-2)
    steps = list(trainer(halves, settings).run())
    warned = [step for step in steps if step.warning]
    assert warned and "collapse" in warned[-1].warning and "semi-hard" in warned[-1].warning
    assert abs(warned[-1].loss - settings.margin) < 0.05 * settings.margin


def test_easy_triplets_teach_nothing_and_that_is_said(halves):
    import torch

    settings = dataclasses.replace(QUICK, mining="easy", warm_up=0, decay=0)
    run = trainer(halves, settings)
    start = {name: tensor.clone() for name, tensor in run.encoder.state_dict().items()}
    steps = list(run.run())
    assert any("nothing is learnt" in step.warning for step in steps)
    for name, tensor in run.encoder.state_dict().items():
        torch.testing.assert_close(tensor, start[name])


def test_a_loss_that_is_no_number(halves):
    import torch

    from plugins.triplet_finetuning.training.trainer import TrainingError

    run = trainer(halves)
    with torch.no_grad():
        run.encoder.head.weight.fill_(float("nan"))
    with pytest.raises(TrainingError, match="no number") as caught:
        run.step()
    assert caught.value.where == "rate" and "lower learning rate" in caught.value.todo
    assert all(torch.isfinite(tensor).all() for tensor in run.best_state.values())


def test_too_little_memory_names_the_batch(halves, monkeypatch):
    import torch

    from plugins.triplet_finetuning.training.trainer import TrainingError

    run = trainer(halves)

    def full(*args):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(run.encoder, "forward", full)
    with pytest.raises(TrainingError, match="batches of 16 pictures") as caught:
        run.step()
    assert "fewer" in caught.value.todo


@pytest.mark.parametrize(
    ("field", "value"),
    [("margin", -0.1), ("steps", 1.5), ("mining", "tough"), ("seed", -1), ("rate", "fast")]
    + [("distance", "manhattan"), ("identities", 1), ("test_share", 1)],
)
def test_a_setting_that_cannot_be_used_is_named(field, value):
    with pytest.raises(SettingsError) as caught:
        Settings(**{field: value})
    assert caught.value.where == field and caught.value.todo


# --- parts ---------------------------------------------------------------------------------------


def test_a_batch_is_p_times_k():
    rng = np.random.default_rng(0)
    own = [np.arange(10) + 10 * i for i in range(6)]
    batch = draw(own, QUICK, rng)
    assert len(set(batch)) == 16
    assert sorted(np.bincount(batch // 10, minlength=6).tolist()) == [0, 0, 4, 4, 4, 4]
    few = draw([np.arange(2), np.arange(2, 4)], QUICK, rng)
    assert np.bincount(few // 2).tolist() == [4, 4]


def test_held_back_pictures_are_never_learnt_from():
    labels = np.repeat(np.arange(5), [3, 6, 20, 6, 70])
    learn, validate = hold_back(labels, QUICK)
    assert not set(learn) & set(validate) and len(learn) + len(validate) == len(labels)
    assert np.bincount(labels[validate], minlength=5).tolist() == [0, 2, 2, 2, 10]


def test_a_few_stand_for_all_evenly():
    labels = np.repeat(np.arange(4), [100, 3, 50, 50])
    chosen = spread(labels, 40)
    assert len(set(chosen)) == 40 and np.bincount(labels[chosen]).tolist() == [13, 3, 12, 12]
    assert spread(labels[:5], 40).tolist() == list(range(5))


def test_variation_is_that_of_the_whole_batch():
    import torch

    from plugins.triplet_finetuning.data.augment import vary

    inputs = torch.rand(6, 3, 32, 32)
    whole = vary(inputs, np.random.default_rng(5), 6, np.arange(6))
    part = vary(inputs[4:], np.random.default_rng(5), 6, np.array([4, 5]))
    torch.testing.assert_close(whole[4:], part)
    assert (whole - inputs).abs().amax((1, 2, 3)).min() > 0.05


def test_an_encoder_comes_back_from_its_configuration(pictures):
    from plugins.triplet_finetuning.training.encoder import build, encode, rebuild

    encoder = build(QUICK, None)
    again = rebuild(encoder.config(), encoder.state_dict())
    chips = pictures.chips[:5]
    np.testing.assert_array_equal(encode(encoder, chips), encode(again, chips))
    np.testing.assert_allclose(np.linalg.norm(encode(again, chips), axis=1), 1, atol=1e-5)
    for broken in ({}, {**encoder.config(), "architecture": "local-dir:/etc"}):
        with pytest.raises(ParagoneError, match="cannot be rebuilt"):
            rebuild(broken, encoder.state_dict())
    state = {name: tensor for name, tensor in encoder.state_dict().items() if name != "head.bias"}
    with pytest.raises(ParagoneError, match="head.bias"):
        rebuild(encoder.config(), state)


@pytest.mark.parametrize(("layers", "learning"), [(0, 0), (1, 1), (3, 3), (-1, 4)])
def test_only_the_last_stages_learn(layers, learning):
    from plugins.triplet_finetuning.training.encoder import build

    encoder = build(dataclasses.replace(QUICK, layers=layers), None)
    free = [all(p.requires_grad for p in part) for part in stages_of(encoder.body)]
    assert free == [False] * (4 - learning) + [True] * learning
    assert all(p.requires_grad for p in encoder.head.parameters())


def stages_of(body: SmallConvNet) -> list[list[torch.nn.Parameter]]:
    from plugins.triplet_finetuning.training.encoder import stages

    found = stages(body)
    assert len(found) == 4 and sum(map(len, found)) == len(list(body.parameters()))
    return found
