"""What one visitor of the identification page has brought, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.face_identification.unsorted import Unsorted
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.gallery.corrections import History
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.faces.gallery.stores.contract import Store
from plugins.shared.faces.subject import Subject
from plugins.shared.page.session import PageSession, Work, delete_files

if TYPE_CHECKING:
    from plugins.face_identification.k_laboratory.laboratory import KSurvey

VISIT = "visit"
"""The namespace of a session's own store, which nobody else can open."""


class Session(PageSession):
    """What one visitor has brought. It dies with the visit, but for a gallery that they changed and
    a survey of theirs: who comes back finds them again.

    Attributes:
        enrolled: How often the visit's own gallery was changed; 0: it is as the page opened it.
        model: The network that the answer on screen was made with; "": there is none yet.
        opened: Who is open on the people page; "": nobody.
        unsorted: The unknown faces of a folder, in groups.
        history: The corrections, which can be undone. It alone holds what was deleted.
        survey: The K laboratory's run.
        forgotten: Whether an earlier gallery of this visit was dropped.
    """

    KEPT = ("_store", "enrolled", "lab")

    def __init__(self) -> None:
        super().__init__()
        self.enrolled = 0
        self.survey = Work()
        self.model = ""
        self.probe: Subject | None = None
        self.cache = EncodingCache()
        self.lab: KSurvey | None = None
        self.opened = ""
        self.history = History()
        self.unsorted = Unsorted()
        self.forgotten = False
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The visit's own store, in memory; made when it is first needed."""
        if self._store is None:
            self._store = open_store("memory:")
        return self._store

    @property
    def has_finished(self) -> bool:
        """Whether anybody is left in a gallery that was changed, or a set was surveyed."""
        changed = self.enrolled and self._store and self._store.people(VISIT)
        return bool(changed or self.lab)

    @property
    def weight(self) -> int:
        """Faces in the visit's own gallery; a survey counts as one."""
        return sum(self.store.people(VISIT).values()) + bool(self.lab)

    def changed(self, gallery: Gallery) -> None:
        """Note that a gallery was changed, if it is the visit's own."""
        self.enrolled += not gallery.store.kept

    def open(self) -> None:
        """Begin the visit anew, unless its gallery was found again."""
        if not self.finished_as:
            self.forget()
        self.stopped = self.forgotten = False

    def clean_up(self, probe: bool = False) -> None:
        """Drop the cached encodings, the files that were written for downloads, and the probe if
        asked: what may hold a face that was just deleted.
        """
        self.cache.clear()
        if probe:
            self.probe = None
        delete_files(self.files)  # Last: a disk can fail.

    def stop(self) -> None:
        """End what runs, within a picture."""
        super().stop()
        self.survey.stop()

    def forget(self) -> None:
        """Drop every picture, encoding and enrolled face. What still runs ends. A gallery that is
        kept for whoever comes back stays in memory for as long as that.
        """
        store, cache, kept = self._store, self.cache, bool(self.finished_as)
        forgotten = self.forgotten or store is not None
        try:
            super().forget()
        finally:
            self.forgotten = forgotten
            cache.clear()
            if store is not None and not kept:
                store.close()
