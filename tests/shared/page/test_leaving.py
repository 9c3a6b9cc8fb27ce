"""Long work can be left: whoever goes or cancels gives the only turn back at once, however much
was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from gradio_client import Client
from serving import Server

MANY = json.dumps({"steps": 20_000, "every": 20_000, "patience": 0})
FEW = json.dumps({"steps": 2, "every": 1, "identities": 4, "pictures": 4, "warm_up": 1})
LIMIT = 120
"""Seconds that the short call behind the long one may take; the long ones would take far more."""


@pytest.fixture(scope="module")
def server():
    server = Server({"PARAGONE_MCP": "1", "PARAGONE_PLUGINS": "triplet_finetuning"})
    yield server
    server.stop()


def close_the_stream(server: Server) -> None:
    call = f"{server.url}gradio_api/call/triplet_finetuning"
    event = httpx.post(call, json={"data": [None, MANY]}, timeout=LIMIT).json()["event_id"]
    with httpx.stream("GET", f"{call}/{event}", timeout=LIMIT):
        wait_for_training(server)


def cancel_the_job(server: Server) -> None:
    client = Client(server.url, verbose=False)
    job = client.submit(pictures=None, settings=MANY, api_name="/triplet_finetuning")
    wait_for_training(server)
    job.cancel()


def drop_the_assistant(server: Server) -> None:
    asked = {"name": "triplet_finetuning", "arguments": {"pictures": None, "settings": MANY}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    kinds = {"Accept": "application/json, text/event-stream"}
    address = f"{server.url}gradio_api/mcp/"
    with httpx.stream("POST", address, json=message, headers=kinds, timeout=LIMIT):
        wait_for_training(server)


def wait_for_training(server: Server) -> None:
    """Until somebody holds the turn, as a second caller sees it: no answer to a short call."""
    short = Client(server.url, verbose=False)
    job = short.submit(pictures=None, settings=FEW, api_name="/triplet_finetuning")
    with pytest.raises(TimeoutError):
        job.result(timeout=3)
    job.cancel()


@pytest.mark.parametrize("leave", [close_the_stream, cancel_the_job, drop_the_assistant])
def test_the_turn_is_free_after_the_caller_has_left(server, leave: Callable[[Server], None]):
    leave(server)
    short = Client(server.url, verbose=False)
    job = short.submit(pictures=None, settings=FEW, api_name="/triplet_finetuning")
    assert job.result(timeout=LIMIT)["steps"] == 2


def test_more_steps_than_the_server_gives_are_refused(server):
    client = Client(server.url, verbose=False)
    with pytest.raises(Exception, match="may take 20,000 steps"):
        settings = json.dumps({"steps": 20_001})
        client.predict(pictures=None, settings=settings, api_name="/triplet_finetuning")
