"""Networks for volumes: what they learn and see, that they stop, and what they tell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from plugins.shared.classification.labelled import split, spread
from plugins.shared.classification.metrics import calibration
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.errors import TrainingError, VolumeError
from plugins.volume_classification.learning.metrics import auc, report
from plugins.volume_classification.lesson.phantom import phantoms
from plugins.volume_classification.settings import KINDS, THIN, WHOLE, Settings
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from plugins.volume_classification.learning.training import Run

pytestmark = pytest.mark.usefixtures("one_thread")
QUICK = {"width": 4, "steps": 40, "budget": 3600, "rate": 1e-2, "looks": 2, "average": 0.9}


def balls(count: int = 40, size: int = 16, seed: int = 0) -> VolumeSet:
    """Noise with a small or a large ball anywhere, through which the central slice goes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    grid = np.indices((size,) * 3)
    values = 0.3 * rng.standard_normal((count, size, size, size)).astype(np.float32)
    for one, label in zip(values, labels, strict=True):
        middle = rng.uniform(5, size - 5, 3)
        middle[0] = size // 2
        distance = np.sqrt(((grid - middle[:, None, None, None]) ** 2).sum(0))
        one += 3 * (distance < (1.5, 4)[label])
    return VolumeSet(values, labels, ("small", "large"))


def run(settings: Settings, volumes: VolumeSet | None = None) -> Run:
    from plugins.volume_classification.learning.training import Run

    made = Run(settings, split(volumes or balls(), 0.5))
    for _ in made.advance():
        pass
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_learns_and_the_same_seed_learns_the_same(kind):
    settings = Settings(**QUICK, kind=kind)
    done = run(settings)
    outcome = done.finish()
    assert outcome.report.balanced >= 0.9 > 0.6 >= outcome.report.majority
    assert outcome.steps == 40 and done.progress[-1].share == 1
    assert done.progress[-1].loss < done.progress[0].loss
    assert 0 <= done.progress[-1].balanced <= 1
    again = run(settings).finish()
    assert np.array_equal(again.logits, outcome.logits)
    assert np.allclose(np.exp(outcome.logits).sum(1), 1, atol=1e-5)


def test_another_seed_learns_otherwise():
    first, other = (run(Settings(**QUICK | {"steps": 3}, seed=s)).finish() for s in (0, 1))
    assert not np.array_equal(first.logits, other.logits)


def test_only_the_volume_can_tell_the_phantom():
    """A short run: the 3-D network is far above chance, and the 2-D one is not."""
    from plugins.volume_classification.learning.training import Run

    sets = phantoms(240, seed=11), phantoms(100, seed=12)
    settings = QUICK | {"steps": 50, "batch": 16, "looks": 1, "shift": 0, "scaling": 0}
    right = {}
    for kind in ("2d", "3d"):
        made = Run(Settings(kind=kind, **settings), sets)
        list(made.advance())
        right[kind] = made.finish().report.accuracy
    assert right["3d"] > 0.75 and 0.33 < right["2d"] < 0.67


def test_a_run_keeps_to_its_budget_and_tells_of_itself_meanwhile():
    start = time.perf_counter()
    done = run(Settings(**QUICK | {"steps": 1_000_000, "budget": 1.0}))
    assert 1.0 <= done.seconds <= time.perf_counter() - start and done.steps < 1_000_000
    assert done.progress[-1].share == 1 and done.progress[-1].step == done.steps
    shares = [one.share for one in done.progress]
    assert shares == sorted(shares) and len(shares) > 1


def test_a_pause_costs_no_budget():
    from plugins.volume_classification.learning.training import Run

    made = Run(Settings(**QUICK | {"steps": 3}), split(balls()))
    paused = 0.0
    begun = time.perf_counter()
    for _ in made.advance():
        since = time.perf_counter()
        time.sleep(0.4)
        paused += time.perf_counter() - since
    assert paused >= 0.4 * 3
    assert made.seconds <= time.perf_counter() - begun - paused


def test_a_run_stops_within_a_batch_and_keeps_what_it_learnt():
    from plugins.volume_classification.learning.training import Run

    made = Run(Settings(**QUICK | {"batch": 2}), split(balls()))
    with pytest.raises(TrainingError, match="before its first step"):
        made.finish()
    next(steps := made.advance())
    made.stopped = True
    assert list(steps) == [] and 0 < made.finish().steps < 40


def test_a_budget_that_is_far_too_small_still_makes_one_step():
    assert run(Settings(**QUICK | {"budget": 0.1, "batch": 20})).finish().steps >= 1


def test_a_batch_larger_than_the_set_takes_it_whole():
    done = run(Settings(**QUICK | {"batch": 1024, "steps": 2}))
    assert done.finish().steps == 2 and done.progress[-1].epoch == 2


def test_two_examples_of_a_class_suffice():
    from plugins.volume_classification.learning.training import Run

    volumes = balls(6)
    made = Run(Settings(**QUICK | {"steps": 2}), (volumes.only(np.arange(4)), volumes))
    list(made.advance())
    assert made.finish().report.confusion.sum() == 6


def test_what_cannot_be_learnt_is_refused_before_anything_is_built():
    from plugins.volume_classification.learning.training import Run

    volumes = balls()
    settings = Settings(**QUICK)
    with pytest.raises(VolumeError, match="one class"):
        Run(settings, (volumes.only(volumes.labels == 0), volumes))
    with pytest.raises(VolumeError, match="one example"):
        Run(settings, (volumes.only(np.array([0, 1, 2])), volumes))
    with pytest.raises(VolumeError, match="its size are not those"):
        Run(settings, (volumes, balls(size=18)))
    constant = VolumeSet(np.full((4, 16, 16, 16), 3.0, np.float32), np.arange(4) % 2, ("a", "b"))
    with pytest.raises(VolumeError, match="one and the same value"):
        Run(settings, (constant, constant))
    few = VolumeSet(volumes.values[:4, :8, :8, :8], volumes.labels[:4], volumes.classes)
    with pytest.raises(VolumeError, match="8 slices, and the network looks at 9"):
        Run(Settings(**QUICK, kind=THIN, slices=9), (few, few))


def test_a_loss_that_is_no_number_is_told_and_not_hidden():
    import torch

    from plugins.volume_classification.learning.training import Run

    made = Run(Settings(**QUICK), split(balls()))
    with torch.no_grad():
        made._learner.network.head.weight.fill_(torch.nan)
    with pytest.raises(TrainingError, match="no number any more"):
        list(made.advance())


def test_memory_that_does_not_suffice_is_said_before_and_meanwhile(monkeypatch):
    import torch

    from plugins.volume_classification.learning import memory_estimate as memory
    from plugins.volume_classification.learning.training import Run

    with monkeypatch.context() as patch:
        patch.setattr(memory, "free", lambda *_: 2**20)
        with pytest.raises(TrainingError, match="GiB are left") as caught:
            Run(Settings(**QUICK), split(balls()))
        assert "smaller batches" in caught.value.todo
    made = Run(Settings(**QUICK), split(balls()))
    monkeypatch.setattr(made._learner, "step", lambda *given: torch.empty(2**60))
    with pytest.raises(TrainingError, match="memory does not suffice"):
        list(made.advance())


def test_the_memory_that_is_needed_grows_with_what_is_asked():
    from plugins.volume_classification.learning import memory_estimate as memory
    from plugins.volume_classification.learning.network import build

    small, fine = (build(Settings(width=8, stem=stem), 2, 0) for stem in (2, 1))
    flat = build(Settings(kind="2d"), 2, 0)
    assert memory.needed(small, 32, 64) > 1.9 * memory.needed(small, 32, 32) - 2**23
    assert memory.needed(fine, 32, 32) > 4 * memory.needed(small, 32, 32)
    assert memory.needed(flat, 32, 32) < memory.needed(small, 32, 32) / 5
    # Its maps alone: 16 of 8 numbers for each place of the first stage.
    assert memory.needed(fine, 32, 32) > 16 * 8 * 4 * 32 * 32**3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"timm": "no_such_network"}, "no network called"),
        ({"timm": "mobilenetv3_small_050"}, "cannot make a network"),
        ({"timm": "vit_tiny_patch16_224", "width": 0}, "cannot look at cubes of 16 voxels"),
        ({"timm": "test_vit", "width": 0, "kind": "2d"}, "cannot look at cubes of 16 voxels"),
    ],
)
def test_a_network_that_cannot_be_had_is_refused(values, said):
    from plugins.volume_classification.learning.training import Run

    with pytest.raises(ParagoneError, match=said) as caught:
        Run(Settings(**values), split(balls(8)))
    assert caught.value.todo


def test_any_network_of_timm_at_its_own_width():
    import torch

    from plugins.volume_classification.learning.network import build

    network = build(Settings(timm="test_efficientnet", width=0), 3, 0)
    assert network(torch.zeros(2, 32, 32, 32)).shape == (2, 3)


@pytest.mark.parametrize(
    ("stem", "size", "places"), [(2, 28, 4), (2, 32, 4), (1, 28, 7), (1, 32, 8), (2, 33, 5)]
)
def test_the_last_map_is_fine_enough_to_point_at_something(stem, size, places):
    import torch

    from plugins.volume_classification.learning.network import build

    network = build(Settings(width=4, stem=stem), 2, 0).eval()
    with torch.no_grad():
        assert network.evidence(torch.zeros(1, size, size, size)).shape[2:] == (places,) * 3


@pytest.mark.parametrize(("kind", "seen"), [("2d", 1), ("2.5d", 5), ("3d", 17)])
def test_a_network_answers_by_the_slices_that_it_sees_and_by_no_other(kind, seen):
    import torch

    from plugins.volume_classification.learning.network import build

    network = build(Settings(width=4, kind=kind, slices=5), 2, 0).eval()
    volume = torch.randn(1, 17, 16, 16)
    with torch.no_grad():
        answer = network(volume)
        differing = []
        for z in range(17):
            changed = volume.clone()
            changed[:, z] += 5
            differing.append(not torch.equal(network(changed), answer))
    assert sum(differing) == seen
    assert differing[8] and differing == differing[::-1]
    assert torch.equal(network.seen(network.seen(volume)), network.seen(volume))


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_says_of_each_place_what_the_head_says_of_all(kind):
    import torch

    from plugins.volume_classification.learning.trained import cams

    trained = run(Settings(**QUICK | {"steps": 1}, kind=kind)).finish().trained
    values = balls(3).values
    maps = cams(trained, values)
    assert maps.shape == (3, 2, 16, 16, 16)
    said = torch.from_numpy(trained.logits(values, looks=1))
    with torch.no_grad():
        evidence = trained.network.evidence(trained.form.scaled(values))
    assert torch.allclose(evidence.flatten(2).mean(-1).log_softmax(1), said, atol=1e-4)
    known = ~np.isnan(maps).all((0, 1, 3, 4))
    first = 8 - trained.network.slices // 2
    expected = np.zeros(16, bool)
    expected[first : first + trained.network.slices or None] = True
    assert np.array_equal(known, expected if kind != WHOLE else np.ones(16, bool))
    shown = maps[:, :, known]
    assert np.allclose(shown.sum(1), 0, atol=1e-4) and np.isfinite(shown).all()


def test_a_map_points_at_the_large_ball():
    from plugins.volume_classification.learning.trained import cams

    trained = run(Settings(**QUICK, stem=1)).finish().trained
    volumes = balls(12, seed=9).only(np.arange(12) % 2 == 1)
    maps = cams(trained, volumes.values)[:, 1]
    inside = volumes.values > 1.5
    assert np.mean([m[i].mean() > m[~i].mean() for m, i in zip(maps, inside, strict=True)]) >= 0.8


def test_looks_vote_and_one_volume_of_any_size_is_classified():
    trained = run(Settings(**QUICK, symmetry="plane")).finish().trained
    values = balls(4, seed=3).values
    votes = np.exp(trained.logits(values, looks=1)), np.exp(trained.logits(values, looks=16))
    assert not np.allclose(*votes)
    turned = np.ascontiguousarray(values[:, :, ::-1, :])
    assert np.allclose(
        trained.logits(turned, looks=16), trained.logits(values, looks=16), atol=1e-4
    )
    one, notes = trained.classify(Volume(np.repeat(values[1], 2, 0), (0.5, 1, 1)))
    assert one.shape == (2,) and one.sum() == pytest.approx(1, abs=1e-5) and notes
    assert trained.logits(values[:0]).shape == (0, 2)


def test_norms_know_volumes_as_they_are_classified():
    """Not as they were varied, and not as the weights of other steps saw them."""
    import torch

    settings = Settings(**QUICK | {"steps": 6}, symmetry="none", tilt=30, scaling=0.3, shift=0.2)
    done = run(settings)
    network, form = done.finish().trained.network, done.form
    first = next(m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d))
    seen = []
    first.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    with torch.no_grad():
        network(form.scaled(done.train.values))
    assert torch.allclose(first.running_mean, seen[0].mean((0, 2, 3)), atol=1e-4)
    assert not torch.allclose(
        done._learner.mean.state_dict()["body.net.conv1.1.running_mean"], first.running_mean, 1e-3
    )
    assert first.momentum == 0.1 and not first.training


def test_settling_takes_the_plain_mean_and_leaves_what_has_no_norms():
    import torch

    from plugins.shared.classification.learner import settle

    norm = torch.nn.BatchNorm1d(2)
    inputs = [torch.randn(8, 2) + 3, torch.randn(8, 2) - 1]
    settle(norm, inputs)
    assert torch.allclose(norm.running_mean, torch.cat(inputs).mean(0), atol=1e-6)
    assert torch.allclose(norm.running_var, sum(one.var(0) for one in inputs) / 2, atol=1e-6)
    settle(torch.nn.Linear(2, 2), iter(()))


def test_what_comes_of_a_run_stays_as_it_is_when_the_run_goes_on():
    from plugins.volume_classification.learning.training import Run

    made = Run(Settings(**QUICK), split(balls()))
    steps = made.advance()
    next(steps)
    early = made.finish().trained
    before = early.logits(made.test.values)
    list(steps)
    assert np.array_equal(early.logits(made.test.values), before)
    assert not np.array_equal(made.finish().logits, before)


@pytest.mark.parametrize(("count", "batch"), [(3, 2), (5, 4), (33, 32), (100, 32), (7, 64), (2, 2)])
def test_batches_hold_all_once_and_are_neither_too_large_nor_of_one(count, batch):
    from plugins.shared.classification.learner import batches

    labels = np.arange(count) % 2
    drawn = list(batches(labels, Settings(batch=batch), np.random.default_rng(0)))
    assert sorted(np.concatenate(drawn)) == list(range(count))
    assert min(map(len, drawn)) >= 2 and max(map(len, drawn)) <= max(batch, 3)


def test_balance_draws_rare_classes_as_often():
    from plugins.shared.classification.learner import batches

    labels = np.array([0] * 900 + [1] * 100)
    drawn = np.concatenate(list(batches(labels, Settings(balance=True), np.random.default_rng(0))))
    assert 0.42 < labels[drawn].mean() < 0.58


def test_the_rate_rises_and_falls():
    from plugins.shared.classification.learner import schedule

    rates = [schedule(share) for share in np.linspace(0, 1, 101)]
    assert np.argmax(rates) == 10 and 0 < rates[-1] < 1e-3 and rates[0] < 0.1
    assert spread(np.array([0] * 50 + [1]), 4)[-1] == 50


def test_the_report_counts_as_one_would_by_hand():
    from scipy.special import softmax

    logits = np.log(np.array([[0.95, 0.05], [0.65, 0.35], [0.15, 0.85], [0.75, 0.25]]))
    labels = np.array([0, 0, 1, 1])
    judged = report(logits, labels, ("a", "b"))
    assert judged.accuracy == 0.75 and judged.majority == 0.5 and judged.balanced == 0.75
    assert judged.recall.tolist() == [1, 0.5] and judged.confusion.tolist() == [[2, 0], [1, 1]]
    # Of the four pairs, one of each class, .85 is above both; .25 is above .05 and below .35.
    assert judged.auc == 0.75
    assert judged.calibration.error == pytest.approx((0.05 + 0.35 + 0.15 + 0.75) / 4)
    assert judged.figures() == {"accuracy": 0.75, "balanced": 0.75, "majority": 0.5, "auc": 0.75}
    assert np.isnan(report(logits, labels * 0, ("a", "b")).auc)
    assert calibration(softmax(logits, axis=1), labels).counts.sum() == 4


@pytest.mark.parametrize(("task", "classes"), [("binary-class", 2), ("multi-class", 4)])
def test_auc_and_accuracy_are_those_of_medmnist(task, classes):
    from scipy.special import softmax

    evaluator = pytest.importorskip("medmnist.evaluator", reason="medmnist is not installed")
    rng = np.random.default_rng(0)
    labels = np.concatenate([np.arange(classes), rng.integers(classes, size=200)])
    logits = rng.standard_normal((len(labels), classes)) + np.eye(classes)[labels]
    probabilities = softmax(logits, axis=1)
    judged = report(logits, labels, tuple(map(str, range(classes))))
    wanted = evaluator.getAUC(labels[:, None], probabilities, task)
    assert judged.auc == auc(probabilities, labels) == pytest.approx(wanted, abs=1e-12)
    assert judged.accuracy == evaluator.getACC(labels[:, None], probabilities, task)


def test_a_network_that_learns_nothing_answers_by_its_features():
    import timm
    import torch

    from plugins.volume_classification.learning.train_free import Quick, TrainFree
    from plugins.volume_classification.learning.training import form_for

    train, test = split(balls(24), 0.5)
    torch.manual_seed(0)
    network = timm.create_model("tf_efficientnet_lite0", num_classes=0).eval()
    *shares, found = TrainFree(network, 0.5, 0.5, form_for(train)).steps(train, test)
    assert shares == sorted(shares) and shares[-1] == 1 and isinstance(found, Quick)
    assert found.report.confusion.sum() == len(test) and 0 <= found.report.auc <= 1
    again = TrainFree(network, 0.5, 0.5, form_for(train)).encoded(train.values[:2])
    assert again.shape == (2, 6 * 256)
    one = TrainFree(network, 0.5, 0.5, form_for(train)).encoded(train.values[:1])
    assert np.allclose(again[0], one[0], atol=1e-3), "each volume is encoded by itself"
