"""What the events of the gallery's part do: many people at once, import and export, forgetting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from plugins.face_identification import figures
from plugins.face_identification import reencode as again
from plugins.face_identification.page_state import refresh
from plugins.face_identification.people_events import PeopleEvents
from plugins.face_identification.services import Services, forget
from plugins.face_identification.session import Session
from plugins.shared.faces.gallery.enrol_set import Report, Step, enrol_set
from plugins.shared.faces.gallery.export import (
    OtherNetwork,
    export_gallery,
    import_into,
    read_export,
)
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.files.image_folder import open_labelled
from plugins.shared.page.html_parts import error_card, progress
from plugins.shared.page.runs import Runs
from plugins.shared.page.widgets import Upload
from weights.errors import ParagoneError
from weights.messages import say

STOPPING = "<p class='pv-model'>Stopping…</p>"
STARTING = "<p class='pv-model'>Starting…</p>"


class GalleryEvents:
    """The handlers of the gallery's part.

    Each gives what changes by the names of `GalleryTab.parts`: where the gallery was changed, a
    message, the people, and all that the first part shows.
    """

    def __init__(self, services: Services, people: PeopleEvents):
        self.services, self.people, self.runs = services, people, Runs(services.ctx)

    def _after(self, said: str, session: Session, *values: Any) -> dict:
        """A message, the people, and everything that the first part shows."""
        people = self.people.listed(session, *values)
        return {"said": said, **people, **refresh(self.services, session, *values)}

    def _corrected(self, session: Session, values: tuple, act: Callable[[Gallery], str]) -> dict:
        """Do one correction and say so; `act` gets the gallery and returns the words."""
        try:
            gallery = self.services.chosen(session, *values)[2]
            said = act(gallery)
        except ParagoneError as error:
            return {"said": error_card(error)}
        session.changed(gallery)
        return self._after(said, session, *values)

    def everybody(self, sure: bool, session: Session, *values: Any) -> dict:
        def act(gallery: Gallery) -> str:
            if not sure:
                todo = "Tick “Yes, delete everybody” first."
                raise ParagoneError("Nothing was deleted", todo=todo)
            return forget(session, gallery, None)

        return {"sure": False, **self._corrected(session, values, act)}

    def export(self, folder: Path, session: Session, *values: Any) -> Path:
        gallery = self.services.chosen(session, *values)[2]
        path = folder / "gallery.zip"
        session.files.append(path)
        export_gallery(gallery, path)
        return path

    def bring_back(self, upload: Upload | None, session: Session, *values: Any) -> dict:
        def act(gallery: Gallery) -> str:
            with upload.taken() as path:
                export = read_export(path, self.services.ctx.limits)
            try:
                written = import_into(gallery, export)
            except OtherNetwork:
                if not export.pictures_kept:
                    raise
                # Nothing is lost: the faces are kept as that network's until they are encoded.
                space = replace(export.space, namespace=gallery.space.namespace)
                written = import_into(Gallery(gallery.store, space), export)
                words = "{n} faces imported, encoded by {network}"
                words = say(words, n=written.new, network=space.network)
                more = Markup("<p>“Encode again” makes them known to the chosen network.</p>")
                return figures.said(words, more, warning=True)
            words = "{n} faces imported, {known} known before"
            return figures.said(say(words, n=written.new, known=written.known))

        if upload is None:
            return {}
        return {"imported": None, **self._corrected(session, values, act)}

    # --- long work --------------------------------------------------------------------------

    def many(
        self,
        upload: Upload | None,
        keep: bool,
        gate: bool,
        session: Session,
        *values: Any,
    ) -> Iterator[dict]:
        """Enrol a labelled set; the visitor can stop it, and what was enrolled stays."""
        if upload is None:
            yield {}
            return

        def steps() -> Iterator[Step | Report]:
            limits = self.services.ctx.limits
            with upload.taken() as path:
                _, network, gallery = self.services.chosen(session, *values)
                session.changed(gallery)
                with open_labelled(path, limits, upload.encoding) as labelled:
                    yield from enrol_set(
                        labelled,
                        gallery,
                        self.services.finder(network.card.name),
                        network,
                        limits,
                        keep_pictures=keep,
                        gate=gate,
                        stop=lambda: session.stopped,
                    )

        for shown in self._run(session, values, steps()):
            yield {"set": None, **shown}

    def encode_again(self, session: Session, *values: Any) -> Iterator[dict]:
        """Encode the kept pictures for the chosen network."""

        def steps() -> Iterator[Step | Report]:
            _, network, gallery = self.services.chosen(session, *values)
            session.changed(gallery)
            yield from again.encode_again(
                gallery, network, lambda: session.stopped, self.services.find_faces
            )

        yield from self._run(session, values, steps())

    def _run(
        self, session: Session, values: tuple, steps: Iterator[Step | Report]
    ) -> Iterator[dict]:
        idle = {"stop": gr.Button(interactive=False)}
        try:
            with self.runs.open(session, "Work on the gallery is going on") as ticket:
                yield {"stop": gr.Button(interactive=True), "state": STARTING}
                for step in steps:
                    if ticket.stopped:
                        session.stop()  # It ends with a report of what was done.
                    if isinstance(step, Report):
                        said = figures.report(step)
                        yield {**idle, "state": "", **self._after(said, session, *values)}
                        return
                    words = (
                        "{done} of {total} pictures: {new} enrolled, {known} known before, "
                        "{refused} refused"
                    )
                    words = say(words, **vars(step))
                    yield {"state": progress(step.done, step.total, words, step.latest)}
        except ParagoneError as error:
            button = {} if session.running else idle
            yield {**button, "state": "", **self._after(error_card(error), session, *values)}

    def stop(self, session: Session) -> dict:
        """Ask the work to end; it does so at its next step and says so itself."""
        session.stopped = True
        return {"stop": gr.Button(interactive=False), "state": STOPPING}
