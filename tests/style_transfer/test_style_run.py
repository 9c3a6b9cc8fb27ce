"""Paintings: they come nearer to their targets, stop, fail in words, and repeat."""

from __future__ import annotations

import copy
import io
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from painters import network, painting, photograph
from PIL import Image

from plugins.style_transfer.layers import defaults_for, vgg_names
from plugins.style_transfer.settings import Settings, SettingsError
from weights.errors import NotConvolutional, WeightsError

if TYPE_CHECKING:
    from plugins.style_transfer.run import Run

QUICK = Settings(size=96, steps=12, coarse_to_fine=False)


def painted(settings: Settings = QUICK, name: str = "test_resnet", **kwargs) -> Run:
    from plugins.style_transfer.run import Run

    run = Run(settings, network(name), photograph(), [painting()], **kwargs)
    for _ in run.advance():
        pass
    return run


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"parametrisation": "pixels"},
        {"optimiser": "lbfgs"},
        {"optimiser": "lbfgs", "parametrisation": "pixels"},
        {"start": "noise"},
        {"start": "blend", "alpha": 0.1},
        {"variation": 1.0},
        {"smoothing": True},
        {"keep_colours": True},
        {"style_scale": 0.5},
        {"coarse_to_fine": True, "size": 192},
        {"alpha": 0.0},
        {"beta": 0.0, "start": "noise"},
    ],
    ids=str,
)
def test_the_loss_falls(change):
    run = painted(replace(QUICK, **change))
    assert run.step == 12 and not run.failed
    last = [p for p in run.losses if p.size == run.losses[-1].size]
    assert last[-1].losses["total"] < last[0].losses["total"]
    terms = {k: v for k, v in last[-1].losses.items() if k != "total"}
    assert sum(terms.values()) == pytest.approx(last[-1].losses["total"], rel=1e-4)
    assert ("content" in terms) == bool(run.settings.alpha)
    assert run.result().shape == (*run.schedule[-1].size, 3) and run.result().dtype == np.uint8


def test_the_same_settings_paint_the_same():
    one, same, other = painted(), painted(), painted(replace(QUICK, seed=1))
    assert np.array_equal(one.result(), same.result())
    assert not np.array_equal(one.result(), other.result())


def test_it_comes_nearer_to_the_style_than_the_content_is():
    run = painted(replace(QUICK, steps=40, beta=100))
    assert run.losses[-1].losses["style"] < 0.5 * run.losses[0].losses["style"]
    now, target = next(iter(run.grams().values()))
    assert now.shape == target.shape and max(now.shape) <= 32


def test_outside_of_the_mask_is_the_content():
    mask = np.zeros((72, 96), np.uint8)
    mask[:, :40] = 255
    run = painted(replace(QUICK, start="noise"), mask=mask)
    now = run.result().astype(int)
    original = photograph().astype(int)
    assert np.abs(now[:, 48:] - original[:, 48:]).max() <= 2
    assert np.abs(now[:, :36] - original[:, :36]).mean() > 10


def test_two_styles_by_weight():
    from plugins.style_transfer.run import Run

    plain = np.full((64, 64, 3), 90, np.uint8)
    settings = replace(QUICK, style_weights=(1, 0))
    both = Run(settings, network(), photograph(), [painting(), plain])
    alone = Run(QUICK, network(), photograph(), [painting()])
    for run in (both, alone):
        list(run.advance())
    assert np.array_equal(both.result(), alone.result())


def test_stopping_keeps_the_picture():
    from plugins.style_transfer.run import Run

    run = Run(replace(QUICK, steps=500), network(), photograph(), [painting()])
    for progress in run.advance():
        if progress.step == 5:
            assert run.remaining > 0
            run.stopped = True
    assert run.step == 5 and run.result().shape == (72, 96, 3)


def test_stopped_while_it_is_small_it_is_enlarged():
    from plugins.style_transfer.run import Run

    run = Run(replace(QUICK, size=384, coarse_to_fine=True), network(), photograph(), [painting()])
    next(run.advance())
    assert max(run.picture().shape) == 96 and run.result().shape == (288, 384, 3)


def test_saved_steps():
    run = painted(replace(QUICK, steps=60))
    steps = [one.step for one in run.saved]
    assert len(steps) == 24 and steps[0] == 1 and steps[-1] == 60
    assert Image.open(io.BytesIO(run.saved[-1].webp)).size == (96, 72)


def test_weights_that_are_no_numbers_are_said_by_term():
    import torch

    from plugins.style_transfer.run import Run

    backbone = network()
    module = copy.deepcopy(backbone.module)
    with torch.no_grad():
        next(module.parameters()).fill_(float("nan"))
    run = Run(QUICK, replace(backbone, module=module), photograph(), [painting()])
    assert list(run.advance()) == [] and run.failed in ("content", "style")
    assert np.abs(run.result().astype(int) - photograph()).mean() < 4, "the start is kept"


def test_a_rate_that_is_too_high_keeps_the_last_good_picture():
    import torch

    from plugins.style_transfer.run import Run

    run = Run(
        replace(QUICK, rate=10.0, parametrisation="pixels", steps=60, beta=1e9, variation=1e9),
        network(),
        photograph(),
        [painting()],
    )
    seen = []
    for _ in run.advance():
        seen.append(run.picture())
        if run.step == 3:  # What overflows at last, at once.
            with torch.no_grad():
                run._painter.space.values.fill_(float("inf"))
            break
    before = seen[-1]
    evaluation = run._painter.step()
    assert evaluation.bad and before.shape == run.picture().shape


def test_memory_is_checked_before():
    from plugins.style_transfer.estimate import check_memory, needed

    settings = Settings(size=1024)
    wanted = needed(settings, network(), (768, 1024))
    assert wanted > 4 * needed(Settings(size=256), network(), (768, 1024))
    check_memory(wanted, wanted, 1024)
    with pytest.raises(SettingsError, match="GB"):
        check_memory(wanted, wanted - 1, 1024)


def test_an_estimate_is_measured_anew_when_the_last_one_is_old(monkeypatch):
    from plugins.style_transfer import estimate as module

    paces, now = iter((1.0, 2.0)), [100.0]
    monkeypatch.setattr(module, "_known", {})
    monkeypatch.setattr(module, "_timed", lambda *_: next(paces))
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    wanted = replace(QUICK, steps=100, size=96)
    first = module.estimate(wanted, network(), (72, 96)).seconds
    now[0] += module.FRESH - 1
    assert module.estimate(wanted, network(), (72, 96)).seconds == first
    now[0] += 2
    assert module.estimate(wanted, network(), (72, 96)).seconds == pytest.approx(2 * first)


def test_an_estimate_counts_every_size():
    from plugins.style_transfer.estimate import estimate

    one = estimate(replace(QUICK, steps=100), network(), (72, 96))
    two = estimate(replace(QUICK, steps=200), network(), (72, 96))
    assert 1.6 < two.seconds / one.seconds < 2.2, "timed once, reckoned twice"


@pytest.mark.parametrize(
    "content, styles, mask, where",
    [
        (None, [painting()], None, "content"),
        (photograph(), [], None, "style"),
        (np.zeros((1, 1, 3), np.uint8), [painting()], None, "content picture"),
        (photograph(), [painting(), painting(4)], None, "style 2 picture"),
        (np.zeros((2000, 20, 3), np.uint8), [painting()], None, "content picture"),
        (photograph(), [painting()], np.zeros((72, 96), np.uint8), "mask"),
    ],
)
def test_pictures_that_cannot_be_used(content, styles, mask, where):
    from plugins.style_transfer.run import PictureError, Run

    with pytest.raises(PictureError) as caught:
        Run(QUICK, network(), content, styles, mask)
    assert caught.value.where == where and caught.value.todo


@pytest.mark.parametrize(
    "change, where",
    [
        ({"content_layer": "layer9"}, "content_layer"),
        ({"style_layers": (("layer1", 1.0), ("nowhere", 1.0))}, "style_layers"),
        ({"style_weights": (1.0, 2.0)}, "style_weights"),
    ],
)
def test_settings_that_do_not_fit(change, where):
    from plugins.style_transfer.run import Run

    with pytest.raises(SettingsError) as caught:
        Run(replace(QUICK, **change), network(), photograph(), [painting()])
    assert caught.value.where == where


def test_what_is_no_convnet_is_refused():
    from plugins.style_transfer.run import Run

    with pytest.raises((NotConvolutional, WeightsError), match="resnet18"):
        Run(replace(QUICK, size=160), network("test_vit"), photograph(160, 160), [painting()])


def test_default_layers():
    vgg = network("vgg11").encoder()
    names = vgg_names(vgg.layers((128, 128)))
    assert names["relu1_1"] == "features.1" and "relu5_2" in names
    taps = defaults_for(network("resnet18").encoder(), (128, 128))
    encoder = network("resnet18").encoder()
    strides = [encoder.layer(name, (128, 128)).field.stride[0] for name, _ in taps.style]
    assert taps.content == "layer2" and max(strides) == 16 and min(strides) == 2
    vgg16 = network("vgg16").encoder()
    classic = defaults_for(vgg16, (64, 64))
    assert [n for n, _ in classic.style] == [f"features.{i}" for i in (1, 6, 11, 18, 25)]
    assert classic.content == "features.20"


@pytest.mark.parametrize("name", ["test_convnext", "test_efficientnet", "test_byobnet"])
def test_any_convnet_paints(name):
    run = painted(name=name)
    assert run.losses[-1].losses["total"] < run.losses[0].losses["total"]


def test_lbfgs_is_called_back_where_it_goes_astray():
    import torch

    from plugins.style_transfer.run import Run

    settings = replace(QUICK, optimiser="lbfgs", parametrisation="pixels", precision="float32")
    run = Run(settings, network(), photograph(), [painting()])
    steps = run.advance()
    first = next(steps).losses["total"]
    painter = run._painter
    best, optimiser = [p.detach().clone() for p in painter.space.parameters()], painter.optimiser
    painter.best = (first / 1000, best)
    next(steps)
    assert all(torch.equal(p, b) for p, b in zip(painter.space.parameters(), best, strict=True))
    assert painter.optimiser is not optimiser and painter.searching


def test_bfloat16_paints_nearly_the_same_picture():
    settings = replace(QUICK, seed=3)
    plain, half = (painted(replace(settings, precision=p)) for p in ("float32", "bfloat16"))
    assert half.losses[-1].losses["total"] == pytest.approx(
        plain.losses[-1].losses["total"], rel=0.1
    )
    assert np.abs(half.result().astype(int) - plain.result()).mean() < 6


def test_the_quicker_precision_is_measured_once(monkeypatch):
    import torch

    from plugins.style_transfer import precision

    encoder = network().encoder()
    layers = [encoder.layers((96, 96))[0].name]
    monkeypatch.setattr(precision, "_has_bfloat16", lambda: True)
    asked = []
    times = {torch.float32: 1.0, torch.bfloat16: 0.5}
    monkeypatch.setattr(
        precision, "_seconds", lambda e, names, kind: asked.append(kind) or times[kind]
    )
    name = "measured once"
    assert precision.chosen("auto", encoder, name, layers) is torch.bfloat16
    times[torch.bfloat16] = 2.0
    assert precision.chosen("auto", encoder, name, layers) is torch.bfloat16 and len(asked) == 2
    assert precision.chosen("auto", encoder, "another", layers) is torch.float32
    assert precision.chosen("bfloat16", encoder, "another", layers) is torch.bfloat16
    monkeypatch.setattr(precision, "_has_bfloat16", lambda: False)
    assert precision.chosen("auto", encoder, "a third", layers) is torch.float32
    assert len(asked) == 4
