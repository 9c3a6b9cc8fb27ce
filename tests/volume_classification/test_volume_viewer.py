"""What the browser gets of a volume: levels, atlases, evidence, and the recorded opening."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from plugins.volume_classification import opening
from plugins.volume_classification.data.volume import Volume, fitted, placed
from plugins.volume_classification.lesson.panel import Judged
from plugins.volume_classification.lesson.phantom import CLASSES, phantom, spot_axis, spot_centre
from plugins.volume_classification.views.html import Verdict
from plugins.volume_classification.views.viewer_data import (
    LONGEST,
    NEUTRAL,
    Evidence,
    atlas,
    coded,
    quantised,
    scene,
    signed,
    webp,
)


def pixels(uri: str) -> np.ndarray:
    """The grey levels of a data URI."""
    kind, _, data = uri.partition(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"))


def slices(picture: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """An atlas taken apart, as the page's script does it."""
    count, height, width = shape
    columns = picture.shape[1] // width
    grid = picture.reshape(-1, height, columns, width).transpose(0, 2, 1, 3)
    return grid.reshape(-1, height, width)[:count]


def test_levels_stand_for_values():
    values = phantom(3, 0).values
    levels, table = quantised(values)
    assert levels.dtype == np.uint8 and (np.diff(table) > 0).all()
    assert table[0] == pytest.approx(values.min()) and table[-1] == pytest.approx(values.max())
    even = (values.max() - values.min()) / 255
    assert np.abs(table[levels] - values).max() < 1.05 * even, "at worst twice as coarse as even"
    assert np.abs(table[levels] - values).mean() < 0.25 * even * 0.9, "and finer where values are"


def test_a_narrow_window_still_shows_differences():
    rng = np.random.default_rng(0)
    scan = np.full((20, 40, 40), -1000, np.float32)  # Mostly air, as in CT.
    scan[5:15, 10:30, 10:30] = rng.normal(40, 15, (10, 20, 20))
    scan[8, 12, 12] = 3000
    levels, table = quantised(scan)
    brain = (table[levels] > 0) & (table[levels] < 80)
    assert len(np.unique(levels[brain])) > 2 * (80 / 4000 * 255), "more than evenly spaced ones"


@pytest.mark.parametrize("value", [0.0, -1000.0, 7.5])
def test_a_constant_volume_has_one_level(value):
    levels, table = quantised(np.full((4, 5, 6), value, np.float32))
    assert not levels.any() and table[0] == value
    assert not coded(np.array([value]), table).any()


@pytest.mark.parametrize("shape", [(1, 5, 7), (7, 30, 4), (13, 3, 50), (32, 32, 32), (2, 2, 2)])
def test_an_atlas_holds_every_slice(shape):
    levels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    picture = pixels(webp(atlas(levels), exact=True))
    assert np.array_equal(slices(picture, shape), levels)


def test_evidence_keeps_its_sign_and_what_is_not_seen():
    maps = np.random.default_rng(0).normal(0, 3, (2, 6, 6, 6)).astype(np.float32)
    maps[:, 4:] = np.nan
    levels, most = signed(maps)
    assert most == pytest.approx(np.nanmax(np.abs(maps)))
    assert not levels[:, 4:].any() and levels[:, :4].min() >= 1
    back = (levels[:, :4].astype(float) - NEUTRAL) / 127 * most
    assert np.abs(back - maps[:, :4]).max() <= most / 254 + 1e-6
    assert signed(np.full((2, 3, 3, 3), np.nan))[1] == 0


def test_a_scene_tells_what_its_pictures_are():
    volume = Volume(phantom(3, 1).values[:20], (2.5, 0.7, 0.7), "scan", oriented=True)
    maps = np.zeros((2, 16, 16, 16), np.float32)
    made = scene(volume, [Evidence("3-D", CLASSES, maps)])
    told = made.values
    assert told["shape"] == (20, 32, 32) and told["spacing"] == (2.5, 0.7, 0.7) and told["letters"]
    levels = slices(pixels(made.images["volume"]), told["shape"])
    shown = np.array(told["table"])[levels]
    assert np.abs(shown - volume.values).max() < 10
    count, height, width = told["turning"]
    assert count == 36 and pixels(made.images["turning"]).size >= count * height * width
    names = [name for name, *_ in told["presets"]]
    assert names[:2] == ["Its own range", "All values"] and "Lung" in names, "it looks like CT"
    (known,) = told["maps"]
    assert known["classes"] == CLASSES and known["size"] == 16
    assert (slices(pixels(made.images["maps0"]), (32, 16, 16)) == NEUTRAL).all()


def test_what_is_no_ct_gets_no_windows_of_ct():
    volume = Volume(np.random.default_rng(0).random((9, 9, 9)).astype(np.float32))
    assert len(scene(volume).values["presets"]) == 2 and not scene(volume).values["letters"]


def test_a_long_side_is_condensed_and_a_flat_one_is_shown():
    volume = Volume(np.random.default_rng(0).random((3, 4, 1500)).astype(np.float32), (1, 1, 0.5))
    told = scene(volume).values
    assert told["shape"] == (3, 4, LONGEST)
    assert told["shape"][2] * told["spacing"][2] == pytest.approx(750)
    flat = scene(Volume(np.full((2, 3, 4), 5.0, np.float32)))
    assert flat.values["presets"] == [("All values", 5.0, 5.0)]


def test_evidence_lies_where_the_network_saw_the_volume():
    """A bright voxel of the volume is found in the cube where the page's script looks for it."""
    volume = Volume(np.zeros((12, 40, 24), np.float32), (3.0, 1.0, 1.0))
    where = (9, 31, 5)
    volume.values[where] = 1000
    _, start, inner = placed(volume, 20)
    cube = fitted(volume, 20).values
    sides = zip(start, inner, where, volume.values.shape, strict=True)
    looked = [first + (at + 0.5) * many / side - 0.5 for first, many, at, side in sides]
    found = np.unravel_index(cube.argmax(), cube.shape)
    assert np.abs(np.array(looked) - found).max() <= 0.75


def test_the_opening_is_written_and_read_again(tmp_path):
    rng = np.random.default_rng(0)
    maps = {kind: rng.normal(0, 2, (2, 32, 32, 32)).astype(np.float32) for kind in ("2d", "3d")}
    maps["2d"][:, 17:] = np.nan
    verdicts = tuple(Verdict(kind, CLASSES, (0.4, 0.6), 0.02, 0.5) for kind in maps)
    evidence = tuple(Evidence(v.name, CLASSES, maps[v.kind]) for v in verdicts)
    made = Judged(verdicts, evidence, ())
    opening.write(11, 1, made, made, "Made for a test.", tmp_path)
    seed, label, judged, twin, about = opening.recorded(tmp_path)
    assert twin == verdicts
    assert (seed, label, about) == (11, 1, "Made for a test.") and judged.verdicts == verdicts
    for one in judged.evidence:
        truth = maps["2d" if one.name == "2-D" else "3d"]
        assert np.array_equal(np.isnan(one.maps), np.isnan(truth))
        assert np.nanmax(np.abs(one.maps - truth)) < np.nanmax(np.abs(truth)) / 200
    shown = opening.drawn(seed, label, judged, twin, about)
    assert shown.count("<article><h3>") == 2 and "wrong about one of the two" in shown
    assert 'data-truth="vessel"' in shown and "simulated vessel" not in shown, "no hint before"
    assert "nobody's scan" in shown and about in shown


@pytest.mark.parametrize("seed", range(4))
def test_the_ring_is_around_a_bright_spot(seed):
    middle = phantom(seed, 0).values[16]
    y, x = (round(15.5 + at) for at in spot_centre(seed))
    assert middle[y - 1 : y + 2, x - 1 : x + 2].mean() > -500 > np.median(middle)


def test_twins_are_cut_along_the_axis_of_the_spot():
    from plugins.volume_classification.views.twins import cuts

    nodule, vessel = (cuts(phantom(3, label).values, spot_axis(3)) for label in (0, 1))
    assert np.array_equal(nodule[0], vessel[0]), "one central slice"
    for ball, column in zip(nodule[1:], vessel[1:], strict=True):
        middle = [int(round(c)) for c in spot_axis(3)[16]]
        assert ball.shape == column.shape == (32, 32) and middle
        assert column[:4].max() > -500 and not np.array_equal(ball, column)


def test_where_bright_voxels_cover_what_is_behind_front_and_back_differ():
    from plugins.volume_classification.views.projections import projections

    values = np.random.default_rng(0).random((24, 24, 24)).astype(np.float32)
    values[8:16, 3:6, 6:18] = 4  # In front; behind it something brighter.
    values[8:16, 18:21, 6:18] = 8
    volume = Volume(values)
    most = projections(volume, (0, 180))
    seen = projections(volume, (0, 180), covering=True)
    middle = (slice(None), 12, slice(15, 19))
    assert (most[middle] > 7.9).all(), "the highest value is the same from both sides"
    front, back = seen[middle].mean(1)
    assert front + 0.3 < back, "the nearer one covers the other"
    assert values.min() <= seen.min() and seen.max() <= values.max()
