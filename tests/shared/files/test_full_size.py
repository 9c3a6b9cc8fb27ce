"""A picture at its own size: whatever way the camera was held, the parts are those of the whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from plugins.shared.files.full_size import full_size
from plugins.shared.files.pictures import PictureError, read_picture
from tests.shared.faces import made

SIZE = (180, 120)
BOXES = [(0, 0, 180, 120), (10, 20, 74, 52), (100, 3, 180, 120), (0, 60, 7, 61)]


def scene() -> Image.Image:
    """No two of its rows or columns are alike."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    return Image.fromarray(np.stack([x, y, (3 * x + 5 * y) % 256], axis=2).astype(np.uint8))


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("orientation", made.STORED)
def test_a_part_is_that_of_the_upright_picture(orientation, box):
    data = made.held(orientation, image=scene())
    whole = read_picture(data, "scene.png").pixels
    reduced = read_picture(data, "scene.png", max_side=60, keep_source=True)
    assert max(reduced.pixels.shape) == 60 and reduced.source == data
    left, top, right, bottom = box
    with full_size(reduced) as full:
        assert full.size == SIZE
        part = full.show(box, (right - left, bottom - top))
    assert np.array_equal(part, whole[top:bottom, left:right])


@pytest.mark.parametrize("orientation", made.STORED)
def test_a_part_is_scaled_with_its_sides(orientation):
    data = made.held(orientation, image=scene())
    with full_size(read_picture(data, "s.png", max_side=60, keep_source=True)) as full:
        part = full.show((20, 10, 120, 50), (50, 20))
    assert part.shape == (20, 50, 3)
    expected = scene().crop((20, 10, 120, 50)).resize((50, 20), Image.Resampling.BOX)
    assert (
        np.abs(part[2:-2, 2:-2].astype(int) - np.asarray(expected)[2:-2, 2:-2])[..., :2].max() < 3
    )


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_is_shown_in_rgb(mode):
    image = scene().convert("L").convert("I").point(lambda v: v * 257).convert("I;16")
    image = image if mode == "I;16" else scene().convert(mode)
    data = made.encoded(image, "TIFF")
    whole = read_picture(data, "scene.tif").pixels
    with full_size(read_picture(data, "scene.tif", max_side=60, keep_source=True)) as full:
        part = full.show((0, 0, *SIZE), SIZE)
    assert np.abs(part.astype(int) - whole).max() <= 1


def test_without_a_source_the_pixels_are_shown():
    picture = read_picture(made.encoded(scene()), "scene.png")
    assert picture.source == b""  # It was not reduced.
    with full_size(picture) as full:
        assert np.array_equal(full.show((5, 5, 25, 15), (20, 10)), picture.pixels[5:15, 5:25])
    reduced = read_picture(made.encoded(scene()), "scene.png", max_side=60)
    with full_size(reduced) as full:
        assert full.size == (60, 40)


def test_a_file_that_breaks_off_is_refused_in_words():
    """A JPEG is reduced while it is decoded, so its end may only count at its own size."""
    data = made.encoded(scene().resize((1800, 1200)), "JPEG")
    picture = read_picture(data, "scene.jpg", max_side=200, keep_source=True)
    from dataclasses import replace

    with pytest.raises(PictureError, match=r"scene\.jpg"):
        with full_size(replace(picture, source=data[: len(data) // 2])):
            pass
    assert Image.open(io.BytesIO(data)).size == (1800, 1200)
