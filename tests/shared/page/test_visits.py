"""What one visitor has brought, and how it is forgotten. When: `tests/registry/server`."""

from __future__ import annotations

import copy
import threading
from types import SimpleNamespace

import pytest

from plugins.shared.page.runs import Left, Runs
from plugins.shared.page.session import PageSession, Work, delete_files
from registry.limits import Limits
from weights.errors import ParagoneError


class Session(PageSession):
    """As a task has it."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[str] = []


def runs() -> Runs:
    return Runs(SimpleNamespace(limits=Limits(), caller_left=lambda: False))


def test_every_visitor_begins_with_a_session_of_their_own():
    first = Session()
    first.pictures.append("mine")
    other = copy.deepcopy(first)
    assert type(other) is Session and other.pictures == [] and other.files is not first.files


def test_forgetting_drops_every_field_and_every_file(tmp_path):
    session, path = Session(), tmp_path / "alone" / "a.zip"
    path.parent.mkdir()
    path.write_bytes(b"faces")
    session.files.append(path)
    session.pictures.append("mine")
    session.forget()
    assert session.pictures == [] and session.files == [] and not path.parent.exists()


def test_a_run_of_a_forgotten_visit_ends_at_its_next_step_and_another_can_begin():
    session, queue = Session(), runs()
    with pytest.raises(Left), queue.open(session) as ticket:
        for step in ticket.steps(range(100)):
            assert step < 3, "it went on"
            if step == 2:
                session.forget()
                with queue.open(session):
                    assert session.running, "who comes back may begin anew"
    assert not session.running and not queue.busy


def test_one_run_at_a_time_even_when_two_begin_together():
    work, queue, begun, refused = Work(), runs(), [], []
    gate, done = threading.Barrier(8), threading.Event()

    def begin() -> None:
        gate.wait()
        try:
            with queue.open(work):
                begun.append(1)
                done.wait()
        except ParagoneError:
            refused.append(1)
            if len(refused) == 7:
                done.set()

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert (len(begun), len(refused)) == (1, 7) and not work.running


def test_files_for_downloads_go_with_the_folder_they_lay_in_alone(tmp_path):
    alone, shared = tmp_path / "one" / "a.zip", tmp_path / "two" / "b.zip"
    other = shared.with_name("other.zip")
    for path in (alone, shared, other):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"faces")
    files = [alone, shared, tmp_path / "gone" / "before.zip"]
    delete_files(files)
    assert files == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [other]
    assert not alone.parent.exists() and shared.parent.exists()
