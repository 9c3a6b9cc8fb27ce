"""The doctor's handler: the gallery is read, the kept pictures are judged, the report is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from plugins.face_identification import doctor_view
from plugins.face_identification.doctor import MOST, check
from plugins.face_identification.error_rates import Basis, basis
from plugins.face_identification.model import comparisons
from plugins.face_identification.page_state import threshold_in_use
from plugins.face_identification.services import Services
from plugins.face_identification.session import Session
from plugins.shared.faces.gallery.crops import restore
from plugins.shared.faces.gallery.stores.contract import Enrolment
from plugins.shared.faces.quality import Fault, judge
from plugins.shared.page.html_parts import error_card, progress
from plugins.shared.page.runs import Runs
from weights.errors import ParagoneError
from weights.messages import say

LOOSE_FMR = 0.001
"""A photo farther from its person's others than this share of strangers is like a stranger's."""
STOPPED = "<p class='pv-model'>Stopped. Nothing was checked.</p>"
FRAME = 0.5
"""Seconds between two drawings of the progress."""


class DoctorEvents:
    """The handler of “Does my gallery work?”."""

    def __init__(self, services: Services):
        self.services, self.runs = services, Runs(services.ctx)

    def examine(self, session: Session, *values: Any) -> Iterator[dict]:
        """Check the chosen gallery as the chosen network sees it."""
        idle = {"stop": gr.Button(interactive=False)}
        try:
            settings, network, gallery = self.services.chosen(session, *values)
            known, counts = basis(network.card), gallery.count()
            if counts.index_rows > MOST:
                what = say("The gallery has {n:,} photos", n=counts.index_rows)
                todo = say("Up to {most:,} can be checked together.", most=MOST)
                raise ParagoneError(what, where="gallery", todo=todo)
            own = basis(network.card, session.lab)
            tau, _ = threshold_in_use(settings, own, comparisons(counts, "all"))
            with self.runs.open(session, "Work on the gallery is going on") as ticket:
                rows, faults = list(gallery.rows()), {}
                yield {"stop": gr.Button(interactive=True)}
                for done in judged(rows, faults):
                    if ticket.stopped:
                        yield {"report": STOPPED, **idle}
                        return
                    if ticket.due(FRAME):
                        words = say("{done} of {total} photos", done=done, total=len(rows))
                        yield {"report": progress(done, len(rows), words)}
                loose = max(tau, loose_threshold(known, tau))
                found = check(rows, known.metric, tau, loose, faults)
        except ParagoneError as error:
            yield {"report": error_card(error)} | ({} if session.running else idle)
            return
        chips = gallery.chips(doctor_view.faces_shown(found))
        yield {"report": doctor_view.report(found, chips, tau), **idle}

    def stop(self, session: Session) -> dict:
        """Ask the check to end; it does so at its next photo and says so itself."""
        session.stopped = True
        return {"stop": gr.Button(interactive=False)}


def judged(rows: list[Enrolment], faults: dict[str, tuple[Fault, ...]]) -> Iterator[int]:
    """Judge the kept pictures one by one into `faults`; how many rows are done."""
    for done, row in enumerate(rows, 1):
        if row.picture:
            try:
                faults[row.id] = judge(*restore(row.picture, row.landmarks, row.label))
            except ParagoneError:
                pass  # Of an earlier detector: it was judged when it was enrolled.
        yield done


def loose_threshold(known: Basis, tau: float) -> float:
    """Where a photo becomes like a stranger's."""
    return known.pairs.threshold_for_fmr(LOOSE_FMR) if known.pairs else tau
