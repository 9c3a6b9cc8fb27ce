"""Networks for signals: what they learn, that they stop, and what they tell of themselves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from plugins.shared.classification.labelled import split
from plugins.shared.page.settings import SettingsError
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.errors import SignalError, TrainingError
from plugins.signal_classification.learning.baselines import BASELINES, baseline
from plugins.signal_classification.learning.input_form import Form, form_of
from plugins.signal_classification.learning.metrics import calibration, report, temperature
from plugins.signal_classification.settings import Settings

if TYPE_CHECKING:
    from plugins.signal_classification.learning.training import Run

pytestmark = pytest.mark.usefixtures("one_thread")
QUICK = {
    "network": "resnet",
    "early": False,
    "members": 1,
    "width": 4,
    "steps": 60,
    "budget": 3600,
    "rate": 1e-2,
    "mixup": 0,
}


def bumps(count: int = 40, length: int = 64, channels: int = 1, seed: int = 0) -> SignalSet:
    """Noise with a narrow or a wide bump anywhere in the first channel."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    series = []
    for label in labels:
        one = 0.3 * rng.standard_normal((channels, length))
        middle = rng.uniform(12, length - 12)
        one[0] += 3 * np.exp(-(((np.arange(length) - middle) / (1.5, 5)[label]) ** 2))
        series.append(one)
    return SignalSet(series, labels, ("narrow", "wide"))


def run(settings: Settings, signals: SignalSet | None = None) -> Run:
    from plugins.signal_classification.learning.training import Run

    made = Run(settings, *split(signals or bumps(), 0.5))
    for _ in made.advance():
        pass
    return made


def test_a_network_learns_and_the_same_seed_learns_the_same():
    done = run(Settings(**QUICK))
    outcome = done.finish()
    assert outcome.report.balanced >= 0.9 > 0.6 >= outcome.report.majority
    assert outcome.steps == 60 and done.progress[-1].share == 1
    assert done.progress[-1].loss < done.progress[0].loss
    assert done.progress[-1].balanced >= 0.9
    again = run(Settings(**QUICK)).finish()
    assert np.array_equal(again.logits, outcome.logits)
    assert not np.array_equal(run(Settings(**QUICK, seed=1)).finish().logits, outcome.logits)


def test_every_augmentation_members_and_several_channels_go_together():
    settings = Settings(
        **QUICK | {"members": 2, "steps": 8, "mixup": 0.2, "looks": 3, "balance": True}
    )
    outcome = run(settings, bumps(channels=3)).finish()
    assert len(outcome.trained.networks) == 2 and outcome.steps == 16
    assert np.allclose(np.exp(outcome.logits).sum(1), 1, atol=1e-5)


def test_a_run_keeps_to_its_budget_and_shares_it_among_its_members():
    settings = Settings(**QUICK | {"members": 2, "steps": 1_000_000, "budget": 1.0})
    start = time.perf_counter()
    done = run(settings)
    assert 1.0 <= done.seconds <= time.perf_counter() - start < 100
    assert [p.member for p in done.progress][-1] == 1
    assert all(a.share <= b.share for a, b in zip(done.progress, done.progress[1:], strict=False))


@pytest.mark.parametrize(("count", "batch", "size"), [(40, 32, 40), (109, 32, 36), (7, 2, 2)])
def test_all_batches_of_a_run_have_one_size(count, batch, size):
    import torch

    from plugins.signal_classification.learning.training import Run

    signals = bumps(count)
    made = Run(Settings(**QUICK | {"batch": batch, "mixup": 0.2}), signals, signals)
    batches = made._batches(np.random.default_rng(0))
    ends = 0
    for _ in range(3 * (count // size)):
        inputs, targets, last = next(batches)
        assert inputs.shape == (size, 1, 64) and torch.allclose(targets.sum(1), torch.ones(size))
        ends += last
    assert ends == 3


def test_classes_are_drawn_evenly_where_that_is_asked_for():
    import torch

    from plugins.signal_classification.learning.training import Run

    signals = bumps(60).only(np.flatnonzero((np.arange(60) % 2 == 0) | (np.arange(60) < 12)))
    rare = []
    for balance in (False, True):
        made = Run(Settings(**QUICK | {"balance": balance}), signals, signals)
        batches = made._batches(np.random.default_rng(0))
        rare.append(float(torch.cat([next(batches)[1] for _ in range(40)])[:, 1].mean()))
    assert rare[0] == pytest.approx(6 / 36, abs=0.02) and rare[1] == pytest.approx(0.5, abs=0.06)


def test_the_mean_of_the_weights_is_the_running_mean_of_every_step():
    import torch

    from plugins.signal_classification.learning.learner import Learner
    from plugins.signal_classification.learning.network import build

    torch.manual_seed(0)
    learner = Learner(build(Settings(width=4), Form(1, 32), 2, 0), Settings(width=4, average=0.9))
    signals, targets = torch.randn(8, 1, 32), torch.eye(2).repeat(4, 1)
    by_hand = learner.network.head.weight.detach().clone()
    for taken in range(1, 31):
        learner.step(signals, targets, 0.5)
        keep = min(0.9, (taken - 1) / (taken + 9))
        by_hand = keep * by_hand + (1 - keep) * learner.network.head.weight.detach()
    assert torch.allclose(learner.mean.head.weight, by_hand, atol=1e-6)
    assert not torch.allclose(learner.mean.head.weight, learner.network.head.weight, atol=1e-3)
    counts = [m.num_batches_tracked for m in learner.mean.modules() if hasattr(m, "running_var")]
    assert {int(count) for count in counts} == {30}


def test_what_was_learnt_on_a_device_comes_back_to_the_cpu():
    from plugins.signal_classification.learning.training import Run

    settings = Settings(**QUICK | {"steps": 10, "network": "vote"})
    made = Run(settings, *split(bumps(), 0.5), device="cpu")
    list(made.advance())
    trained = made.finish().trained
    tensors = [*trained.networks[0].state_dict().values(), *trained.rocket.state_dict().values()]
    assert {tensor.device.type for tensor in tensors} == {"cpu"}
    assert np.array_equal(run(settings).finish().logits, made.finish().logits)
    with pytest.raises(RuntimeError):
        Run(settings, *split(bumps(), 0.5), device="abacus")


@pytest.mark.parametrize("network", ["vote", "inception", "twin"])
def test_a_gpu_learns_the_same_twice_and_what_comes_out_is_on_the_cpu(network):
    import torch

    from plugins.signal_classification.learning.training import Run

    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    settings = Settings(**QUICK | {"network": network, "timm": "test_resnet"})
    found = []
    for _ in range(2):
        made = Run(settings, *split(bumps(), 0.5), device="cuda")
        list(made.advance())
        found.append(made.finish())
    assert np.array_equal(found[0].logits, found[1].logits)
    assert found[0].report.balanced >= 0.8
    on_cpu = found[0].trained.logits(made.test_inputs)
    assert np.allclose(on_cpu, found[0].logits, atol=2e-2)


def test_a_pause_costs_no_budget():
    from plugins.signal_classification.learning.training import Run

    made = Run(Settings(**QUICK), *split(bumps()))
    start = time.perf_counter()
    for _ in made.advance():
        time.sleep(0.05)
    paused = 0.05 * len(made.progress)
    assert len(made.progress) == 6 and made.seconds <= time.perf_counter() - start - paused


def test_a_run_stops_within_a_batch_and_keeps_what_it_learnt():
    from plugins.signal_classification.learning.training import Run

    made = Run(Settings(**QUICK | {"batch": 2, "members": 3}), *split(bumps()))
    with pytest.raises(TrainingError, match="before its first step"):
        made.finish()
    next(steps := made.advance())
    made.stopped = True
    assert list(steps) == [] and len(made.finish().trained.networks) == 1


def test_a_rate_that_is_far_too_high_is_told_and_not_hidden():
    from plugins.signal_classification.learning.training import Run

    settings = Settings(**QUICK | {"rate": 1.0, "average": 0})
    made = Run(settings, *split(bumps()))
    made.inputs[:] = np.nan
    with pytest.raises(TrainingError, match="no number any more"):
        list(made.advance())


def test_one_class_is_refused_before_anything_is_built():
    from plugins.signal_classification.learning.training import Run

    signals = bumps()
    with pytest.raises(SignalError, match="one class"):
        Run(Settings(**QUICK), signals.only(signals.labels == 0), signals)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"network": "magic"}, "network"),
        ({"budget": 0}, "budget"),
        ({"batch": 1}, "batch"),
        ({"rate": "fast"}, "rate"),
        ({"crop": 0.9}, "crop"),
        ({"balance": 1}, "balance"),
        ({"early": 1}, "early"),
        ({"timm": ""}, "timm"),
        ({"members": 2.5}, "members"),
    ],
)
def test_a_setting_that_cannot_be_used_names_its_field(values, field):
    with pytest.raises(SettingsError) as caught:
        Settings(**values)
    assert caught.value.where == field
    with pytest.raises(SettingsError, match="no such setting"):
        Settings.from_plain({"colour": 1})
    assert Settings.from_plain(Settings(members=3.0).plain()).members == 3


def test_warping_bends_time_forwards_and_keeps_to_the_signal():
    import torch

    from plugins.signal_classification.learning.augment import along, paths, vary

    rng = torch.Generator().manual_seed(0)
    places = paths(50, 100, 0.3, 0.2, rng)
    assert (places.diff() >= 0).all() and places.min() >= 0 and places.max() <= 99
    assert (places[:, -1] - places[:, 0] >= 0.8 * 99 - 1e-3).all()
    assert not torch.allclose(places[0], places[1])
    line = torch.arange(100.0).repeat(50, 1, 1)
    assert torch.allclose(along(line, places)[:, 0], places, atol=1e-4)
    still = Settings(warp=0, crop=0, scaling=0, jitter=0)
    assert torch.equal(vary(line, still, rng), line)


def test_mixing_keeps_each_target_whole():
    import torch

    from plugins.signal_classification.learning.augment import mixed, shares

    signals, targets = torch.randn(8, 1, 20), torch.eye(2).repeat(4, 1)
    kept = shares(8, Settings(mixup=0.4), np.random.default_rng(0))
    assert kept.min() >= 0.5 and (shares(8, Settings(mixup=0), None) == 1).all()
    rng = torch.Generator().manual_seed(0)
    both, wanted = mixed(signals, targets, torch.from_numpy(kept), rng)
    assert torch.allclose(wanted.sum(1), torch.ones(8))
    assert (wanted.gather(1, targets.argmax(1)[:, None]) >= 0.5).all()
    assert not torch.equal(both, signals)


@pytest.mark.parametrize("length", [16, 64, 601])
def test_a_map_says_of_each_sample_what_the_head_says_of_all(length):
    import torch

    from plugins.signal_classification.learning.explain import cams
    from plugins.signal_classification.learning.network import build
    from plugins.signal_classification.learning.trained import Trained

    form = Form(2, length)
    network = build(Settings(width=4), form, 3, 0).eval()
    trained = Trained((network,), form, ("a", "b", "c"), Settings())
    inputs = np.random.default_rng(0).standard_normal((2, 2, length)).astype(np.float32)
    maps = cams(trained, inputs)
    assert maps.shape == (2, 3, length) and np.allclose(maps.mean(1), 0, atol=1e-5)
    with torch.no_grad():
        evidence = network.evidence(torch.from_numpy(inputs))
        said = network(torch.from_numpy(inputs))
    assert torch.allclose(evidence.mean(-1), said, atol=1e-5)
    stride = -(-length // evidence.shape[-1])
    own = (evidence - evidence.mean(1, keepdim=True)).numpy()
    assert np.allclose(maps[..., ::stride], own, atol=1e-5)


def test_a_map_tells_of_each_place_and_not_of_the_whole():
    """A spike in the middle changes the map there, and nowhere beyond the reach of the kernels."""
    from plugins.signal_classification.learning.explain import cams
    from plugins.signal_classification.learning.network import build
    from plugins.signal_classification.learning.trained import Trained

    form = Form(1, 512)
    network = build(Settings(width=4), form, 2, 0).eval()
    trained = Trained((network,), form, ("a", "b"), Settings())
    plain = np.random.default_rng(0).standard_normal((1, 1, 512)).astype(np.float32)
    spiked = plain.copy()
    spiked[..., 256] += 5
    changed = np.abs(cams(trained, spiked) - cams(trained, plain)).max((0, 1))
    assert changed[:170].max() < 1e-6 > changed[343:].max()
    assert changed[240:272].max() > 1e-3


def test_first_kernels_respond_as_a_convolution_does():
    from plugins.signal_classification.learning.explain import first_kernels
    from plugins.signal_classification.learning.network import build

    form = Form(2, 64)
    network = build(Settings(width=4), form, 3, 0).eval()
    signal = np.random.default_rng(0).standard_normal((2, 64)).astype(np.float32)
    filters = first_kernels(network, signal)
    assert len(filters) == 4 and filters[0].weights.shape == (2, 7)
    assert [f.strength for f in filters] == sorted((f.strength for f in filters), reverse=True)
    padded = np.pad(signal, ((0, 0), (3, 3)))
    for one in filters:
        by_hand = [(one.weights * padded[:, i : i + 7]).sum() for i in range(64)]
        assert np.allclose(one.response, by_hand, atol=1e-5)


def test_a_long_signal_is_seen_in_strides():
    import torch

    from plugins.signal_classification.learning.network import ResNet

    body = ResNet(1, 1024, 4).eval()
    assert body(torch.zeros(1, 1, 1024)).shape == (1, 16, 64)


def test_the_twin_of_a_timm_network_learns_as_well():
    from plugins.signal_classification.learning.explain import cams, first_kernels

    pytest.importorskip("weights.ndim")
    settings = Settings(**QUICK | {"network": "twin", "timm": "test_resnet", "steps": 30})
    done = run(settings).finish()
    assert done.report.balanced >= 0.8
    signals = bumps(4)
    inputs, _ = done.trained.form.apply(signals.series)
    assert cams(done.trained, inputs).shape == (4, 2, 64)
    assert first_kernels(done.trained.networks[0], inputs[0])[0].response.shape == (64,)


@pytest.mark.parametrize("name", [n for n in BASELINES if "Rocket" not in n])
def test_the_plain_baselines(name):
    train, test = split(bumps(), 0.5)
    answers = baseline(name, train, test, form_of(train))
    assert answers.tally.confusion.sum() == len(test)
    expected = 0.5 if name.startswith("Majority") else 0.6
    assert answers.tally.accuracy >= expected
    with pytest.raises(SignalError, match="no baseline called 'luck'"):
        baseline("luck", train, test, form_of(train))


@pytest.mark.slow
def test_minirocket_by_aeon():
    pytest.importorskip("aeon")
    train, test = split(bumps(), 0.5)
    assert baseline("MiniRocket", train, test, form_of(train)).tally.accuracy >= 0.9


def test_the_report_counts_as_one_would_by_hand():
    logits = np.log(np.array([[0.95, 0.05], [0.65, 0.35], [0.15, 0.85], [0.75, 0.25]]))
    judged = report(logits, np.array([0, 0, 1, 1]), ("a", "b"))
    assert judged.accuracy == 0.75 and judged.majority == 0.5
    assert judged.recall.tolist() == [1, 0.5] and judged.balanced == 0.75
    assert judged.confusion.tolist() == [[2, 0], [1, 1]]
    assert judged.precision.tolist() == [pytest.approx(2 / 3), 1]
    # Right: .95, .65, .85; wrong: .75. Each alone in its bin.
    assert judged.calibration.error == pytest.approx((0.05 + 0.35 + 0.15 + 0.75) / 4)
    assert judged.calibration.counts.sum() == 4


def test_the_temperature_of_overconfident_answers_is_found():
    from scipy.special import softmax

    rng = np.random.default_rng(0)
    logits = 2 * rng.standard_normal((4000, 3))
    labels = np.array([rng.choice(3, p=p) for p in softmax(logits, axis=1)])
    assert temperature(4 * logits, labels) == pytest.approx(4, rel=0.1)
    assert calibration(softmax(logits, axis=1), labels).error < 0.03
    judged = report(4 * logits, labels, ("a", "b", "c"))
    assert judged.calibration.error > 3 * judged.cooled.error
