"""The pictures of the front page are what their command draws from the recorded openings."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from PIL import Image

from plugins.shared.page.card_pictures import FILE, SIZE, TASKS, Canvas, mixed

NAMES = sorted(path.parent.name for path in TASKS.glob("*/card_picture.py"))


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_that_is_kept_is_the_one_that_is_drawn(name):
    drawn = importlib.import_module(f"plugins.{name}.card_picture").draw()
    with Image.open(TASKS / name / FILE) as kept:
        assert kept.size == drawn.size
        difference = np.asarray(kept.convert("RGB"), float) - np.asarray(drawn, float)
    assert np.abs(difference).mean() < 8  # WebP is lossy; another picture is far beyond it.


def test_every_task_of_ours_has_one():
    assert len(NAMES) == 7


def test_shapes_land_where_they_are_asked_for():
    canvas = Canvas()
    canvas.paste(Image.new("RGB", (10, 10), "red"), (100, 50, 200, 150), 0, "#00ff00")
    canvas.dot(300, 100, 10, "#0000ff")
    drawn = canvas.finished()
    assert drawn.size == SIZE and drawn.getpixel((150, 100)) == (255, 0, 0)
    assert drawn.getpixel((102, 100)) == (0, 255, 0) and drawn.getpixel((300, 100)) == (0, 0, 255)
    assert mixed("#000000", "#ff8800", 0.5) == "#804400"
