"""What is taken as a task's picture, and what is refused and how."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from registry.card_picture import MOST_BYTES, PictureError, read_picture
from registry.offer import make_task
from registry.task import TaskError

SOUND = {"name": "a-task", "title": "A task", "build": "pkg.tab:build"}


def picture(kind: str = "WEBP", size: tuple[int, int] = (480, 300), **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "navy").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
def test_bytes_and_a_file_beside_the_module_are_the_same_picture(kind, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.picture").write_bytes(picture(kind))
    read = read_picture("deep/a.picture", tmp_path)
    assert read == read_picture(picture(kind), None)
    assert (read.kind, read.width, read.height) == (kind.lower(), 480, 300)
    assert read.file.endswith(f".{kind.lower()}") and repr(read).count("data") == 0


def test_its_name_changes_with_its_content():
    names = {read_picture(picture(size=(side, 300)), None).file for side in (480, 481)}
    assert len(names) == 2 and all("/" not in name for name in names)


@pytest.mark.parametrize(
    ("offered", "says"),
    [
        (3, "a path or the bytes"),
        (b"", "a sound WebP, PNG or JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a sound WebP, PNG or JPEG"),
        (picture("GIF"), "a sound WebP, PNG or JPEG"),
        (picture("PNG")[:-40], "a sound WebP, PNG or JPEG"),
        (picture(size=(63, 300)), "64 to 2000 pixels"),
        (picture(size=(2001, 64)), "64 to 2000 pixels"),
        (picture() + bytes(MOST_BYTES), "at most 65536 bytes"),
        ("nothing.webp", "names no file"),
        (".", "names no file"),
        ("../secret.webp", "lie in the folder"),
        ("/etc/hostname", "lie in the folder"),
        ("way-out.webp", "lie in the folder"),
        ("large.webp", "at most 65536 bytes"),
        ("a\0b.webp", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(offered, says, tmp_path):
    home = tmp_path / "plug-in"
    home.mkdir()
    (tmp_path / "secret.webp").write_bytes(picture())
    (home / "way-out.webp").symlink_to(tmp_path / "secret.webp")
    (home / "large.webp").write_bytes(bytes(10 * MOST_BYTES))
    with pytest.raises(PictureError, match=says):
        read_picture(offered, home)


def test_a_path_needs_a_folder():
    with pytest.raises(PictureError, match="lies in no folder"):
        read_picture("a.webp", None)


def test_an_offer_without_one_is_what_it_was_and_one_with_a_bad_one_names_the_field(tmp_path):
    assert make_task(SOUND).picture is None
    assert make_task({**SOUND, "picture": None}).picture is None
    assert make_task({**SOUND, "picture": picture()}, tmp_path).picture.width == 480
    with pytest.raises(TaskError, match="'a-task': field 'picture' names no file"):
        make_task({**SOUND, "picture": "none.webp"}, tmp_path)
