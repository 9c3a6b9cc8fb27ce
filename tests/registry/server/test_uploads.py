"""Two visitors with the same picture must not share one file."""

from __future__ import annotations

from pathlib import Path

import httpx


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
