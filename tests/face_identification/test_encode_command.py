"""`python app.py encode`: a folder into a gallery."""

from __future__ import annotations

from contextlib import closing

import pytest

from plugins.face_identification import encode_command as command
from plugins.shared.faces.gallery.enrolment import KEPT, space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from registry import Limits, Task, TaskContext
from tests.shared.faces import made, real
from weights.errors import ParagoneError

FOUR = real.face_files(dict.fromkeys(real.WHO, ("plain", "pale")))


def context() -> TaskContext:
    task = Task("face-identification", "Face recognition", "x:y", backbones=(real.DLIB,))
    return TaskContext(task, Limits(), real.weights(), None)


def test_a_folder_is_encoded_once(tmp_path, capsys):
    folder = made.folder(tmp_path / "set", FOUR)
    gallery = tmp_path / "faces.sqlite"
    arguments = [str(folder), "--gallery", str(gallery)]
    assert command.encode(context(), arguments, {}) == 0
    assert "4 faces enrolled, 0 enrolled before; 2 people" in capsys.readouterr().out
    assert command.encode(context(), arguments, {}) == 0
    assert "0 faces enrolled, 4 enrolled before; 2 people" in capsys.readouterr().out
    with closing(open_store(str(gallery))) as store:
        people = Gallery(store, space_of(real.network(), KEPT)).people()
    assert people == dict.fromkeys(real.WHO, 2)


def test_encoding_needs_a_gallery_that_is_kept_and_workers_a_folder(tmp_path):
    pytest.importorskip("ray", reason="Ray is an option: requirements-ray.txt")
    folder = made.folder(tmp_path / "set", FOUR)
    with pytest.raises(ParagoneError, match="ends with the command"):
        command.encode(context(), [str(folder), "--gallery", "memory:"], {})
    archive = made.zipped(tmp_path / "set.zip", FOUR)
    line = [str(archive), "--gallery", str(tmp_path / "g.sqlite"), "--workers", "2"]
    with pytest.raises(ParagoneError, match="this is no folder"):
        command.encode(context(), line, {})
