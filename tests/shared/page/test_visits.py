"""When a visit is forgotten: on leaving, after a rest, and never behind somebody's back."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from plugins.shared.page.session import Visits, delete_files

SHORT = 0.4 / 60
"""Minutes: 0.4 s, looked at every 0.1 s."""


class Visit:
    """A session that counts how often it was forgotten."""

    def __init__(self):
        self.forgotten = 0

    def forget(self):
        self.forgotten += 1


def wait_for(condition, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def timers():
    """The timers that the test has started and that still run; none may stay."""

    def running() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}

    before = running()
    yield lambda: running() - before
    wait_for(lambda: running() <= before)


def test_leaving_forgets_that_visit_only():
    visits, mine, other = Visits(), Visit(), Visit()
    visits.seen("me", mine)
    visits.seen("you", other)
    visits.leave("me")
    assert (mine.forgotten, other.forgotten) == (1, 0)
    visits.leave("me")
    assert mine.forgotten == 1, "once is enough"
    visits.leave("nobody of this name")
    visits.leave(None)
    visits.seen("me", mine)
    visits.leave("me")
    assert mine.forgotten == 2, "who comes back can leave again"


def test_a_caller_without_a_session_is_not_watched(timers):
    visits, mine = Visits(SHORT), Visit()
    visits.seen(None, mine)
    assert not timers()
    visits.leave(None)
    assert mine.forgotten == 0


def test_without_minutes_there_is_no_timer(timers):
    visits, mine = Visits(None), Visit()
    visits.seen("me", mine)
    assert not timers() and mine.forgotten == 0


def test_who_rests_too_long_is_forgotten_and_who_does_not_is_not():
    visits, idle, busy = Visits(SHORT), Visit(), Visit()
    visits.seen("idle", idle)
    begun = time.monotonic()
    while not idle.forgotten:
        visits.seen("busy", busy)
        assert time.monotonic() - begun < 5
        time.sleep(0.02)
    assert time.monotonic() - begun >= SHORT * 60, "not before its time"
    assert busy.forgotten == 0
    wait_for(lambda: busy.forgotten == 1)
    assert idle.forgotten == 1


def test_the_timer_ends_when_nobody_is_there_and_starts_again(timers):
    visits, mine = Visits(SHORT), Visit()
    visits.seen("me", mine)
    (first,) = timers()
    assert first.daemon, "it must not keep the process alive"
    for _ in range(20):
        visits.seen("me", mine)
    assert timers() == {first}, "one timer, however much is done"
    wait_for(lambda: mine.forgotten == 1)
    wait_for(lambda: not timers())
    visits.seen("me", mine)
    assert len(timers()) == 1
    wait_for(lambda: mine.forgotten == 2)


def test_a_timer_that_is_asleep_ends_after_the_last_one_left(timers):
    visits, mine = Visits(SHORT), Visit()
    visits.seen("me", mine)
    visits.leave("me")
    wait_for(lambda: not timers())
    assert mine.forgotten == 1


def test_sweep_by_hand(timers, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    visits = Visits(2)
    early, late = Visit(), Visit()
    visits.seen("early", early)
    now[0] += 60
    visits.seen("late", late)
    now[0] += 59.9
    visits.sweep()
    assert (early.forgotten, late.forgotten) == (0, 0)
    now[0] += 0.1
    visits.sweep()
    assert (early.forgotten, late.forgotten) == (1, 0)
    visits.leave("late")
    monkeypatch.undo()
    for timer in timers():
        timer.cancel()  # They would sleep half a minute.


def test_visits_keep_nobody_alive():
    visits, mine = Visits(SHORT), Visit()
    visits.seen("me", mine)
    gone = weakref.ref(mine)
    del mine
    gc.collect()
    assert gone() is None
    visits.leave("me")  # is no error
    visits.seen("you", other := Visit())
    visits.seen("me", Visit())  # collected at once
    wait_for(lambda: other.forgotten == 1)


def test_a_session_that_fails_to_forget_does_not_keep_the_others(caplog):
    class Broken(Visit):
        def forget(self):
            super().forget()
            raise OSError("the disk is gone")

    visits, broken, mine = Visits(SHORT), Broken(), Visit()
    visits.seen("a", broken)
    visits.seen("b", mine)
    wait_for(lambda: mine.forgotten == 1)
    assert broken.forgotten == 1
    assert "A visit could not be forgotten wholly: OSError" in caplog.text


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
