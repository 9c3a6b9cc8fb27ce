"""Who may come in: names and passwords, which are never quoted."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace

import httpx
import pytest
from gradio_client import Client

from registry import SettingError
from registry.server import auth
from registry.server.auth import read_auth

PASSWORD = "correct horse: battery, staple"


@pytest.fixture(scope="module")
def locked(serve, tmp_path_factory):
    file = tmp_path_factory.mktemp("auth") / "pairs"
    file.write_text(f"# who may come in\nann:{PASSWORD}\n\nbob:other\n", encoding="utf-8")
    return serve({"PARAGONE_PLUGINS": "face_verification", "PARAGONE_AUTH": str(file)})


def test_without_a_login_nothing_but_the_login_answers(locked):
    for path in ("config", "gradio_api/info", "gradio_api/file=x"):
        assert httpx.get(locked.url + path).status_code == 401, path
    call = {"data": [], "fn_index": 0, "session_hash": "x"}
    for path in ("queue/join", "call/face_verification", "run/predict", "upload"):
        answer = httpx.post(f"{locked.url}gradio_api/{path}", json=call)
        assert answer.status_code == 401, path
    page = httpx.get(locked.url).text
    assert "auth_required" in page and "Paragone asks for a name" in page
    assert "face-verification" not in page
    with pytest.raises(Exception, match="(?i)auth|login|credential"):
        Client(locked.url, verbose=False)


def test_a_wrong_password_is_refused_in_clear_words_and_a_right_one_opens(locked):
    for name, password in (("ann", "wrong"), ("ann", "other"), ("bob", PASSWORD), ("eve", "")):
        with httpx.Client(base_url=locked.url) as visitor:
            form = {"username": name, "password": password or "-"}
            answer = visitor.post("/login", data=form)
            assert answer.status_code == 400 and "Incorrect credentials" in answer.text
            assert visitor.get("/config").status_code == 401
    with httpx.Client(base_url=locked.url) as visitor:
        answer = visitor.post("/login", data={"username": "ann", "password": PASSWORD})
        assert answer.json() == {"success": True}
        assert visitor.get("/config").status_code == 200
    client = Client(locked.url, auth=("bob", "other"), verbose=False)
    assert "/face_verification" in client.view_api(return_format="dict")["named_endpoints"]
    for secret in (PASSWORD, "battery", "wrong"):
        assert secret not in locked.log


@pytest.mark.parametrize(
    "text", ["ann", "ann:", ":secret", "ann:secret,bob", "ann:secret,ann:other", "/no/such/file"]
)
def test_pairs_that_cannot_be_used_are_refused_without_quoting_them(text, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingError, match="PARAGONE_AUTH") as caught:
        read_auth({"PARAGONE_AUTH": text})
    assert "secret" not in str(caught.value) and "secret" not in caplog.text
    assert "/no/such" not in str(caught.value)


def test_nobody_is_asked_where_no_pairs_are_given():
    assert read_auth({}) is None and read_auth({"PARAGONE_AUTH": " "}) is None


# --- guessing ------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still, and the seconds that were slept."""
    clock = SimpleNamespace(now=1000.0, slept=[])

    async def sleep(seconds: float) -> None:
        clock.slept.append(seconds)

    # In this module only: a server of another test may live in this process.
    monkeypatch.setattr(auth, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(auth, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_guesses_for_a_name_are_limited_before_they_are_compared(clock, monkeypatch):
    check, compared = read_auth({"PARAGONE_AUTH": "ann:right,bob:other"}), []
    compare = auth.hmac.compare_digest
    monkeypatch.setattr(
        auth.hmac, "compare_digest", lambda a, b: compared.append(1) or compare(a, b)
    )

    async def guess_at_once() -> list[bool]:
        guesses = [f"guess {i}" for i in range(59)] + ["right"]
        return await asyncio.gather(*(check("ann", guess) for guess in guesses))

    assert asyncio.run(guess_at_once()) == [False] * 60
    assert len(compared) == 5 * 2, "five guesses, each against both pairs"
    assert asyncio.run(check("bob", "other")), "another name is not concerned"


def test_a_name_is_closed_for_a_minute_and_no_longer_whatever_is_tried(clock):
    check = read_auth({"PARAGONE_AUTH": "ann:right"})
    for _ in range(5):
        assert not asyncio.run(check("ann", "wrong"))
    for second in range(59):
        clock.now = 1000.0 + second
        assert not asyncio.run(check("ann", "wrong")), "not counted, so it does not prolong"
        assert not asyncio.run(check("ann", "right"))
    clock.now = 1061.0
    assert asyncio.run(check("ann", "right"))
    assert not asyncio.run(check("ann", "wrong")) and asyncio.run(check("ann", "right"))


def test_a_name_that_is_not_there_answers_as_one_that_is(clock, monkeypatch):
    check = read_auth({"PARAGONE_AUTH": "ann:right,bob:other"})
    waits = {}
    for name in ("ann", "nobody"):
        clock.slept.clear()
        for _ in range(8):
            assert not asyncio.run(check(name, "wrong"))
        waits[name] = list(clock.slept)
    assert waits["ann"] == waits["nobody"] and len(waits["ann"]) == 8


def test_names_without_end_take_no_memory_and_free_no_name(monkeypatch):
    monkeypatch.setattr(auth, "MOST_NAMES", 10)
    attempts = auth.Attempts(["ann"])
    attempts.of("ann").extend([time.monotonic()] * 5)
    for number in range(100):
        attempts.of(f"name {number}" * 1000).append(time.monotonic())
    assert len(attempts._others) == 10 and len(attempts.of("ann")) == 5
    assert all(len(name) <= 100 for name in attempts._others)
