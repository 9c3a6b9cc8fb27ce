"""A small real set, surveyed once."""

from __future__ import annotations

import pytest

from plugins.face_verification.events import Events
from plugins.face_verification.laboratory import survey
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.files.image_folder import open_labelled
from registry import Limits, Task, TaskContext
from tests.shared.faces import made, real

COPIES = {"grace_hopper": ("plain", "mirrored", "darker"), "eileen_collins": ("plain", "mirrored")}


@pytest.fixture(autouse=True)
def tidy(request):
    """Every test here leaves the temp folder empty."""
    real.backbone()  # Imported first: torch makes a folder of its own there.
    request.getfixturevalue("nothing_stays_in_the_temp_folder")


@pytest.fixture(scope="session")
def set_zip(tmp_path_factory):
    """Five portraits of two people, a text file named .jpg and a picture of nobody."""
    files = real.face_files(COPIES) | {
        "eileen_collins/notes.jpg": b"These are my notes.",
        "grace_hopper/view.png": made.encoded(real.landscape()),
    }
    return made.zipped(tmp_path_factory.mktemp("sets") / "two women.zip", files)


@pytest.fixture(scope="session")
def surveyed(set_zip):
    """Every step of a survey of that zip."""
    with open_labelled(set_zip, made.Limits()) as labelled:
        return tuple(survey(labelled, real.find(), real.network(), EncodingCache(), made.Limits()))


@pytest.fixture(scope="session")
def lab(surveyed):
    return surveyed[-1]


@pytest.fixture(scope="module")
def events() -> Events:
    task = Task("face-verification", "Face verification", "x:y", backbones=(real.DLIB,))
    return Events(TaskContext(task, Limits(), real.weights(), None))
