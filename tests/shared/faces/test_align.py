"""Chips: their size, that of dlib, ArcFace's template, and the whole picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from plugins.shared.faces.align import (
    TEMPLATES,
    align,
    cut_chip,
    revision,
    similarity,
    whole,
    whole_size,
)
from plugins.shared.faces.detect import DETECTOR, Face
from plugins.shared.faces.encode import encode
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
    assert set(SIZES) == set(TEMPLATES)


@pytest.mark.parametrize("who", real.WHO)
def test_the_dlib_chip_is_nearly_dlibs_own(who):
    """dlib's own detector, landmarks and chip; two photos of one person are about 0.3 apart."""
    import dlib

    pixels = load_example(who).pixels
    (box,) = dlib.get_frontal_face_detector()(pixels, 0)
    shape = dlib.shape_predictor(real.dlib_landmarks())(pixels, box)
    theirs = dlib.get_face_chip(pixels, shape, size=150, padding=0.25)
    ours = align(load_example(who), real.faces(who)[0], "dlib-150")
    apart = np.linalg.norm(np.subtract(*encode(real.backbone(), [ours, theirs])))
    assert apart < 0.25


def tilted_square(degrees: float, side: float, centre: complex) -> np.ndarray:
    """Five points: the corners of a square in reading order with its centre third."""
    square = np.array([-1 - 1j, 1 - 1j, 0, -1 + 1j, 1 + 1j]) * side / 2
    points = square * np.exp(1j * np.radians(degrees)) + centre
    return np.stack([points.real, points.imag], axis=1)


@pytest.mark.parametrize("degrees", [0, 30, -135, 180])
def test_a_similarity_is_found_again(degrees):
    template = tilted_square(0, 40, 56 + 56j)
    points = tilted_square(degrees, 160, 300 + 200j)
    turn, shift = similarity(points, template)
    assert turn == pytest.approx(0.25 * np.exp(-1j * np.radians(degrees)))
    found = turn * (points @ (1, 1j)) + shift
    assert np.allclose(found, template @ (1, 1j))


@pytest.mark.parametrize("alignment", SIZES)
@pytest.mark.parametrize("zoom", [0.6, 1.0, 2.0, 5.5])
def test_a_point_of_the_picture_comes_to_lie_where_the_template_says(alignment, zoom):
    """A bright blob on each landmark of a made face, however large it is."""
    template = np.array(TEMPLATES[alignment][0])
    points = template * zoom + (70.0, 50.0)
    y, x = np.mgrid[: round(260 * zoom) + 60, : round(260 * zoom) + 80]
    near = [np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * (3 * zoom) ** 2)) for px, py in points]
    pixels = np.repeat((255 * np.max(near, axis=0)).astype(np.uint8)[..., None], 3, axis=2)
    chip = cut_chip(pixels, points, alignment)[..., 0].astype(float)
    for px, py in template:
        window = chip[round(py) - 8 : round(py) + 9, round(px) - 8 : round(px) + 9]
        down, across = np.mgrid[round(py) - 8 : round(py) + 9, round(px) - 8 : round(px) + 9]
        centre = [(window * axis).sum() / window.sum() for axis in (across, down)]
        assert np.allclose(centre, (px, py), atol=0.25)


@pytest.mark.parametrize("who", real.WHO)
@pytest.mark.parametrize("alignment", SIZES)
def test_the_chip_puts_eyes_nose_and_mouth_where_the_template_says(who, alignment):
    chip = align(load_example(who), real.faces(who)[0], alignment)
    side, zoom = SIZES[alignment], 3
    canvas = Image.new("RGB", (2 * side * zoom,) * 2, (128, 128, 128))
    place = side // 2 * zoom
    canvas.paste(Image.fromarray(chip).resize((side * zoom, side * zoom)), (place, place))
    (face,) = real.find()(real.picture(canvas))
    found = np.array(face.landmarks) / zoom - side // 2
    template = np.array(TEMPLATES[alignment][0])
    assert np.abs(found - template).max() < 0.08 * side
    assert np.abs(found - template).mean() < 0.04 * side


@pytest.mark.parametrize("alignment", SIZES)
@pytest.mark.parametrize("degrees", [18, 45, 90, 180])
def test_a_turned_face_is_made_upright(alignment, degrees):
    upright = real.portrait("grace_hopper")
    turned = upright.rotate(degrees, Image.Resampling.BICUBIC, True, fillcolor=(128, 128, 128))
    chips = []
    for image in (upright, turned):
        picture = real.picture(image)
        face = real.find()(picture)[0]
        chips.append(align(picture, face, alignment).astype(float))
    size = SIZES[alignment]
    middle = (slice(size // 4, -size // 4),) * 2
    raw = [np.asarray(i.resize((size, size)), float)[middle] for i in (upright, turned)]
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


def test_a_face_far_outside_the_picture_is_black_and_no_error():
    points = tuple((x * 4 - 5000, y * 4) for x, y in TEMPLATES["dlib-150"][0])
    chip = align(load_example("grace_hopper"), Face((0, 0, 1, 1), 1.0, points, 300), "dlib-150")
    assert chip.shape == (150, 150, 3) and chip.max() == 0


def test_a_large_face_does_not_alias():
    """Fine stripes become grey."""
    pixels = np.zeros((1200, 1200, 3), np.uint8)
    pixels[:, ::2] = 254
    chip = cut_chip(pixels, np.array(TEMPLATES["arcface-112"][0]) * 8 + 100, "arcface-112")
    assert abs(chip.astype(int) - 127).max() <= 2


def test_a_revision_names_what_made_an_encoding():
    found = revision("55533b", "dlib-150")
    assert found.startswith(f"55533b:{DETECTOR}:dlib-150.")
    assert revision("55533b", "arcface-112") != found
    assert revision("55533b", "whole-32") == "55533b"  # No face is found, and none is aligned.


def test_an_unknown_alignment_names_the_known_ones():
    with pytest.raises(ParagoneError) as caught:
        align(load_example("grace_hopper"), real.faces("grace_hopper")[0], "mtcnn-160")
    assert "mtcnn-160" in caught.value.what
    assert all(name in caught.value.todo for name in TEMPLATES)
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
