"""What is kept around a face: enough for every alignment, and nothing of anybody else."""

from __future__ import annotations

import io
import math
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plugins.shared.faces.align import TEMPLATES, align
from plugins.shared.faces.detect import Face, FaceError
from plugins.shared.faces.encode import encode
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.gallery.crops import KEPT_SIDE, chip_jpeg, keep, region, restore
from plugins.shared.files.pictures import Picture, PictureError, read_picture
from tests.shared.faces import real

SHARED = os.environ.get("PARAGONE_SHARED", "")


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    assert image.format == "JPEG"
    return image


def noise(height: int, width: int) -> Picture:
    """Pixels that pack badly, and in which every one counts."""
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)
    return Picture(pixels, "noise.png", "0" * 64, (width, height), 1.0)


def made_face(centre: complex, width: float, degrees: float, pull: float = 0.0) -> Face:
    """ArcFace's own landmarks, so wide and so tilted; `pull` moves the nose aside as a turned head
    does, in shares of the width.
    """
    points = (np.asarray(TEMPLATES["arcface-112"][0]) - (56, 63)) @ (1, 1j) / 80 * width
    points[2] += pull * width
    points = points * np.exp(1j * math.radians(degrees)) + centre
    landmarks = tuple((float(p.real), float(p.imag)) for p in points)
    return Face((0, 0, round(width), round(width)), 1.0, landmarks, round(width))


def through(picture: Picture, face: Face) -> float:
    """How far the embedded network's encoding moves through `keep` and `restore`."""
    kept = restore(*keep(picture, face), "kept")
    chips = [align(*which, "dlib-150") for which in ((picture, face), kept)]
    before, after = encode(real.backbone(), chips)
    return float(np.linalg.norm(before - after))


@pytest.mark.parametrize("pull", [-0.2, 0.0, 0.2])
@pytest.mark.parametrize("width", [45, 110, 300, 700])
@pytest.mark.parametrize("degrees", [0, 12, -30, 45, 90, -135, 180])
def test_no_alignment_reaches_beyond_what_is_kept(degrees, width, pull):
    """Whatever lies outside may change without changing one pixel of a chip."""
    side = round(2.4 * width)
    picture, face = noise(side, side), made_face((1 + 1j) * side / 2, width, degrees, pull)
    left, top, right, bottom = region(picture, face)
    changed = np.full_like(picture.pixels, 255)
    changed[top:bottom, left:right] = picture.pixels[top:bottom, left:right]
    other = Picture(changed, "other.png", "1" * 64, picture.original_size, 1.0)
    for alignment in TEMPLATES:
        assert np.array_equal(align(picture, face, alignment), align(other, face, alignment))


@pytest.mark.parametrize("alignment", TEMPLATES)
@pytest.mark.parametrize("who", ["grace_hopper", "eileen_collins", "grace_hopper_cropped"])
def test_the_restored_face_gives_nearly_the_same_chip(who, alignment):
    picture, face = load_example(who), real.faces(who)[0]
    kept = restore(*keep(picture, face), "kept.jpg")
    before, after = (align(*which, alignment).astype(float) for which in ((picture, face), kept))
    assert np.abs(before - after).mean() < 7 < before.std() / 4
    assert kept[0].name == "kept.jpg" and math.isnan(kept[1].score)


@pytest.mark.parametrize("zoom", [0.5, 1, 4])
@pytest.mark.parametrize("who", real.WHO)
def test_the_encoding_hardly_moves(who, zoom):
    image = Image.fromarray(load_example(who).pixels)
    size = (round(image.width * zoom), round(image.height * zoom))
    picture = real.picture(image.resize(size, Image.Resampling.BICUBIC))
    assert through(picture, real.find()(picture)[0]) < 0.08


@pytest.mark.parametrize("tilt", [0, 20, -33])
def test_a_tilted_face_at_the_edge_is_restored_where_it_was(tilt):
    upright = real.portrait("grace_hopper")
    picture = real.picture(upright.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=(90, 90, 90)))
    face = real.find()(picture)[0]
    assert through(picture, face) < 0.08
    jpeg, landmarks = keep(picture, face)
    _, found = restore(jpeg, landmarks, "kept")
    left, top, right, bottom = region(picture, face)
    zoom = opened(jpeg).width / (right - left)
    assert np.allclose((np.array(face.landmarks) - (left, top)) * zoom, landmarks, atol=1)
    box = np.array(face.box).reshape(2, 2)
    assert np.abs((box - (left, top)) * zoom - np.array(found.box).reshape(2, 2)).max() < (
        0.3 * found.size
    )


def test_the_neighbours_of_a_group_photo_are_not_kept():
    """Three people side by side. Each kept picture shows one face, and no pixel that lies farther
    from it than the frame: the others, painted over, change not one byte.
    """
    hopper, collins = (real.portrait(who) for who in real.WHO)
    collins = collins.resize((hopper.width, hopper.height))
    group = real.picture(real.side_by_side(hopper, collins, real.portrait(real.WHO[0], "mirrored")))
    faces = real.find()(group)
    assert len(faces) == 3
    for face in faces:
        jpeg, landmarks = keep(group, face)
        picture, kept = restore(jpeg, landmarks, "kept")
        (seen,) = real.find()(picture)
        assert np.abs(np.subtract(seen.landmarks, kept.landmarks)).max() < 0.1 * seen.size
        painted = group.pixels.copy()
        for other in faces:
            if other is not face:
                left, top, right, bottom = other.box
                painted[top:bottom, left:right] = (255, 0, 255)
        alone = Picture(painted, "alone", "0" * 64, group.original_size, 1.0)
        assert keep(alone, face) == (jpeg, landmarks)


def test_time_place_and_comments_of_the_file_are_not_kept():
    exif = Image.Exif()
    exif[0x010E], exif[0x0132] = "at home in Bern", "2024:05:17 08:00:00"
    file = io.BytesIO()
    real.portrait("grace_hopper").save(file, "JPEG", exif=exif, comment=b"private note")
    assert b"Bern" in file.getvalue() and b"private note" in file.getvalue()
    picture = read_picture(file.getvalue(), "home.jpg")
    jpeg, _ = keep(picture, real.find()(picture)[0])
    assert not any(word in jpeg for word in (b"Exif", b"Bern", b"2024", b"private", b"home.jpg"))
    assert set(opened(jpeg).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("most", [48_000, 20_000, 6_000])
def test_even_noise_fits_into_the_bytes_that_are_given(most):
    picture, face = noise(900, 900), made_face(450 + 450j, 400, 10)
    jpeg, landmarks = keep(picture, face, most)
    assert len(jpeg) <= most and max(opened(jpeg).size) <= KEPT_SIDE
    assert restore(jpeg, landmarks, "kept")[1].size > 30


def test_what_cannot_fit_is_said():
    with pytest.raises(ValueError, match="300 bytes"):
        keep(load_example("grace_hopper"), real.faces("grace_hopper")[0], 300)


def test_a_small_face_is_not_enlarged():
    picture = real.picture(real.portrait("eileen_collins"))
    face = real.find()(picture)[0]
    left, top, right, bottom = region(picture, face)
    jpeg, _ = keep(picture, face)
    assert opened(jpeg).size == (right - left, bottom - top)
    assert max(opened(jpeg).size) < KEPT_SIDE


BAD_LANDMARKS = {
    "none": (),
    "four": ((1, 1),) * 4,
    "one place": ((50, 50),) * 5,
    "far away": ((9e5, 9e5), (9e5, 8e5), (8e5, 9e5), (8e5, 8e5), (7e5, 7e5)),
    "not finite": ((math.nan, 1), (2, 3), (4, 5), (6, 7), (8, 9)),
    "ragged": ((1, 2), (3,), (4, 5), (6, 7), (8, 9)),
    "words": (("a", "b"),) * 5,
}


@pytest.mark.parametrize("landmarks", BAD_LANDMARKS.values(), ids=BAD_LANDMARKS)
def test_landmarks_that_are_no_face_are_refused(landmarks):
    jpeg, _ = keep(load_example("grace_hopper"), real.faces("grace_hopper")[0])
    with pytest.raises(FaceError, match=r"Ada: .*five points.*Enrol"):
        restore(jpeg, landmarks, "Ada")


def test_a_damaged_picture_is_refused():
    jpeg, landmarks = keep(load_example("grace_hopper"), real.faces("grace_hopper")[0])
    with pytest.raises(PictureError, match="Ada"):
        restore(b"\0" + jpeg[:500], landmarks, "Ada")


@pytest.mark.parametrize(("alignment", "shown"), [("dlib-150", 96), ("arcface-112", 96)])
def test_the_chip_to_show_is_small(alignment, shown):
    chip = align(load_example("grace_hopper"), real.faces("grace_hopper")[0], alignment)
    jpeg = chip_jpeg(chip)
    assert opened(jpeg).size == (shown, shown) and len(jpeg) < 12_000
    expected = np.asarray(Image.fromarray(chip).resize((shown, shown), Image.Resampling.LANCZOS))
    assert np.abs(np.asarray(opened(jpeg)).astype(float) - expected).mean() < 4
    assert opened(chip_jpeg(chip[:60, :60])).size == (60, 60)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED, reason="PARAGONE_SHARED does not name a folder with data/faces_orl")
def test_the_figures_of_the_docstring():
    moved = []
    for folder in ("faces_orl", "faces_dlib_johns"):
        for path in sorted((Path(SHARED) / "data" / folder).glob("*/*.*")):
            picture = read_picture(path)
            moved += [through(picture, face) for face in real.find()(picture)[:1]]
    assert len(moved) == 455
    assert np.median(moved) < 0.017 and np.percentile(moved, 95) < 0.025 and max(moved) < 0.035
