"""Finished runs that their visitor finds again."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest

from plugins.shared.page.finished import MOST, RUNNING, Finished
from plugins.shared.page.session import PageSession


class Session(PageSession):
    """A visitor who counts."""

    KEPT = ("counted", "brought")

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[int] = []
        self.brought = ""


def count(session: Session, most: int):
    """A run of so many steps; it begins with a word."""
    counted = []
    yield {"status": "ready"}
    for n in range(most):
        counted.append(n)
        yield {"status": n}
    session.counted = counted


def opened(session: Session) -> dict:
    return {"status": session.counted}


@pytest.fixture
def finished() -> Finished:
    with gr.Blocks(analytics_enabled=False):
        return Finished("count", SimpleNamespace(limits=SimpleNamespace(session_minutes=60)))


def test_a_finished_run_is_found_again_by_its_name_alone(finished):
    session, count_on = Session(), finished.after(count)
    frames = list(count_on(session, 3))
    assert [frame.get("finished") for frame in frames[:-1]] == [RUNNING, None, None, None]
    name = frames[-1]["finished"]
    assert frames[-1] == {**frames[-2], "finished": name}, "the last one is told once more"
    assert len(name) == 32 and session.finished_as == name
    mine, nobody = Session(), Session()
    session.forget()  # Its tab was closed.
    assert session.counted == [] and session.finished_as == ""
    again = finished.opening(opened)
    assert again(name, mine) == {"status": [0, 1, 2], "finished": name}
    for other in ("", "running", name[:-1], None, ["x"], "0" * 32):
        assert again(other, nobody) == {"status": [], "finished": ""}


def test_every_run_has_a_name_of_its_own_and_the_one_before_it_goes(finished):
    session, count_on = Session(), finished.after(count)
    (*_, first), (*_, second) = count_on(session, 2), count_on(session, 3)
    assert first != second and len(finished._kept) == 1
    assert finished.opening(opened)(first["finished"], Session())["finished"] == ""
    other = Session()
    list(count_on(other, 1))
    assert len(finished._kept) == 2 and other.finished_as != session.finished_as


def test_what_is_forgotten_or_never_finished_is_not_kept(finished):
    session = Session()
    (*_, last) = finished.after(count)(session, 0)
    assert last["finished"] == "" and len(finished._kept) == 0
    list(finished.after(count)(session, 2))

    def drop(session: Session) -> dict:
        session.counted = []
        return {"status": "dropped"}

    assert finished.after(drop)(session) == {"status": "dropped", "finished": ""}
    assert len(finished._kept) == 0
    steps = finished.after(count)(session, 5)
    next(steps)
    steps.close()  # Its visitor has left.
    assert len(finished._kept) == 0


def test_a_second_click_does_not_end_the_first_run(finished):
    session = Session()
    session.begin("ticket")
    assert list(finished.after(count)(session, 1))[-1]["finished"] == RUNNING


def test_it_is_dropped_as_a_visit_is_and_where_there_is_no_room(finished):
    now = [0.0]
    finished._kept._clock = lambda: now[0]
    (*_, last) = finished.after(count)(Session(), 1)
    now[0] = 3599
    assert finished.opening(opened)(last["finished"], Session())["finished"]
    now[0] += 3600
    assert not finished.opening(opened)(last["finished"], Session())["finished"]
    for _ in range(MOST + 3):
        list(finished.after(count)(Session(), 1))
    assert len(finished._kept) == MOST


def test_a_page_that_opens_step_by_step(finished):
    def arrive(session: Session, query: str):
        yield {"status": "loading"}
        yield {"status": query + str(session.counted)}

    (*_, last) = finished.after(count)(Session(), 2)
    *_, shown = finished.opening(arrive)(last["finished"], Session(), "?x")
    assert shown == {"status": "?x[0, 1]", "finished": last["finished"]}
