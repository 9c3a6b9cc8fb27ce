"""One run at a time: places and waiting times."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from plugins.shared.page.runs import Runs
from registry.limits import Limits

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
        thread.join(30)
    assert len(most) == 12 and max(most) == 1
