"""Chips: their size, dlib's own chip, ArcFace's template, and the whole picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from plugins.shared.faces.align import ALIGNMENTS, ARCFACE_TEMPLATE, align, whole, whole_size
from plugins.shared.faces.detect import Face
from plugins.shared.faces.examples import load_example
from tests.shared.faces import real
from weights.errors import ParagoneError

SIZES = {"dlib-150": 150, "arcface-112": 112}


@pytest.mark.parametrize("alignment", SIZES)
@pytest.mark.parametrize("who", real.WHO)
def test_size_and_kind(who, alignment):
    chip = align(load_example(who), real.faces(who)[0], alignment)
    assert chip.shape == (SIZES[alignment], SIZES[alignment], 3) and chip.dtype == np.uint8
    assert chip.std() > 20
    assert set(SIZES) == set(ALIGNMENTS)


@pytest.mark.parametrize("who", real.WHO)
def test_the_dlib_chip_is_dlibs_own(who):
    """Detected by dlib alone, on the picture as it is; our chip must be the same to the bit."""
    import dlib

    pixels = load_example(who).pixels
    predictor = dlib.shape_predictor(str(real.weights().file("dlib_landmarks.5").path))
    (box,) = dlib.get_frontal_face_detector()(pixels, 0)
    shape = predictor(pixels, box)
    points = tuple((float(p.x), float(p.y)) for p in shape.parts())
    edges = (box.left(), box.top(), box.right(), box.bottom())
    face = Face(edges, 1.0, points, box.width())
    ours = align(load_example(who), face, "dlib-150")
    assert np.array_equal(ours, dlib.get_face_chip(pixels, shape, size=150, padding=0.25))


@pytest.mark.parametrize("who", real.WHO)
def test_the_arcface_chip_puts_eyes_and_nose_where_the_template_says(who):
    chip = align(load_example(who), real.faces(who)[0], "arcface-112")
    zoom = 4
    canvas = Image.new("RGB", (200 * zoom, 200 * zoom), (128, 128, 128))
    canvas.paste(Image.fromarray(chip).resize((112 * zoom, 112 * zoom)), (44 * zoom, 44 * zoom))
    (face,) = real.find()(real.picture(canvas))
    found = np.array(face.landmarks) / zoom - 44
    assert np.abs(found - ARCFACE_TEMPLATE).max() < 5
    assert np.abs(found - ARCFACE_TEMPLATE).mean() < 2.5


@pytest.mark.parametrize("alignment", SIZES)
def test_a_tilted_face_is_made_upright(alignment):
    upright = real.portrait("grace_hopper")
    tilted = upright.rotate(18, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))
    chips = []
    for image in (upright, tilted):
        picture = real.picture(image)
        face = real.find()(picture)[0]
        chips.append(align(picture, face, alignment).astype(float))
    size = SIZES[alignment]
    middle = (slice(size // 4, -size // 4),) * 2
    raw = [np.asarray(i.resize((size, size)), float)[middle] for i in (upright, tilted)]
    apart = np.abs(chips[0] - chips[1])[middle].mean()
    assert apart < np.abs(raw[0] - raw[1]).mean() / 2


@pytest.mark.parametrize("alignment", SIZES)
def test_beyond_the_edge_is_black(alignment):
    """A face whose left half lies outside the picture."""
    picture = load_example("grace_hopper")
    face = real.faces("grace_hopper")[0]
    shifted = tuple((x - 270, y) for x, y in face.landmarks)
    box = (face.box[0] - 270, face.box[1], face.box[2] - 270, face.box[3])
    chip = align(picture, Face(box, 1.0, shifted, face.size), alignment)
    assert chip[:, :20].max() == 0 and chip[:, -20:].mean() > 20


def test_an_unknown_alignment_names_the_known_ones():
    with pytest.raises(ParagoneError) as caught:
        align(load_example("grace_hopper"), real.faces("grace_hopper")[0], "mtcnn-160")
    assert "mtcnn-160" in caught.value.what
    assert all(name in caught.value.todo for name in ALIGNMENTS)
    assert "whole-S" in caught.value.todo


@pytest.mark.parametrize("size", (10, 32, 112))
def test_the_whole_picture_is_a_square_whatever_face_is_given(size):
    picture = load_example("grace_hopper")
    chips = [
        align(picture, face, f"whole-{size}")
        for face in (real.faces("grace_hopper")[0], Face((0, 0, 1, 1), 0.0, (), 1))
    ]
    assert np.array_equal(*chips) and np.array_equal(chips[0], whole(picture.pixels, size))
    assert chips[0].shape == (size, size, 3) and chips[0].dtype == np.uint8


def test_a_square_picture_is_only_scaled():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    assert np.array_equal(whole(pixels, 40), pixels)
    scaled = np.asarray(Image.fromarray(pixels).resize((20, 20), Image.Resampling.BICUBIC))
    assert np.array_equal(whole(pixels, 20), scaled)


@pytest.mark.parametrize("turned", (False, True))
def test_the_picture_lies_in_the_middle_on_the_colour_of_its_border(turned):
    """An upright bar: a red square in the middle of a border of one colour."""
    pixels = np.full((60, 20, 3), (10, 200, 30), np.uint8)
    pixels[20:40, 5:15] = (255, 0, 0)
    if turned:
        pixels = pixels.transpose(1, 0, 2)
    square = whole(pixels, 60)
    if turned:
        square = square.transpose(1, 0, 2)
    assert np.array_equal(square[:, :20], np.full((60, 20, 3), (10, 200, 30)))
    assert np.array_equal(square[:, 20:40], pixels.transpose(1, 0, 2) if turned else pixels)
    assert np.array_equal(square[:, 40:], np.full((60, 20, 3), (10, 200, 30)))


def test_the_padding_is_the_mean_of_a_border_of_many_colours():
    pixels = np.zeros((4, 2, 3), np.uint8)
    pixels[:2] = 100  # Every pixel of this picture lies on its border.
    assert set(whole(pixels, 4)[:, 0].ravel()) == {50}


def test_a_large_picture_does_not_alias():
    """Fine stripes become grey, rather than whichever stripe a sparse reading meets."""
    pixels = np.zeros((512, 512, 3), np.uint8)
    pixels[:, ::2] = 254
    assert abs(whole(pixels, 32).astype(int) - 127).max() <= 2


@pytest.mark.parametrize("shape", ((1, 1), (1, 9), (9, 1)))
def test_the_thinnest_pictures_are_squared_too(shape):
    assert (whole(np.full((*shape, 3), 77, np.uint8), 16) == 77).all()


@pytest.mark.parametrize(
    ("alignment", "size"),
    [("whole-32", 32), ("whole-112", 112), ("whole-9", 0), ("whole-1000", 0), ("whole-032", 0)]
    + [("whole-", 0), ("whole-32 ", 0), ("arcface-112", 0), ("", 0)],
)
def test_the_size_in_an_alignments_name(alignment, size):
    assert whole_size(alignment) == size
