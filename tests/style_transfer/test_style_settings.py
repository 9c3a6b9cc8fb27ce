"""What may be chosen, and what is said where it may not."""

from __future__ import annotations

import pytest

from plugins.style_transfer.fields import read_layers, read_weights
from plugins.style_transfer.settings import Settings, SettingsError, fitted


@pytest.mark.parametrize(
    "field, value",
    [
        ("size", 32),
        ("size", 2048),
        ("size", "large"),
        ("steps", 0),
        ("steps", 1.5),
        ("start", "anywhere"),
        ("parametrisation", "oil"),
        ("optimiser", "sgd"),
        ("beta", float("nan")),
        ("alpha", -1),
        ("style_layers", "layer1"),
        ("style_layers", [["layer1", "much"]]),
        ("style_layers", [["layer1", 0]]),
        ("style_weights", [0, 0]),
        ("style_weights", [-1]),
        ("style_weights", 3),
    ],
)
def test_what_cannot_be_used_is_named(field, value):
    with pytest.raises(SettingsError) as caught:
        Settings(**{field: value})
    assert caught.value.where == field and caught.value.todo


def test_nothing_to_paint_towards():
    with pytest.raises(SettingsError, match="nothing to paint"):
        Settings(alpha=0, beta=0)


def test_plain_and_back():
    settings = Settings(size=256.0, style_layers=[["a", 1]], style_weights=[1, 2], beta=5)
    assert settings.size == 256 and settings.style_layers == (("a", 1.0),)
    assert Settings.from_plain(settings.plain()) == settings
    with pytest.raises(SettingsError, match="no such setting"):
        Settings.from_plain({"brush": 1})


@pytest.mark.parametrize("steps", [1, 2, 3, 50, 200])
@pytest.mark.parametrize("size", [64, 192, 384, 1024])
def test_schedule_goes_from_coarse_to_fine(size, steps):
    stages = Settings(size=size, steps=steps).schedule((300, 400, 3))
    assert sum(stage.steps for stage in stages) == steps and all(s.steps for s in stages)
    assert stages[-1].size == (round(size * 0.75), size)
    widths = [stage.size[1] for stage in stages]
    assert widths == sorted(set(widths)) and widths[0] >= min(96, size)
    assert len(Settings(size=size, steps=steps, coarse_to_fine=False).schedule((3, 4))) == 1


def test_fitted():
    assert fitted((100, 200), 50) == (25, 50) and fitted((10_000, 1), 100) == (100, 1)


def test_layers_as_people_write_them():
    assert read_layers("layer1: 0.5, layer2\nlayer3:2") == (
        ("layer1", 0.5),
        ("layer2", 1.0),
        ("layer3", 2.0),
    )
    assert read_layers("") == read_layers(None) == () and read_weights("1; 2,") == (1.0, 2.0)
    for read, text in ((read_layers, "layer1: much"), (read_weights, "one")):
        with pytest.raises(SettingsError, match="no number"):
            read(text)
