"""The survey that the page opens with: real numbers, whole, and no torch."""

from __future__ import annotations

import numpy as np
import pytest
from serving import run_code

from plugins.activation_explorer import recorded as module
from plugins.activation_explorer.maps import activation_map
from plugins.activation_explorer.opening import recorded_board
from plugins.activation_explorer.pictureset import PictureSet
from plugins.activation_explorer.recorded import recorded, write
from tests.activation_explorer import explored
from weights import Weights
from weights.errors import ParagoneError


def test_the_network_says_the_same_today():
    survey = recorded().survey
    backbone = Weights(device="cpu", offline=True).backbone(survey.backbone)
    for layer, unit in (("blocks.0", 3), ("blocks.2", 9), ("blocks.6", 100)):
        patch = survey.patch(layer, unit, 0)
        found = activation_map(backbone, layer, unit, survey.pictures.picture(patch.picture))
        assert found.values.max() == pytest.approx(patch.value, rel=0.02)
        row, column = np.unravel_index(found.values.argmax(), found.values.shape)
        assert found.field.box(row, column) == patch.field


def test_every_unit_has_nine_patches_of_nine_pictures():
    survey = recorded().survey
    assert survey.done and len(survey.pictures) > 300
    for found in survey.layers.values():
        assert found.values.shape == (found.layer.channels, 9)
        assert (np.diff(found.values) <= 0).all()
        assert all(len(set(row)) == 9 for row in found.pictures.tolist())
        assert (found.rows < found.layer.grid[0]).all()
        assert (found.columns < found.layer.grid[1]).all()


def test_opening_needs_no_torch():
    code = (
        "import sys\nfrom plugins.activation_explorer.opening import recorded_board\n"
        "wall = recorded_board().wall({}, None)\n"
        "print(wall.count('<section'), 'torch' in sys.modules)"
    )
    assert run_code(code).split() == ["5", "False"]


def test_what_is_written_is_read_again(tmp_path, monkeypatch):
    for name, file in (("TABLE", "t.json"), ("ARRAYS", "a.safetensors")):
        monkeypatch.setattr(module, name, tmp_path / file)
    monkeypatch.setattr(module, "bundled", explored.pictures)
    survey = explored.surveyed()
    try:
        write(survey, "Tiny", "From memory.", 2.0)
        again = recorded().survey
        for name, found in survey.layers.items():
            for rank in (0, 8):
                one, other = survey.patch(name, 1, rank), again.patch(name, 1, rank)
                assert one.box == other.box and one.field == other.field
                assert one.value == pytest.approx(other.value)
            assert again.layers[name].layer.field.everywhere == found.layer.field.everywhere
        recorded.cache_clear()
        others = PictureSet("others", ["x"], explored.pixels(1))
        monkeypatch.setattr(module, "bundled", lambda: others)
        with pytest.raises(ParagoneError, match="not those of the recorded survey"):
            recorded()
    finally:
        recorded.cache_clear()
        recorded_board.cache_clear()
