"""A gallery on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import Store
from tests.shared.faces.gallery import enrolments

ENGINES = (
    "memory",
    "file",
    "encrypted file",
    pytest.param("milvus", marks=pytest.mark.milvus),
)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The Milvus server ends with the last test that needs it: idle, it takes half a processor."""
    if item.get_closest_marker("milvus") and not (
        nextitem and nextitem.get_closest_marker("milvus")
    ):
        from tests.shared.faces.gallery.milvus_server import stop_shared

        stop_shared()


class Galleries:
    """Opens galleries on one store, by default all of one namespace and one network."""

    def __init__(self, open_one: Callable[[], Store], shared: bool):
        self.open_one, self.shared = open_one, shared
        self.space = enrolments.space()
        self.store = open_one()

    def __call__(self, **changes: object) -> Gallery:
        space = replace(self.space, **changes)
        return Gallery(self.store, space)

    def another(self) -> Gallery:
        """The same gallery through a second connection, as another process has one."""
        return Gallery(self.open_one(), self.space)

    def reopened(self) -> Gallery:
        """The gallery after its store was closed and opened again."""
        self.store.close()
        self.store = self.open_one()
        return self()


@pytest.fixture(params=ENGINES)
def open_gallery(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Galleries]:
    """Galleries on the engine that the parameter names."""
    uri, key = {
        "memory": ("memory:", ""),
        "file": (str(tmp_path / "gallery.db"), ""),
        "encrypted file": (str(tmp_path / "gallery.db"), "a passphrase, it's long"),
        "milvus": ("", ""),
    }[request.param]
    if request.param == "milvus":
        server = pytest.importorskip(
            "tests.shared.faces.gallery.milvus_server", reason="no Milvus server here"
        )
        uri = server.shared().uri
    galleries = Galleries(lambda: open_store(uri, key), shared=request.param != "memory")
    yield galleries
    galleries.store.close()
