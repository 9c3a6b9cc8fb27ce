"""The quality gate: real portraits pass, spoilt copies are told what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from plugins.shared.faces import quality
from plugins.shared.faces.detect import Face
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.quality import LEAST_SIZE, MOST_YAW, assess, faults, pose
from tests.shared.faces import made, real

FRONT = ((35.0, 50.0), (65.0, 50.0), (50.0, 66.0), (38.0, 82.0), (62.0, 82.0))
"""Five landmarks of a face that looks straight ahead: eyes, nose, corners of the mouth."""


def kinds(image: Image.Image) -> list[str]:
    picture = real.picture(image)
    (face,) = real.find()(picture)
    return [fault.kind for fault in faults(assess(picture, face))]


@pytest.mark.parametrize("who", real.WHO)
def test_good_portraits_pass(who):
    assert faults(assess(load_example(who), real.faces(who)[0])) == ()


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("sharpness", lambda image: image.filter(ImageFilter.GaussianBlur(9))),
        ("brightness", lambda image: ImageEnhance.Brightness(image).enhance(0.15)),
        ("brightness", lambda image: ImageEnhance.Brightness(image).enhance(2.4)),
        ("contrast", lambda image: Image.blend(image, Image.new("RGB", image.size, "grey"), 0.85)),
    ],
)
def test_spoilt_copies_are_told_why(kind, spoil):
    assert kind in kinds(spoil(Image.fromarray(load_example("grace_hopper").pixels)))


def test_a_small_face_and_the_words_for_it():
    good = assess(load_example("grace_hopper"), real.faces("grace_hopper")[0])
    (fault,) = faults(replace(good, size=LEAST_SIZE - 1))
    assert (fault.kind, fault.value, fault.limit) == ("size", LEAST_SIZE - 1, LEAST_SIZE)
    assert f"{LEAST_SIZE - 1} pixels wide" in fault.sentence and "Come closer" in fault.sentence
    assert faults(replace(good, size=LEAST_SIZE)) == ()


@pytest.mark.parametrize("shift", [-20.0, 0.0, 20.0])
def test_yaw_follows_the_nose_and_roll_the_eyes(shift):
    face = Face((20, 20, 80, 80), 1.0, (*FRONT[:2], (50.0 + shift, 66.0), *FRONT[3:]), 60)
    yaw, roll = pose(face)
    assert roll == pytest.approx(0)
    assert (yaw > MOST_YAW, yaw < -MOST_YAW) == (shift > 0, shift < 0)
    tilted = tuple((x, y + (x - 50) * 0.5) for x, y in FRONT)
    assert pose(replace(face, landmarks=tilted))[1] == pytest.approx(26.57, abs=0.1)


def test_the_command_tells_of_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(quality, "Weights", real.weights)
    blurred = real.portrait("grace_hopper").filter(ImageFilter.GaussianBlur(7))
    made.folder(
        tmp_path,
        {
            "a/good.jpg": made.encoded(real.portrait("grace_hopper"), "JPEG"),
            "a/blurred.png": made.encoded(blurred),
            "a/notes.jpg": b"These are my notes.",
        },
    )
    assert quality.main([str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "a/blurred.png: The face is blurred" in out and "notes.jpg: " in out
    assert "good: 1" in out
    assert quality.main([]) == 2
