"""The bundled pictures, and zips of all kinds."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
import zips
from PIL import Image

from plugins.activation_explorer.pictureset import (
    BUNDLED,
    SIDE,
    PictureSet,
    bundled,
    from_zip,
    square,
)
from plugins.shared.files.entries import LabelledError

LIMITS = SimpleNamespace(
    picture_bytes=1 << 20,
    picture_pixels=4_000_000,
    archive_files=50,
    archive_bytes=1 << 24,
    upload_bytes=1 << 24,
)


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 90).save(out, "PNG")
    return out.getvalue()


def zipped(folder, files: dict[str, bytes]):
    path = folder / "set.zip"
    path.write_bytes(zips.zipped(files))
    return path


def test_the_bundled_set():
    pictures = bundled()
    assert 300 < len(pictures) < 1000 and pictures.size == (SIDE, SIDE)
    assert len(pictures.names) == len(pictures.pixels)
    titles = {name.partition(", at")[0] for name in pictures.names}
    assert titles <= {one.title for one in BUNDLED} and len(titles) > 15
    assert all(one.credit for one in BUNDLED)


def test_a_digest_is_of_the_pixels():
    pixels = np.zeros((2, 8, 8, 3), np.uint8)
    one, same = (PictureSet(title, ["a", "b"], pixels) for title in ("x", "y"))
    other = PictureSet("x", ["a", "b"], pixels + 1)
    assert one.digest == same.digest != other.digest


def test_a_zip_with_all_kinds_of_files(tmp_path):
    files = {
        "a/wide.png": png(300, 60),
        "grey.png": png(50, 50, "L"),
        "notes.txt": b"words",
        "broken.png": png(80, 80)[:60],
        "dot.png": png(1, 1),
        "../out.png": png(40, 40),
        "__MACOSX/._a.png": b"x",
    }
    told = []
    path = zipped(tmp_path, files)
    found = from_zip(path, "mine.zip", LIMITS, lambda *x: told.append(x))
    assert [name.rpartition("/")[2] for name in found.names] == ["wide.png", "grey.png"]
    assert found.pixels.shape == (2, SIDE, SIDE, 3) and told
    reasons = dict(found.skipped)
    assert {"notes.txt", "broken.png", "dot.png"} <= set(reasons) and all(reasons.values())


@pytest.mark.parametrize(
    "files, words",
    [({}, "no picture"), ({"a.txt": b"x"}, "no picture"), ({"a.png": b""}, "no picture")],
)
def test_a_zip_without_pictures(tmp_path, files, words):
    with pytest.raises(LabelledError, match=words):
        from_zip(zipped(tmp_path, files), "mine.zip", LIMITS)


def test_no_zip_at_all(tmp_path):
    path = tmp_path / "set.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(LabelledError):
        from_zip(path, "mine.zip", LIMITS)


def test_too_many(tmp_path):
    path = zipped(tmp_path, {f"{i}.png": b"x" for i in range(60)})
    with pytest.raises(LabelledError, match="50"):
        from_zip(path, "mine.zip", LIMITS)


def test_the_middle_square():
    picture = np.zeros((10, 30, 3), np.uint8)
    picture[:, 10:20] = 255
    assert square(picture, 20).min() > 190
