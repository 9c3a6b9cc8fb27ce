"""The detector on real faces: where, how large, how many, and what is said when there is none."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from plugins.shared.faces.align import align
from plugins.shared.faces.detect import (
    DETECTOR,
    MIN_FACE,
    Cancelled,
    Face,
    FaceDetector,
    FaceError,
    Faces,
    detector,
    usable,
)
from plugins.shared.faces.encode import encode
from plugins.shared.faces.examples import load_example
from plugins.shared.files.pictures import MAX_SIDE, Picture, read_picture
from tests.shared.faces import made, real
from weights.errors import BadWeightsFile

# Where a person sees the eyes, the tip of the nose and the corners of the mouth, in pixels.
SEEN = {
    "grace_hopper": ((222, 196), (306, 190), (270, 247), (233, 280), (307, 276)),
    "eileen_collins": ((203, 102), (246, 104), (224, 130), (204, 148), (241, 149)),
}


def inside(face: Face, points, margin: float = 0) -> bool:
    left, top, right, bottom = face.box
    x, y = np.asarray(points).T
    return bool(
        (x >= left - margin).all()
        and (x <= right + margin).all()
        and (y >= top - margin).all()
        and (y <= bottom + margin).all()
    )


def group(size: tuple[int, int], width: int, places: list[tuple[int, int]]) -> Image.Image:
    """Portraits on grey, so scaled that the faces are about so wide, each at its place."""
    canvas = Image.new("RGB", size, (128, 128, 128))
    for i, place in enumerate(places):
        who = real.WHO[i % 2]
        image = real.portrait(who, "mirrored" if i % 4 > 1 else "plain")
        zoom = width / real.faces(f"{who}_cropped")[0].size
        small = (round(image.width * zoom), round(image.height * zoom))
        canvas.paste(image.resize(small, Image.Resampling.LANCZOS, reducing_gap=3), place)
    return canvas


def shrunk(image: Image.Image, kind: str = "JPEG") -> Picture:
    """As a visitor's large file is read: reduced, with its source."""
    return read_picture(made.encoded(image, kind, quality=92), "large.jpg", keep_source=True)


@pytest.mark.parametrize("copy", ["", "_mirrored", "_darker", "_cropped", "_blurred"])
@pytest.mark.parametrize("who", real.WHO)
def test_a_portrait_shows_one_face_with_its_landmarks_inside(who, copy):
    (face,) = real.faces(who + copy)
    assert 0.85 < face.score <= 1
    assert len(face.landmarks) == 5 and inside(face, face.landmarks)
    height, width = load_example(who + copy).pixels.shape[:2]
    assert 0 <= face.box[0] < face.box[2] <= width and 0 <= face.box[1] < face.box[3] <= height
    assert face.size == pytest.approx(face.box[2] - face.box[0], abs=1)


@pytest.mark.parametrize("who", real.WHO)
def test_the_landmarks_lie_on_eyes_nose_and_mouth(who):
    (face,) = real.faces(who)
    away = np.linalg.norm(np.subtract(face.landmarks, SEEN[who]), axis=1)
    assert away.max() < 0.09 * face.size and away.mean() < 0.06 * face.size


def test_the_mirrored_copy_is_found_mirrored():
    (face,), (mirrored,) = real.faces("grace_hopper"), real.faces("grace_hopper_mirrored")
    width = load_example("grace_hopper").pixels.shape[1]
    expected = (width - face.box[2], face.box[1], width - face.box[0], face.box[3])
    assert np.abs(np.subtract(mirrored.box, expected)).max() <= 0.05 * face.size
    swapped = [(width - 1 - x, y) for x, y in (face.landmarks[i] for i in (1, 0, 2, 4, 3))]
    assert np.abs(np.subtract(mirrored.landmarks, swapped)).max() < 0.03 * face.size


@pytest.mark.parametrize("degrees", [15, 45, 90, 135, 180, 225, 270, 315])
@pytest.mark.parametrize("who", real.WHO)
def test_a_face_turned_in_any_way_is_found_and_known_again(who, degrees):
    upright = real.portrait(who)
    turned = upright.rotate(degrees, Image.Resampling.BICUBIC, True, fillcolor=(120, 120, 120))
    picture = real.picture(turned)
    (face,) = real.find()(picture)
    chips = [align(picture, face, "dlib-150")]
    chips.append(align(load_example(f"{who}_cropped"), real.faces(f"{who}_cropped")[0], "dlib-150"))
    assert np.linalg.norm(np.subtract(*encode(real.backbone(), chips))) < 0.3
    assert face.size == pytest.approx(real.faces(f"{who}_cropped")[0].size, rel=0.15)


def test_a_mask_over_mouth_and_nose():
    image = real.portrait("eileen_collins")
    (face,) = real.faces("eileen_collins_cropped")
    left, _, right, bottom = face.box
    nose = face.landmarks[2][1]
    mask = [(left, nose), (face.landmarks[2][0], nose - 12), (right, nose), (right - 8, bottom)]
    ImageDraw.Draw(image).polygon([*mask, (left + 8, bottom)], fill=(200, 215, 230))
    (found,) = real.find()(real.picture(image))
    assert found.size == pytest.approx(face.size, rel=0.15)


@pytest.mark.parametrize("order", [real.WHO, real.WHO[::-1]])
def test_several_faces_the_largest_first(order):
    """Shrunk, Hopper's face is narrower than Collins'."""
    images = {who: real.portrait(who) for who in real.WHO}
    small = images["grace_hopper"]
    images["grace_hopper"] = small.resize((small.width // 3, small.height // 3))
    together = real.side_by_side(*(images[who] for who in order))
    faces = real.find()(real.picture(together))
    assert len(faces) == 2
    assert faces[0].size == pytest.approx(90, rel=0.1) and faces[0].size > faces[1].size
    assert faces[1].size == pytest.approx(61, rel=0.1)
    starts = {order[0]: 0, order[1]: images[order[0]].width}
    for face, who in zip(faces, ("eileen_collins", "grace_hopper"), strict=True):
        left, _, right, _ = face.box
        assert starts[who] <= left < right <= starts[who] + images[who].width
        assert face.number == order.index(who) + 1


def test_small_faces_are_found_beside_a_large_one():
    """What one large face hid before: a second look only where the first found nothing."""
    places = [(x, y) for y in (20, 190, 360) for x in (40, 240, 440, 640)]
    canvas = group((1400, 620), 44, places)
    canvas.paste(real.portrait("grace_hopper"), (900, 60))
    faces = real.find()(real.picture(canvas))
    assert len(faces) == 13 and faces[0].size > 150
    assert all(40 <= face.size <= 50 for face in faces[1:])


def test_numbers_are_in_reading_order():
    places = [(40, 30), (340, 12), (640, 40), (30, 330), (350, 318), (650, 345)]
    faces = real.find()(real.picture(group((900, 640), 80, places)))
    by_number = sorted(faces, key=lambda face: face.number)
    assert [face.number for face in by_number] == [1, 2, 3, 4, 5, 6]
    for face, (left, top) in zip(by_number, places, strict=True):
        assert left <= face.box[0] <= left + 200 and top <= face.box[1] <= top + 200


@pytest.mark.parametrize("size", [(5200, 3000), (2600, 1400)])
def test_forty_pixels_are_enough_in_a_picture_that_is_reduced(size):
    width, height = size
    places = [(60, 50), (width - 260, 80), (width // 2, height // 2), (width - 300, height - 260)]
    canvas = group(size, 42, places)
    picture = shrunk(canvas)
    assert max(picture.pixels.shape) == MAX_SIDE and picture.source
    faces = real.find()(picture)
    assert len(faces) == 4 and all(face.large for face in faces)
    for face in faces:
        assert face.close_up is not None
        assert max(face.close_up.pixels.shape) < 200  # At the original's size, and no larger.
    assert faces.sizes == (4 if width > 4900 else 3)


def test_a_chip_is_cut_from_the_picture_at_its_own_size():
    """The reduced copy of a face of 60 px would have 24."""
    picture = shrunk(group((5000, 1200), 60, [(2400, 500)]))
    (face,) = real.find()(picture)
    bare = replace(face, close_up=None)
    chips = [align(picture, one, "dlib-150") for one in (face, bare)]
    known = real.encoding("grace_hopper_cropped")
    sharp, blurred = np.linalg.norm(encode(real.backbone(), chips) - known, axis=1)
    assert sharp < 0.3 < blurred


def test_a_large_face_in_a_large_picture_needs_no_close_up():
    canvas = real.portrait("grace_hopper").resize((2600, 2600))
    (face,) = real.find()(shrunk(canvas))
    assert face.close_up is None and face.size == pytest.approx(170 * 2600 / 348, rel=0.3)


def test_another_face_can_be_chosen():
    together = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    picture = real.picture(together)
    faces = real.find()(picture)
    assert [usable(picture, faces, i) for i in range(2)] == list(faces)


def test_no_face_says_which_file_what_was_tried_and_what_to_do():
    picture = real.picture(real.landscape(700, 500), "sunset.jpg")
    faces = real.find()(picture)
    assert faces == () and (faces.turns, faces.sizes) == (8, 3)
    with pytest.raises(FaceError) as caught:
        usable(picture, faces)
    error = caught.value
    assert (error.what, error.where) == ("No face was found", "sunset.jpg")
    assert "looked at 8 turns and 3 sizes" in error.todo
    assert all(word in error.todo for word in ("from the front", "upright", "mask", "nearer"))
    assert f"{MIN_FACE} pixels" in error.todo and "sunset.jpg" in error.for_people


def test_what_was_tried_is_not_said_where_nothing_was():
    with pytest.raises(FaceError) as caught:
        usable(load_example("grace_hopper"), ())
    assert "looked" not in caught.value.todo


def test_what_is_left_out_is_counted():
    large, small = (Face((0, 0, s, s), 0.9, ((0.0, 0.0),) * 5, s) for s in (40, 39))
    faces = Faces((large, small, small), turns=1, sizes=2, doubtful=3)
    assert faces.small == 2
    assert faces.left_out == (("smaller than 40 pixels", 2), ("doubtful", 3))
    assert Faces((large,)).left_out == ()


def test_a_face_that_is_too_small_is_measured():
    whole = Image.fromarray(load_example("eileen_collins").pixels)
    picture = real.picture(whole.resize((190, 190), Image.Resampling.LANCZOS), "tiny.png")
    faces = real.find()(picture)
    assert len(faces) == 1
    assert faces[0].size == pytest.approx(90 * 190 / 512, abs=3)
    with pytest.raises(FaceError) as caught:
        usable(picture, faces)
    assert caught.value.what == (
        f"The face is only {faces[0].size} pixels wide, and {MIN_FACE} are needed"
    )
    assert caught.value.where == "tiny.png" and "larger copy" in caught.value.todo


@pytest.mark.parametrize(("size", "good"), [(MIN_FACE, True), (MIN_FACE - 1, False)])
def test_the_limit_itself_is_large_enough(size, good):
    picture = real.picture(real.landscape())
    face = Face((0, 0, size, size), 1.0, ((0.0, 0.0),) * 5, size)
    if good:
        assert usable(picture, (face,)) is face
    else:
        with pytest.raises(FaceError, match=f"only {size} pixels"):
            usable(picture, (face,))


def test_sizes_count_in_the_original_where_the_picture_was_reduced():
    """6000 px wide: read at 2048."""
    images = [real.portrait(who) for who in real.WHO]
    large = [
        image.resize((image.width * factor, image.height * factor))
        for image, factor in zip(images, (4, 6), strict=True)
    ]
    canvas = real.side_by_side(*large, size=(6000, 1600))
    picture = shrunk(canvas)
    assert picture.original_size == (6000, 1600) and picture.pixels.shape[1] == MAX_SIDE
    faces = real.find()(picture)
    sizes = [real.faces(f"{who}_cropped")[0].size for who in real.WHO]
    assert [f.size for f in faces] == [
        pytest.approx(4 * sizes[0], rel=0.12),
        pytest.approx(6 * sizes[1], rel=0.12),
    ]
    assert all(f.box[2] - f.box[0] == pytest.approx(f.size * picture.scale, abs=1) for f in faces)


@pytest.mark.parametrize("orientation", made.STORED)
def test_a_camera_held_in_any_way(orientation):
    upright = real.find()(real.picture(real.portrait("eileen_collins")))
    data = made.held(orientation, image=real.portrait("eileen_collins"))
    assert real.find()(read_picture(data, "held.png")) == upright and len(upright) == 1


@pytest.mark.parametrize("size", [(16, 16), (300, 16), (16, 300), (2048, 16)])
def test_a_picture_smaller_than_a_face(size):
    assert real.find()(real.picture(real.landscape(*size))) == ()


def cartoon() -> Image.Image:
    image = Image.new("RGB", (400, 400), (250, 220, 60))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 60, 340, 340), fill=(255, 205, 150), outline=(0, 0, 0), width=6)
    for x in (150, 250):
        draw.ellipse((x - 25, 150, x + 25, 190), fill=(255, 255, 255), outline=(0, 0, 0), width=4)
        draw.ellipse((x - 9, 162, x + 9, 180), fill=(20, 20, 20))
    draw.arc((140, 210, 260, 290), 20, 160, fill=(150, 20, 30), width=9)
    return image


def blobs() -> Image.Image:
    image = Image.new("RGB", (300, 340), (190, 150, 120))
    draw = ImageDraw.Draw(image)
    for box in ((80, 110, 120, 140), (180, 110, 220, 140), (110, 230, 190, 255)):
        draw.ellipse(box, fill=(60, 40, 40))
    return image


NOBODY = {
    "cartoon": cartoon,
    "blobs": blobs,
    **{
        name: lambda name=name: Image.fromarray(getattr(__import__("skimage.data").data, name)())
        for name in ("coffee", "chelsea", "rocket", "retina", "logo", "coins", "moon", "page")
    },
    "hubble": lambda: Image.fromarray(__import__("skimage.data").data.hubble_deep_field()),
    "motorcycle": lambda: Image.fromarray(__import__("skimage.data").data.stereo_motorcycle()[1]),
}
"""YuNet alone takes the lamp for a face (0.74), and the nebulas (0.6)."""


@pytest.mark.parametrize("name", NOBODY)
def test_where_nobody_is_nobody_is_found(name):
    image = NOBODY[name]().convert("RGB")
    assert real.find()(real.picture(image)) == ()


def test_one_detector_a_process():
    path = real.weights().file(DETECTOR).path
    assert detector(path) is detector(path)


def test_several_threads_find_the_same():
    picture = load_example("together")
    expected, found = real.find()(picture), {}

    def find(i: int) -> None:
        found[i] = real.find()(picture)

    threads = [threading.Thread(target=find, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(expected) == 2 and list(found.values()) == [expected] * 4


@pytest.mark.parametrize("asked", [1, 2, 5])
def test_a_search_can_be_stopped_between_its_looks(asked):
    calls = iter(range(1, asked + 1))
    picture = shrunk(group((5200, 3000), 60, [(500, 500)]))
    with pytest.raises(Cancelled):
        real.find()(picture, lambda: next(calls) == asked)


def test_a_file_that_is_no_detector(tmp_path):
    path = tmp_path / "broken.onnx"
    for body in (b"", b"not a network", real.weights().file(DETECTOR).path.read_bytes()[:50_000]):
        path.write_bytes(body)
        with pytest.raises(BadWeightsFile, match=r"broken\.onnx"):
            FaceDetector(path)


@pytest.mark.parametrize("index", [-1, 1])
def test_a_face_that_is_not_there(index):
    picture, faces = load_example("grace_hopper"), real.faces("grace_hopper")
    with pytest.raises(FaceError, match=f"There is no face {index + 1}"):
        usable(picture, faces, index)
