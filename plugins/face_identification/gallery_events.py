"""What the events of the gallery's part do: many people at once, corrections, import and export,
forgetting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from plugins.face_identification import figures
from plugins.face_identification import reencode as again
from plugins.face_identification.desk import SHOWN, Desk
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

STOPPING = "<p class='pv-model'>Stopping…</p>"
STARTING = "<p class='pv-model'>Starting…</p>"


class GalleryEvents:
    """The handlers of the gallery's part.

    Every handler that changes something returns a message, the choices of people, and all that the
    first part shows.
    """

    def __init__(self, desk: Desk):
        self.desk, self.runs = desk, Runs(desk.ctx)

    def choices(self, session: Session, *values: Any) -> tuple:
        """The people to choose from; nobody is chosen, and no photo is ticked."""
        session.picked = ()
        try:
            _, _, gallery = self.desk.desk(session, *values)
            names = list(gallery.people())
        except ParagoneError:
            names = []
        return gr.Dropdown(names, value=None), gr.Dropdown(names, value=None), ""

    def _after(self, said: str, session: Session, *values: Any, person: str = "") -> tuple:
        """A message, the choices, and everything that the first part shows."""
        first, second, photos = self.choices(session, *values)
        return said, first, second, photos, *self.desk.refresh(session, *values)

    def _failed(self, error: ParagoneError) -> tuple:
        """What was wrong; everything else stays."""
        return error_card(error), *(gr.skip(),) * (3 + SHOWN)

    def person(self, person: str | None, session: Session, *values: Any) -> str:
        session.picked = ()
        if not person:
            return ""
        try:
            return figures.chips_of(self.desk.desk(session, *values)[2].faces(person))
        except ParagoneError as error:
            return error_card(error)

    def tick(self, event: gr.EventData, session: Session) -> None:
        session.picked = tuple(map(str, event.ids))

    def _corrected(self, session: Session, values: tuple, act: Callable[[Gallery], str]) -> tuple:
        """Do one correction and say so; `act` gets the gallery and returns the words."""
        try:
            said = act(self.desk.desk(session, *values)[2])
        except ParagoneError as error:
            return self._failed(error)
        return self._after(said, session, *values)

    def rename(self, person: str, other: str, new: str, session: Session, *values: Any) -> tuple:
        def act(gallery: Gallery) -> str:
            gallery.rename(_chosen(person), new)
            return figures.said(f"{person} is now called {new.strip()}")

        return self._corrected(session, values, act)

    def merge(self, person: str, other: str, new: str, session: Session, *values: Any) -> tuple:
        def act(gallery: Gallery) -> str:
            gallery.merge(_chosen(other, "Another person"), into=_chosen(person))
            return figures.said(f"{person} and {other} are one person now, called {person}")

        return self._corrected(session, values, act)

    def split(self, person: str, other: str, new: str, session: Session, *values: Any) -> tuple:
        def act(gallery: Gallery) -> str:
            gallery.split_off(session.picked, new)
            return figures.said(f"The ticked photos of {person} are now {new.strip()}'s")

        return self._corrected(session, values, act)

    def drop(self, person: str, other: str, new: str, session: Session, *values: Any) -> tuple:
        def act(gallery: Gallery) -> str:
            if not session.picked:
                raise ParagoneError("No photo is ticked", todo="Choose a person, tick photos.")
            return self.desk.forget(session, gallery, session.picked)

        return self._corrected(session, values, act)

    def everybody(self, sure: bool, session: Session, *values: Any) -> tuple:
        def act(gallery: Gallery) -> str:
            if not sure:
                todo = "Tick “Yes, delete everybody” first."
                raise ParagoneError("Nothing was deleted", todo=todo)
            return self.desk.forget(session, gallery, None)

        return False, *self._corrected(session, values, act)

    def export(self, folder: Path, session: Session, *values: Any) -> Path:
        gallery = self.desk.desk(session, *values)[2]
        path = folder / "gallery.zip"
        session.files.append(path)
        export_gallery(gallery, path)
        return path

    def bring_back(self, upload: Upload | None, session: Session, *values: Any) -> tuple:
        def act(gallery: Gallery) -> str:
            with upload.taken() as path:
                export = read_export(path, self.desk.ctx.limits)
            try:
                written = import_into(gallery, export)
            except OtherNetwork:
                if not export.pictures_kept:
                    raise
                # Nothing is lost: the faces are kept as that network's until they are encoded.
                space = replace(export.space, namespace=gallery.space.namespace)
                written = import_into(Gallery(gallery.store, space), export)
                words = f"{written.new} faces imported, encoded by {space.network}"
                more = Markup("<p>“Encode again” makes them known to the chosen network.</p>")
                return figures.said(words, more, warning=True)
            return figures.said(f"{written.new} faces imported, {written.known} were known")

        if upload is None:
            return (gr.skip(),) * (5 + SHOWN)
        return None, *self._corrected(session, values, act)

    # --- long work --------------------------------------------------------------------------

    def many(
        self,
        upload: Upload | None,
        keep: bool,
        gate: bool,
        session: Session,
        *values: Any,
    ) -> Iterator[tuple]:
        """Enrol a labelled set; the visitor can stop it, and what was enrolled stays."""
        if upload is None:
            yield (gr.skip(),) * (7 + SHOWN)
            return

        def steps() -> Iterator[Step | Report]:
            limits = self.desk.ctx.limits
            with upload.taken() as path:
                _, network, gallery = self.desk.desk(session, *values)
                with open_labelled(path, limits) as labelled:
                    yield from enrol_set(
                        labelled,
                        gallery,
                        self.desk.finder(network.card.name),
                        network,
                        limits,
                        keep_pictures=keep,
                        gate=gate,
                        stop=lambda: session.stopped,
                    )

        for shown in self._run(session, values, steps()):
            yield None, *shown

    def encode_again(self, session: Session, *values: Any) -> Iterator[tuple]:
        """Encode the kept pictures for the chosen network."""

        def steps() -> Iterator[Step | Report]:
            _, network, gallery = self.desk.desk(session, *values)
            yield from again.encode_again(gallery, network, stop=lambda: session.stopped)

        yield from self._run(session, values, steps())

    def _run(
        self, session: Session, values: tuple, steps: Iterator[Step | Report]
    ) -> Iterator[tuple]:
        still, idle = (gr.skip(),) * (4 + SHOWN), gr.Button(interactive=False)
        try:
            with self.runs.open(session, "Work on the gallery is going on") as ticket:
                yield gr.Button(interactive=True), STARTING, *still
                for step in steps:
                    if ticket.stopped:
                        session.stop()  # It ends with a report of what was done.
                    if isinstance(step, Report):
                        said = figures.report(step)
                        yield idle, "", *self._after(said, session, *values)
                        return
                    words = (
                        f"{step.done} of {step.total} pictures: {step.new} enrolled, "
                        f"{step.known} known before, {step.refused} refused"
                    )
                    yield gr.skip(), progress(step.done, step.total, words, step.latest), *still
        except ParagoneError as error:
            button = gr.skip() if session.running else idle
            yield button, "", *self._after(error_card(error), session, *values)

    def stop(self, session: Session) -> tuple:
        """Ask the work to end; it does so at its next step and says so itself."""
        session.stopped = True
        return gr.Button(interactive=False), STOPPING


def _chosen(person: str | None, field: str = "Person") -> str:
    if not person:
        raise ParagoneError("Nobody is chosen", where=field, todo="Choose somebody from the list.")
    return person
