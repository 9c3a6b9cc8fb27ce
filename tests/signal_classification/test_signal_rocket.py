"""A Rocket of our own: what it counts, how it learns, and how it votes beside networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from signal_classification.test_signal_training import QUICK, bumps, run

from plugins.shared.classification.labelled import split
from plugins.signal_classification.learning.input_form import form_of
from plugins.signal_classification.settings import Settings

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_rocket_learns_alone_from_few_signals_and_knows_its_certainty():
    import torch

    from plugins.signal_classification.learning.rocket import FEATURES, Rocket

    train, test = split(bumps(), 0.5)
    form = form_of(train)
    rocket = Rocket(1, form.length, 2)
    inputs = torch.from_numpy(form.apply(train.series)[0])
    rocket.learn(inputs, train.labels, 0)
    shares = rocket.features(inputs)
    assert shares.shape == (20, FEATURES) and 0 <= shares.min() and shares.max() <= 1
    assert 0.3 < shares.mean() < 0.7
    asked = torch.from_numpy(form.apply(test.series)[0])
    said = rocket(asked).detach().softmax(1)
    assert (said.argmax(1).numpy() == test.labels).mean() >= 0.9 and said.max() < 1
    again = Rocket(1, form.length, 2)
    again.learn(inputs, train.labels, 0)
    assert torch.equal(again(asked), rocket(asked))
    again.learn(inputs, train.labels[::-1].copy(), 0)
    assert not torch.equal(again(asked), rocket(asked))


@pytest.mark.parametrize("length", [16, 24, 140, 1024])
def test_a_rockets_kernels_reach_at_most_over_the_signal(length):
    from plugins.signal_classification.learning.rocket import FEATURES, spread

    dilations, counts = spread(length)
    assert sum(counts) * 84 == FEATURES and min(counts) >= 1 and dilations[0] == 1
    assert 8 * max(dilations) < length and dilations == sorted(set(dilations))


def test_a_rockets_share_is_counted_as_one_would_by_hand():
    import torch

    from plugins.signal_classification.learning.rocket import Rocket

    rocket = Rocket(2, 16, 2)
    signal = np.random.default_rng(0).standard_normal((2, 16))
    with torch.no_grad():
        rocket.levels.fill_(0.5)
        found = rocket.features(torch.from_numpy(signal).float()[None])[0]
    taps = rocket.kernels.numpy()
    assert (np.sort(taps, 1) == [-1] * 6 + [2] * 3).all() and len(np.unique(taps, axis=0)) == 84
    padded = np.pad(signal.sum(0), 4)
    answers = np.array([[(tap * padded[t : t + 9]).sum() for t in range(16)] for tap in taps])
    per = rocket.counts[0]
    for k in range(84):
        own = answers[k, 4:12] if k % 2 else answers[k]
        assert found[k * per] == pytest.approx((own > 0.5).mean())


def test_the_ridge_leaves_each_signal_out_as_one_would_by_hand():
    """Scores of the closed form against as many fits without the signal."""
    from plugins.signal_classification.learning.rocket import alone

    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((12, 30)), np.arange(12) % 3
    wanted, strength = 2 * np.eye(3)[labels] - 1, 4.0
    found = alone(features - features.mean(0), wanted - wanted.mean(0), [strength])[0][1]
    for i in range(12):
        rest = np.delete(np.arange(12), i)
        x, y = features[rest], wanted[rest]
        cx, cy = x - x.mean(0), y - y.mean(0)
        slopes = np.linalg.solve(cx.T @ cx + strength * np.eye(30), cx.T @ cy)
        said = y.mean(0) + (features[i] - x.mean(0)) @ slopes
        assert np.allclose(wanted[i] - found[i], said, atol=1e-8)


def test_networks_and_a_rocket_vote_with_equal_weight_and_are_kept_together(tmp_path):
    from plugins.signal_classification.learning.model_file import About, load, save

    settings = Settings(**QUICK | {"steps": 10, "network": "vote"})
    made = run(settings)
    trained = made.finish().trained
    networks = replace(trained, rocket=None).probabilities(made.test_inputs)
    rocket = replace(trained, networks=()).probabilities(made.test_inputs)
    assert not np.allclose(networks, rocket, atol=0.05)
    assert np.allclose(trained.probabilities(made.test_inputs), (networks + rocket) / 2, atol=1e-6)
    save(trained, About(), tmp_path / "model.safetensors")
    again, _ = load(tmp_path / "model.safetensors")
    assert np.array_equal(
        again.probabilities(made.test_inputs), trained.probabilities(made.test_inputs)
    )
    assert again.settings == settings


def test_channels_are_mixed_by_chance_and_each_kernel_hears_one_at_least():
    import torch

    from plugins.signal_classification.learning.rocket import Rocket

    train, test = split(bumps(channels=6), 0.5)
    form = form_of(train)
    rocket = Rocket(6, form.length, 2)
    rocket.learn(torch.from_numpy(form.apply(train.series)[0]), train.labels, 0)
    heard = rocket.mixes.sum(2)
    assert heard.min() >= 1 and heard.max() <= 6 and len(heard.unique()) > 2
    said = rocket(torch.from_numpy(form.apply(test.series)[0])).argmax(1).numpy()
    assert (said == test.labels).mean() >= 0.8
