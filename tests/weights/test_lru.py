"""The cache of networks: bounded, and patient only with those who want the same."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from weights.lru import LruBytes


def test_least_recently_used_goes_first():
    cache = LruBytes(100)
    for key in "abc":
        cache.get(key, lambda key=key: (key.upper(), 30))
    assert cache.nbytes == 90
    assert cache.get("a", lambda: pytest.fail("it is there")) == "A"
    cache.get("d", lambda: ("D", 40))
    assert [key for key in "abcd" if key in cache] == ["a", "c", "d"]
    assert cache.nbytes == 100


def test_too_large_and_not_to_keep():
    cache = LruBytes(100)
    cache.get("a", lambda: ("A", 60))
    assert cache.get("huge", lambda: ("H", 101)) == "H"
    assert cache.get("passing", lambda: ("P", 0)) == "P"
    assert [key for key in ("a", "huge", "passing") if key in cache] == ["a"]


def test_many_threads_make_it_once():
    cache = LruBytes(100)
    made = []

    def make():
        made.append(1)
        time.sleep(0.1)
        return object(), 10

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: cache.get("a", make), range(8)))
    assert len(made) == 1
    assert len(set(map(id, values))) == 1


def test_making_one_does_not_block_another():
    cache = LruBytes(100)
    cache.get("fast", lambda: ("F", 10))
    started, release = threading.Event(), threading.Event()

    def slow():
        started.set()
        assert release.wait(60)
        return "S", 10

    thread = threading.Thread(target=lambda: cache.get("slow", slow))
    thread.start()
    assert started.wait(300)
    assert cache.get("fast", lambda: pytest.fail("it is there")) == "F"
    assert cache.get("other", lambda: ("O", 10)) == "O"
    assert thread.is_alive(), "the slow one is still being made"
    release.set()
    thread.join(300)
    assert "slow" in cache


def test_failure_reaches_all_and_is_not_kept():
    cache = LruBytes(100)
    barrier = threading.Barrier(2)

    def fail():
        barrier.wait(300)
        time.sleep(0.1)
        raise ValueError("no")

    def ask():
        barrier.wait(300)
        with pytest.raises(ValueError, match="no"):
            cache.get("a", lambda: pytest.fail("the other makes it"))
        return True

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, "a", fail)
        assert pool.submit(ask).result()
        assert isinstance(first.exception(), ValueError)
    assert cache.get("a", lambda: ("A", 10)) == "A"
