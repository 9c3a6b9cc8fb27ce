"""An unsorted folder: its unknown faces are grouped, and named a group at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from plugins.face_identification import figures
from plugins.face_identification.doctor_events import FRAME
from plugins.face_identification.error_rates import basis
from plugins.face_identification.grouping import FMR
from plugins.face_identification.model import comparisons
from plugins.face_identification.page_state import threshold_in_use
from plugins.face_identification.people_page import people_page
from plugins.face_identification.services import Services
from plugins.face_identification.session import Session
from plugins.face_identification.unsorted import Unsorted, read_unsorted
from plugins.shared.faces.gallery.enrolment import check_room
from plugins.shared.faces.gallery.names import person_name
from plugins.shared.faces.view import left_out
from plugins.shared.files.zip_files import files_in_zip
from plugins.shared.page.html_parts import error_card, jpeg_uri, progress
from plugins.shared.page.runs import Runs
from plugins.shared.page.widgets import Upload
from weights.errors import ParagoneError
from weights.messages import say

SHOWN = 60
"""Groups on the page at once, and faces of a group; the others follow as these are named."""


class GroupEvents:
    """The handlers; each gives what changes by the names of `GalleryTab.parts`."""

    def __init__(self, services: Services):
        self.services, self.runs = services, Runs(services.ctx)

    def bring(
        self, upload: Upload | None, keep: bool, session: Session, *values: Any
    ) -> Iterator[dict]:
        """Read an unsorted zip."""
        if upload is None:
            yield {}
            return
        services, limits = self.services, self.services.ctx.limits
        try:
            with upload.taken() as path, self.runs.open(session) as ticket:
                settings, network, gallery = services.chosen(session, *values)
                known, own = basis(network.card), basis(network.card, session.lab)
                templates = comparisons(gallery.count(), "all")
                tau, _ = threshold_in_use(settings, own, templates)
                apart = known.pairs.threshold_for_fmr(FMR) if known.pairs else tau
                find = services.finder(network.card.name)
                with files_in_zip(path, limits) as entries:
                    for step in read_unsorted(
                        entries, find, network, gallery, limits, tau, apart, keep
                    ):
                        if isinstance(step, Unsorted):
                            session.unsorted = step
                        elif ticket.stopped:
                            break
                        elif ticket.due(FRAME):
                            words = say(
                                "{done} of {total} pictures, {n} faces",
                                done=step[0],
                                total=step[1],
                                n=step[2],
                            )
                            yield {"groups": progress(*step[:2], words)}
        except ParagoneError as error:
            yield {"unsorted": None, "groups": error_card(error)}
            return
        yield {"unsorted": None, "groups": shown(session.unsorted)}

    def name(self, event: gr.EventData, session: Session, *values: Any) -> dict:
        """Enrol a group, but for the faces that were unticked, under a name."""
        try:
            person, out = person_name(str(event.name)), set(map(str, event.out))
            gallery = self.services.chosen(session, *values)[2]
            check_room(gallery)
            groups = session.unsorted.groups
            chosen = next((g for g in groups if g[0].id == str(event.group)), ())
            rows = [replace(row, person=person) for row in chosen if row.id not in out]
            if not rows:
                what, todo = "No face is ticked", "Tick those that show this person."
                raise ParagoneError(what, where=person, todo=todo)
            gallery.enrol(rows)
            session.changed(gallery)
        except ParagoneError as error:
            return {"said": error_card(error)}
        taken = {row.id for row in rows}
        left = (tuple(row for row in group if row.id not in taken) for group in groups)
        session.unsorted = replace(session.unsorted, groups=tuple(filter(None, left)))
        name = gallery.known([person])[person]
        words = say(
            "{n} faces of {name} enrolled", "{n} face of {name} enrolled", n=len(rows), name=name
        )
        page = people_page(session, gallery)
        return {"said": figures.said(words), "groups": shown(session.unsorted), "page": page}


def shown(found: Unsorted) -> Markup:
    """The groups, each with a field for a name."""
    lines = []
    if found.known:
        words = say(
            "{n:,} faces are of people who are enrolled: {names}",
            "{n} face is of somebody who is enrolled: {names}",
            n=found.known.total(),
            names=", ".join(f"{name} ({n})" for name, n in found.known.most_common(8)),
        )
        lines.append(words)
    faces = sum(map(len, found.groups))
    if faces:
        words = "{faces:,} unknown faces in {n:,} groups"
        lines.append(say(words, faces=faces, n=len(found.groups)))
    head = Markup().join(Markup("<p>{}</p>").format(line) for line in lines)
    forms = Markup().join(_group(group) for group in found.groups[:SHOWN])
    return head + forms + left_out(found.skipped, "Left out: {n}")


def _group(group: tuple) -> Markup:
    faces = Markup().join(
        Markup(
            '<button type="button" class="fp-photo" data-face="{id}" aria-pressed="true" '
            'title="{label}" aria-label="{label}"><img src="{uri}" alt=""></button>'
        ).format(id=row.id, label=row.label, uri=jpeg_uri(row.chip))
        for row in group[:SHOWN]
    )
    return Markup(
        '<form class="fg-group" data-group="{id}"><div class="fg-faces">{faces}</div>'
        '<span class="fp-quiet">{count}</span>'
        '<input name="name" list="fp-names" maxlength="80" autocomplete="off" '
        'placeholder="{label}" aria-label="{label}"><button>{enrol}</button></form>'
    ).format(
        id=group[0].id,
        faces=faces,
        count=say("{n} faces", "{n} face", n=len(group)),
        label="Who is this?",
        enrol="Enrol",
    )
