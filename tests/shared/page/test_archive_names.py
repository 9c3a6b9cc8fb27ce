"""Names whose encoding an archive does not say are shown, and chosen, before anything is used."""

from __future__ import annotations

from functools import partial

import gradio as gr
import pytest

from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import readings_of
from plugins.shared.page.archive_names import BOX, CHOICE, ArchiveNames
from plugins.shared.page.widgets import Upload, ZipInput
from tests.shared.faces import made

KOREAN = {f"{name}/1.png".encode("cp949"): b"x" for name in ("이영희", "김철수")}


class Page:
    """A field for an archive, what its handler was given, and the two events."""

    def __init__(self, handler):
        self.got = []

        def keep(upload, word):
            self.got.append((upload, word))
            return handler()

        def keep_steps(upload, word):
            self.got.append((upload, word))
            yield from handler()

        with gr.Blocks() as blocks:
            field, word, said = ZipInput(elem_id="it"), gr.Textbox(), gr.HTML()
            self.names = ArchiveNames(field, partial(readings_of, limits=Limits()))
            many = isinstance(handler(), list)
            wired = self.names.wire(keep_steps if many else keep, {"said": said}, [field, word])
        self.said = said
        self.ask, self.use = (blocks.fns[event["id"]].fn for event in wired)


@pytest.fixture
def page():
    return Page(lambda: {"said": "read"})


def test_a_plain_archive_is_used_at_once(page, tmp_path):
    upload = Upload(made.zipped(tmp_path / "a.zip", {"Ana/1.png": b"x"}), "a.zip")
    box, answer = page.ask(upload, "word")
    assert box[page.names.box].visible is False
    assert answer == {page.said: "read"} and page.got == [(upload, "word")]


def test_names_in_doubt_are_shown_and_nothing_is_used(page, tmp_path):
    upload = Upload(made.raw_names(tmp_path / "a.zip", KOREAN), "a.zip")
    (asked,) = page.ask(upload, "word")
    assert page.got == [] and upload.path.exists()
    assert asked[page.names.box].visible is True
    (label, first), (other, second), *_ = asked[page.names.choice].choices
    assert asked[page.names.choice].value == first == "cp949" and second == "gb18030"
    assert label == "김철수 and 이영희 – Korean (EUC-KR)" and "捞康锐" in other
    _, answer = page.use("gb18030", upload, "word")
    assert answer == {page.said: "read"}
    assert page.got == [(Upload(upload.path, "a.zip", "gb18030"), "word")]


def test_steps_of_a_handler_come_one_by_one(tmp_path):
    page = Page(lambda: [{"said": "one"}, {"said": "two"}])
    page.got.clear()
    upload = Upload(made.zipped(tmp_path / "a.zip", {"Ana/1.png": b"x"}), "a.zip")
    assert list(page.ask(upload, ""))[1:] == [{page.said: "one"}, {page.said: "two"}]


def test_no_archive_is_passed_on(page, tmp_path):
    table = tmp_path / "signals.csv"
    table.write_text("1,2")
    for upload in (None, Upload(table, "signals.csv")):
        assert len(list(page.ask(upload, "word"))) == 2
    assert [upload for upload, _ in page.got] == [None, Upload(table, "signals.csv")]


def test_many_long_names_are_shown_in_part(page, tmp_path):
    files = {f"{'Ж' * 40}{i}/1.png".encode("cp1251"): b"x" for i in range(6)}
    (asked,) = page.ask(Upload(made.raw_names(tmp_path / "a.zip", files), "a.zip"), "")
    label = asked[page.names.choice].choices[0][0]
    assert "and 2 more" in label and len(label) < 160


def test_the_names_of_its_parts_are_its_own():
    assert BOX != CHOICE and not {BOX, CHOICE} & {"names", "upload", "said"}
