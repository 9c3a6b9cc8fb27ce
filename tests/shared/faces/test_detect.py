"""The detector on real faces: where, how large, how many, and what is said when there is none."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from plugins.shared.faces.detect import MIN_FACE, Face, FaceError, detector, usable
from plugins.shared.faces.examples import load_example
from plugins.shared.files.pictures import MAX_SIDE, read_picture
from tests.shared.faces import made, real

# Where a person sees the eyes and the base of the nose in the bundled files, in pixels.
SEEN = {
    "grace_hopper": {"eyes": ((306, 190), (222, 196)), "nose": (270, 253)},
    "eileen_collins": {"eyes": ((246, 104), (203, 102)), "nose": (224, 134)},
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


@pytest.mark.parametrize("copy", ["", "_mirrored", "_darker", "_cropped"])
@pytest.mark.parametrize("who", real.WHO)
def test_a_portrait_shows_one_face_with_its_landmarks_inside(who, copy):
    (face,) = real.faces(who + copy)
    assert face.score > 0.5
    assert len(face.landmarks) == 5 and inside(face, face.landmarks)
    height, width = load_example(who + copy).pixels.shape[:2]
    assert 0 <= face.box[0] < face.box[2] <= width and 0 <= face.box[1] < face.box[3] <= height
    assert face.size == face.box[2] - face.box[0]


@pytest.mark.parametrize("who", real.WHO)
def test_the_landmarks_lie_on_the_eyes_and_the_nose(who):
    (face,) = real.faces(who)
    points = np.array(face.landmarks)
    right_eye, left_eye = points[:2].mean(axis=0), points[2:4].mean(axis=0)
    for found, seen in zip((right_eye, left_eye), SEEN[who]["eyes"], strict=True):
        assert np.linalg.norm(found - seen) < 0.06 * face.size
    assert np.linalg.norm(points[4] - SEEN[who]["nose"]) < 0.06 * face.size
    assert points[0, 0] > points[1, 0] > points[4, 0] > points[3, 0] > points[2, 0]


def test_the_mirrored_copy_is_found_mirrored():
    (face,), (mirrored,) = real.faces("grace_hopper"), real.faces("grace_hopper_mirrored")
    width = load_example("grace_hopper").pixels.shape[1]
    expected = (width - face.box[2], face.box[1], width - face.box[0], face.box[3])
    assert np.abs(np.subtract(mirrored.box, expected)).max() <= 0.12 * face.size


@pytest.mark.parametrize("order", [real.WHO, real.WHO[::-1]])
def test_several_faces_the_largest_first(order):
    """Hopper's face is 186 px wide in her portrait and Collins' 89; shrunk, Hopper's is 62."""
    images = {who: real.portrait(who) for who in real.WHO}
    small = images["grace_hopper"]
    images["grace_hopper"] = small.resize((small.width // 3, small.height // 3))
    together = real.side_by_side(*(images[who] for who in order))
    faces = real.find()(real.picture(together))
    assert len(faces) == 2
    assert faces[0].size == pytest.approx(89, rel=0.1) and faces[0].size > faces[1].size
    assert faces[1].size == pytest.approx(62, rel=0.25)  # the detector's sizes are a sixth apart
    starts = {order[0]: 0, order[1]: images[order[0]].width}
    for face, who in zip(faces, ("eileen_collins", "grace_hopper"), strict=True):
        left, _, right, _ = face.box
        assert starts[who] <= left < right <= starts[who] + images[who].width


def test_another_face_can_be_chosen():
    together = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    picture = real.picture(together)
    faces = real.find()(picture)
    assert [usable(picture, faces, i) for i in range(2)] == list(faces)


def test_no_face_says_which_file_and_what_to_do():
    picture = real.picture(real.landscape(), "sunset.jpg")
    faces = real.find()(picture)
    assert faces == ()
    with pytest.raises(FaceError) as caught:
        usable(picture, faces)
    error = caught.value
    assert (error.what, error.where) == ("No face was found", "sunset.jpg")
    assert "from the front" in error.todo and f"{MIN_FACE} pixels" in error.todo
    assert "sunset.jpg" in error.for_people


def test_a_face_that_is_too_small_is_measured():
    whole = Image.fromarray(load_example("eileen_collins").pixels)
    picture = real.picture(whole.resize((190, 190), Image.Resampling.LANCZOS), "tiny.png")
    faces = real.find()(picture)
    assert len(faces) == 1
    assert faces[0].size == pytest.approx(90 * 190 / 512, abs=5)
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
    """6000 px wide: read at 2048. The enlarged faces are 744 and 534 px wide in the file."""
    images = [real.portrait(who) for who in real.WHO]
    large = [
        image.resize((image.width * factor, image.height * factor))
        for image, factor in zip(images, (4, 6), strict=True)
    ]
    canvas = real.side_by_side(*large, size=(6000, 1600))
    picture = real.picture(canvas, kind="JPEG")
    assert picture.original_size == (6000, 1600) and picture.pixels.shape[1] == MAX_SIDE
    faces = real.find()(picture)
    assert [f.size for f in faces] == [
        pytest.approx(4 * 186, rel=0.12),
        pytest.approx(6 * 89, rel=0.12),
    ]
    assert all(f.box[2] - f.box[0] == pytest.approx(f.size * picture.scale, abs=1) for f in faces)


@pytest.mark.parametrize("orientation", made.STORED)
def test_a_camera_held_in_any_way(orientation):
    upright = real.find()(real.picture(real.portrait("eileen_collins")))
    data = made.held(orientation, image=real.portrait("eileen_collins"))
    assert real.find()(read_picture(data, "held.png")) == upright and len(upright) == 1


def test_a_picture_smaller_than_a_face():
    assert real.find()(real.picture(real.landscape(16, 16))) == ()
    assert real.find()(real.picture(real.landscape(300, 16))) == ()


def test_one_detector_a_process():
    path = real.weights().file("dlib_landmarks.5").path
    assert detector(path) is detector(path)


@pytest.mark.parametrize("index", [-1, 1])
def test_a_face_that_is_not_there(index):
    picture, faces = load_example("grace_hopper"), real.faces("grace_hopper")
    with pytest.raises(FaceError, match=f"There is no face {index + 1}"):
        usable(picture, faces, index)
