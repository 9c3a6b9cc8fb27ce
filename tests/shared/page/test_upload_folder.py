"""The deletion of uploads: nothing outside of the folder for them, however it is spelt."""

from __future__ import annotations

import logging
import os

import pytest

from plugins.shared.page.upload_folder import discard


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder for uploads, and decoys beside it."""
    folder = tmp_path / "uploads"
    (folder / "hash").mkdir(parents=True)
    (tmp_path / "decoys").mkdir()
    (tmp_path / "decoys" / "only.png").write_bytes(b"decoy")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def test_an_upload_goes_with_its_folder_and_a_neighbour_stays(place):
    mine = place / "hash" / "mine.png"
    mine.write_bytes(b"mine")
    discard(mine)
    assert not mine.parent.exists() and place.is_dir()
    discard(mine)  # Gone already: the same picture may be in two slots.
    direct, other = place / "direct", place / "other"
    direct.write_bytes(b"")
    other.write_bytes(b"")
    discard(direct)
    assert not direct.exists() and other.exists()
    discard(other)
    assert place.is_dir(), "the folder for uploads is no upload's own"


def test_nothing_else_is_deleted_and_the_log_says_so(place, caplog):
    caplog.set_level(logging.ERROR)
    decoy = place.parent / "decoys" / "only.png"
    os.symlink(decoy, place / "hash" / "link.png")
    os.symlink(decoy.parent, place / "way")
    os.symlink(place / "round", place / "round")
    ways = (
        decoy,
        place / ".." / "decoys" / "only.png",
        place / "hash" / "link.png",
        place / "way" / "only.png",
        place,
        place / ".",
        place.parent,
        place.parent / "uploads-too" / "x",
    )
    for way in ways:
        discard(way)
    assert decoy.read_bytes() == b"decoy"
    assert caplog.text.count("it was left alone") == len(ways)
    assert str(decoy) not in caplog.text
    for way in (place / "round", place / "mi\0ne"):
        discard(way)
