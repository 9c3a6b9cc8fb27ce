"""One run at a time: places and waiting times."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from plugins.shared.page.runs import Left, Runs
from plugins.shared.page.session import Work
from plugins.shared.page.settings import SettingsError
from registry.limits import Limits
from weights.errors import ParagoneError

CTX = SimpleNamespace(limits=Limits(), caller_left=lambda: False)


def test_first_come_first_served():
    runs = Runs(CTX)
    ann, bob, cleo = (runs.join(lambda left=left: left) for left in (40.0, 20.0, 5.0))
    assert [one.place for one in (ann, bob, cleo)] == [0, 1, 2]
    assert [one.wait for one in (ann, bob, cleo)] == [0, 40.0, 60.0]
    bob.leave()
    assert (cleo.place, cleo.wait) == (1, 40.0)
    ann.leave()
    assert cleo.place == 0


def test_a_holder_knows_that_somebody_waits():
    runs = Runs(CTX)
    ann = runs.join(lambda: 1.0)
    assert ann.wanted == 0
    bob = runs.join(lambda: 1.0)
    bob.since -= 90
    assert 90 <= ann.wanted < 95
    assert bob.wanted == 0


def test_leaving_twice_takes_nobody_elses_place():
    runs = Runs(CTX)
    ann, bob = runs.join(lambda: 0.0), runs.join(lambda: 0.0)
    ann.leave()
    ann.leave()
    assert bob.place == 0


def test_many_threads_never_hold_it_together():
    runs, holding, most = Runs(CTX), [], []

    def work() -> None:
        ticket = runs.join(lambda: 0.0)
        while ticket.place:
            pass
        holding.append(ticket)
        most.append(len(holding))
        holding.remove(ticket)
        ticket.leave()

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert len(most) == 12 and max(most) == 1


def bounded(**limits: int) -> Runs:
    return Runs(SimpleNamespace(limits=Limits(**limits), caller_left=lambda: False))


def test_a_run_ends_after_the_steps_that_it_may_take_and_says_so():
    with bounded(run_steps=3).open(Work()) as ticket:
        assert list(ticket.steps(range(10))) == [0, 1, 2]
        assert "3 steps, the most" in ticket.note
        with pytest.raises(ParagoneError, match="the most that a run may take"):
            ticket.whole()


def test_a_run_ends_after_the_seconds_that_it_may_take_and_says_so(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    taken = []
    with bounded(run_seconds=5).open(Work()) as ticket:
        for step in ticket.steps(range(10)):
            taken.append(step)
            now[0] += 2
    assert taken == [0, 1, 2] and "5 seconds, the most" in ticket.note


def test_more_than_the_bounds_is_refused_before_the_run():
    runs = bounded(run_steps=10, run_seconds=20)
    runs.check(SimpleNamespace(steps=10, budget=20))
    for asked, where in (({"steps": 11}, "steps"), ({"budget": 21}, "budget")):
        with pytest.raises(SettingsError) as caught:
            runs.check(SimpleNamespace(**asked))
        assert caught.value.where == where


class Visitor:
    """Somebody who may leave, as `caller_left` of their context tells."""

    def __init__(self) -> None:
        self.gone = False
        self.ctx = SimpleNamespace(limits=Limits(), caller_left=lambda: self.gone)


def test_what_a_run_needs_is_built_by_one_caller_at_a_time():
    runs, building, most = Runs(CTX), [], []

    def prepare() -> None:
        with runs.open(Work()) as ticket, ticket.preparing():
            building.append(ticket)
            time.sleep(0)  # Another thread may go on here.
            most.append(len(building))
            building.remove(ticket)

    threads = [threading.Thread(target=prepare) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert most == [1] * 12


def test_nobody_builds_for_a_caller_who_has_left():
    visitor, built, left = Visitor(), [], []
    runs = Runs(visitor.ctx)

    def prepare() -> None:
        with pytest.raises(Left), runs.open(Work()) as ticket, ticket.preparing():
            built.append(ticket)
        left.append(1)

    threads = [threading.Thread(target=prepare) for _ in range(20)]
    with runs.building:  # Somebody builds, while 20 come, wait and leave.
        for thread in threads:
            thread.start()
        visitor.gone = True
        for thread in threads:
            thread.join(300)
        assert len(left) == 20, "they waited on although they had left"
    assert not built and not runs.busy
    visitor.gone = False
    with runs.open(Work()) as ticket, ticket.preparing():
        pass  # The next one can.


def test_what_was_built_for_a_caller_who_left_meanwhile_is_not_used():
    visitor, used = Visitor(), []
    runs = Runs(visitor.ctx)
    with pytest.raises(Left), runs.open(Work()) as ticket:
        with ticket.preparing():
            visitor.gone = True
        used.append(ticket)
    assert not used


def test_a_caller_who_left_while_waiting_takes_no_step():
    visitor, taken = Visitor(), []
    runs = Runs(visitor.ctx)
    first = runs.join(lambda: 1.0)
    with pytest.raises(Left), runs.open(Work()) as ticket:
        for _ in ticket.waiting(lambda: 1.0):
            visitor.gone = True
            first.leave()  # It is their turn now.
        taken.extend(ticket.steps(range(3)))
    assert not taken


def test_who_waits_and_leaves_makes_room():
    gone = [False]
    runs = Runs(SimpleNamespace(limits=Limits(), caller_left=lambda: gone[0]))
    first = runs.join(lambda: 1.0)
    with pytest.raises(Left), runs.open(Work()) as ticket:
        for waiting in ticket.waiting(lambda: 1.0):
            assert waiting.place == 1
            gone[0] = True
    first.leave()
    assert not runs.busy
