"""What one visitor of the identification page has brought, in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import Store
from plugins.shared.faces.subject import Subject
from plugins.shared.page.session import delete_files

if TYPE_CHECKING:
    from plugins.face_identification.k_laboratory.laboratory import KSurvey

VISIT = "visit"
"""The namespace of a session's own store, which nobody else can open."""


class Session:
    """What one visitor has brought. It dies with the visit.

    Not a dataclass: Gradio writes the fields of a dataclass in its state into the page's source.

    Attributes:
        picked: Ids of the enrolled faces that are ticked on the page.
        stopped: Whether running work shall end.
        forgotten: Whether an earlier gallery of this visit was dropped.
    """

    def __init__(self) -> None:
        self.probe: Subject | None = None
        self.cache = EncodingCache()
        self.lab: KSurvey | None = None
        self.files: list[Path] = []
        self.picked: tuple[str, ...] = ()
        self.stopped = self.forgotten = False
        self._store: Store | None = None

    def __deepcopy__(self, memo: dict) -> Session:
        """Every visitor starts with a session of their own."""
        return Session()

    @property
    def store(self) -> Store:
        """The visit's own store, in memory; made when it is first needed."""
        if self._store is None:
            self._store = open_store("memory:")
        return self._store

    def open(self) -> None:
        """Begin the visit anew."""
        self.forget()
        self.stopped = self.forgotten = False

    def clean_up(self, probe: bool = False) -> None:
        """Drop the cached encodings, the files that were written for downloads, and the probe if
        asked: what may hold a face that was just deleted.
        """
        self.picked = ()
        self.cache.clear()
        if probe:
            self.probe = None
        delete_files(self.files)  # Last: a disk can fail.

    def forget(self) -> None:
        """Drop every picture, encoding and enrolled face. Work that still runs ends."""
        self.stopped, self.lab = True, None
        store, self._store = self._store, None
        if store is not None:
            self.forgotten = True
            store.close()
        self.clean_up(probe=True)
