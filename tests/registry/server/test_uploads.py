"""Two visitors with the same picture must not share one file."""

from __future__ import annotations

from pathlib import Path

import httpx

from registry.server.uploads import Brought


def test_the_same_upload_twice_is_two_files(serve, tmp_path):
    server = serve({"PARAGONE_PLUGINS": "", "GRADIO_TEMP_DIR": str(tmp_path)})
    paths = []
    for _ in range(2):
        answer = httpx.post(
            f"{server.url}gradio_api/upload", files={"files": ("class.jpg", b"the same bytes")}
        )
        paths += [Path(path) for path in answer.json()]
    said = "gradio changed its uploads: compare route_utils.GradioUploadFile with registry/uploads"
    assert len(set(paths)) == 2, said
    assert all(path.name == "class.jpg" and tmp_path in path.parents for path in paths)
    assert [path.read_bytes() for path in paths] == [b"the same bytes"] * 2


def test_what_arrives_after_its_page_was_left_goes_at_once(tmp_path):
    """The goodbye may overtake the upload: a picture just taken, and the tab closed."""
    brought = Brought()
    late, other = tmp_path / "1" / "late.png", tmp_path / "2" / "other.png"
    for path in (late, other):
        path.parent.mkdir()
        path.write_bytes(b"a face")
    assert brought.forget("left") == 0
    brought.add("left", [late])
    brought.add("there", [other])
    assert not late.parent.exists() and other.read_bytes() == b"a face"
