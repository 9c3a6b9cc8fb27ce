"""One run at a time: places and waiting times."""

from __future__ import annotations

import threading

from plugins.shared.page.runs import Turns


def test_first_come_first_served():
    turns = Turns()
    ann, bob, cleo = (turns.join(lambda left=left: left) for left in (40.0, 20.0, 5.0))
    assert [one.place for one in (ann, bob, cleo)] == [0, 1, 2]
    assert [one.wait for one in (ann, bob, cleo)] == [0, 40.0, 60.0]
    bob.leave()
    assert (cleo.place, cleo.wait) == (1, 40.0)
    ann.leave()
    assert cleo.place == 0


def test_a_holder_knows_that_somebody_waits():
    turns = Turns()
    ann = turns.join(lambda: 1.0)
    assert ann.wanted == 0
    bob = turns.join(lambda: 1.0)
    bob.since -= 90
    assert 90 <= ann.wanted < 95
    assert bob.wanted == 0


def test_leaving_twice_takes_nobody_elses_place():
    turns = Turns()
    ann, bob = turns.join(lambda: 0.0), turns.join(lambda: 0.0)
    ann.leave()
    ann.leave()
    assert bob.place == 0


def test_many_threads_never_hold_it_together():
    turns, holding, most = Turns(), [], []

    def work() -> None:
        ticket = turns.join(lambda: 0.0)
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
