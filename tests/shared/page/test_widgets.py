"""Uploads: taken once, and gone afterwards, whatever happens."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from plugins.shared.page.widgets import PictureInput, Upload, ZipInput, html


@pytest.fixture
def upload(tmp_path) -> Upload:
    path = tmp_path / "hash" / "me.jpg"
    path.parent.mkdir()
    path.write_bytes(b"face")
    return Upload(path, "me.jpg")


def test_the_file_lives_as_long_as_the_block(upload):
    with upload.taken() as path:
        assert path.read_bytes() == b"face"
    assert not upload.path.exists() and not upload.path.parent.exists()
    assert upload.path.parent.parent.is_dir()


def test_it_is_gone_also_after_an_exception(upload):
    with pytest.raises(ZeroDivisionError), upload.taken():
        raise ZeroDivisionError
    assert not upload.path.parent.exists()


def test_it_is_gone_also_when_a_generator_is_stopped(upload):
    def steps():
        with upload.taken() as path:
            yield path.read_bytes()
            yield None

    running = steps()
    assert next(running) == b"face"
    running.close()
    assert not upload.path.parent.exists()


def test_what_else_is_in_the_folder_stays(upload):
    other = upload.path.with_name("other.jpg")
    other.write_bytes(b"other")
    with upload.taken():
        pass
    assert not upload.path.exists() and other.read_bytes() == b"other"


def test_one_file_in_both_slots(upload):
    """Gradio names an upload's folder by its content, so equal files are one file."""
    with upload.taken() as one, Upload(upload.path, "me.jpg").taken() as other:
        assert one.read_bytes() == other.read_bytes() == b"face"
    assert not upload.path.parent.exists()


@pytest.mark.parametrize("kind", [PictureInput, ZipInput])
def test_handlers_get_the_untouched_file(kind, upload):
    component = kind()
    assert component.preprocess(None) is None
    assert component.preprocess(SimpleNamespace(path=None, orig_name=None)) is None
    payload = SimpleNamespace(path=str(upload.path), orig_name="Ich & du.jpg")
    assert component.preprocess(payload) == Upload(upload.path, "Ich & du.jpg")
    payload.orig_name = None
    assert component.preprocess(payload).name == "me.jpg"
    assert upload.path.read_bytes() == b"face"


def test_html_wears_only_our_style():
    component = html("<p>x</p>", elem_id="an-id")
    assert component.value == "<p>x</p>" and component.elem_id == "an-id"
    assert component.apply_default_css is False
