"""Work spread over processes that may die of it: names go in, one record a name comes out."""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

AT_ONCE = 40
"""Names that a process answers before a fresh one takes its place, so that memory stays bounded."""


def spread(
    work: Callable[[str], Any],
    names: Sequence[str],
    jobs: int,
    seconds: float,
    within: float = float("inf"),
) -> Iterator[tuple[str, Any]]:
    """(name, record) for every name, in the order of the names.

    Args:
        work: A function of a module's top level.
        jobs: How many processes.
        seconds: Longest time for one name.
        within: Seconds for all; names that are not reached by then are not tried.

    Returns:
        The record is an exception where a process died or took too long.
    """
    end = time.monotonic() + within
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    found: dict[int, Any] = {}
    changed = threading.Condition()
    for i in range(len(names)):
        waiting.put(i)

    def tend() -> None:
        answered, process, line = AT_ONCE, None, None
        while True:
            try:
                i = waiting.get_nowait()
            except queue.Empty:
                break
            left = min(seconds, end - time.monotonic())
            if left <= 0:
                with changed:
                    found[i] = TimeoutError("not reached in time")
                    changed.notify()
                continue
            if answered == AT_ONCE:
                _end(process, line)
                process, line = _started(work)
                answered = 0
            try:
                line.send(names[i])
                record = line.recv() if line.poll(left) else TimeoutError(f"over {left:.0f} s")
            except (EOFError, OSError):
                process.join()
                record = RuntimeError(f"the process ended with {process.exitcode}")
            answered += 1
            if isinstance(record, (TimeoutError, RuntimeError)):
                process.kill()
                answered = AT_ONCE
            with changed:
                found[i] = record
                changed.notify()
        _end(process, line)

    threads = [threading.Thread(target=tend, daemon=True) for _ in range(min(jobs, len(names)))]
    for thread in threads:
        thread.start()
    for i, name in enumerate(names):
        with changed:
            changed.wait_for(lambda i=i: i in found)
            yield name, found.pop(i)


def _started(work: Callable[[str], Any]) -> tuple[Any, Any]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _end(process: Any, line: Any) -> None:
    if process is not None:
        line.close()
        process.join(10)
        process.kill()


def _answer(work: Callable[[str], Any], line: Any) -> None:
    """Runs in the process: one record a name, until nobody asks any more."""
    while True:
        try:
            name = line.recv()
        except EOFError:
            return
        line.send(work(name))
