"""What only a server can do to a gallery: be away, go away, and come back."""

from __future__ import annotations

import time

import pytest

from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import StoreError
from tests.shared.faces.gallery import enrolments
from tests.shared.faces.gallery.milvus_server import MilvusServer, free_ports, need_milvus

pytestmark = pytest.mark.milvus
PATIENCE = 30
"""Seconds within which a server that is away must be told of."""


@pytest.fixture
def own(tmp_path):
    """A server that nobody else uses, and a way to start it again on the same data."""
    need_milvus()
    running: list[MilvusServer] = []

    def start() -> MilvusServer:
        running.append(MilvusServer(tmp_path / "data"))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def told(action) -> str:
    """The words of a StoreError that comes in time."""
    begun = time.monotonic()
    with pytest.raises(StoreError) as caught:
        action()
    assert time.monotonic() - begun < PATIENCE
    return caught.value.for_people


def test_nobody_at_the_address():
    need_milvus()
    (port,) = free_ports(1)
    store = None

    def open_and_ask():
        nonlocal store
        store = open_store(f"http://127.0.0.1:{port}")
        store.people("anybody")

    words = told(open_and_ask)
    assert f"127.0.0.1:{port}" in words and "Traceback" not in words
    if store is not None:
        store.close()


@pytest.mark.slow
def test_a_server_that_goes_away_loses_nothing_that_was_acknowledged(own):
    server = own()
    gallery = Gallery(open_store(server.uri), enrolments.space())
    faces = enrolments.people({"Ada": 2, "Ben": 1})
    assert gallery.enrol(faces).new == 3
    server.stop()
    words = told(lambda: gallery.enrol(enrolments.people({"Cleo": 1}, start=50)))
    assert server.uri.removeprefix("http://") in words
    told(lambda: gallery.identify(faces[0].encoding))
    again = Gallery(open_store(own().uri), gallery.space)
    assert again.people() in ({"Ada": 2, "Ben": 1}, {"Ada": 2, "Ben": 1, "Cleo": 1})
    assert again.identify(faces[2].encoding, top=1)[0][0].person == "Ben"
    assert again.enrol(faces).known == 3, "a repeated enrolment doubles nobody"
    receipt = again.delete("Ada")
    assert receipt.erased.proven and "Ada" not in again.people()
    again.store.close()
    gallery.store.close()
