"""What the events of the volume page do; how it looks is in `views`, `answers` and `plots`."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Any

import gradio as gr

from plugins.shared.classification.views import said
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from plugins.volume_classification.data.volume import MOST_VOXELS
from plugins.volume_classification.lesson.panel import LOOK, OWN, Panel, judge
from plugins.volume_classification.lesson.phantom import CLASSES, phantom
from plugins.volume_classification.opening import drawn, opened
from plugins.volume_classification.session import Session
from plugins.volume_classification.train_events import SEEDS, LearnEvents, choices
from plugins.volume_classification.views import html as views
from plugins.volume_classification.views import verdicts as answers
from plugins.volume_classification.views.sets import series
from plugins.volume_classification.views.viewer_data import scene
from weights.errors import ParagoneError
from weights.messages import say

MOST_PARTS, MOST_PART_VOXELS = 6, 3 * MOST_VOXELS
"""Of a file's volumes so many are kept at hand, and no more once these are full."""
NOTHING = "Choose a volume of the set, or bring one."


class Events:
    """The handlers of one page; those of the training are in `learning`."""

    def __init__(self, ctx: Any):
        self.ctx = ctx
        self.learning = LearnEvents(ctx)

    # --- the lesson ---------------------------------------------------------------------------

    def open(self, session: Session) -> dict:
        """The lesson as it was recorded, and what the visitor trained before."""
        trained = self.learning.trained(session) if session.has_finished else {}
        try:
            shown, session.phantom = opened()
        except ParagoneError as error:
            return {**trained, "lesson": error_card(error)}
        return {**trained, "lesson": shown}

    def warm(self) -> None:
        """Load the shipped networks while the visitor looks at the recorded lesson."""
        from plugins.volume_classification.lesson.packaged_panels import phantom_panel

        with suppress(ParagoneError):  # Anyone who asks for another phantom is told.
            phantom_panel()

    def another(self, session: Session) -> Iterator[dict]:
        """A phantom that nobody has seen yet, of either class."""
        label = secrets.randbelow(len(CLASSES))
        yield from self._lesson(session, secrets.randbelow(SEEDS), label)

    def twin(self, session: Session) -> Iterator[dict]:
        """The phantom with the same central slice and the other class."""
        seed, label = session.phantom or opened()[1]
        yield from self._lesson(session, seed, 1 - label)

    def _lesson(self, session: Session, seed: int, label: int) -> Iterator[dict]:
        from plugins.volume_classification.lesson.packaged_panels import phantom_panel

        yield {"lesson_note": said("Asking the networks…")}
        try:
            panel = phantom_panel()
            judged = judge(panel, phantom(seed, label))
            twin = judge(panel, phantom(seed, 1 - label)).verdicts
            shown = drawn(seed, label, judged, twin, panel.about)
        except ParagoneError as error:
            yield {"lesson_note": error_card(error)}
            return
        session.phantom = seed, label
        note = said(say("Phantom number {seed:,}, classified just now.", seed=seed))
        yield {"lesson": shown, "lesson_note": note}

    # --- looking and asking -------------------------------------------------------------------

    def known(self, session: Session, number: Any, asked: str) -> dict:
        """Look at a test volume of the set."""
        if session.test is None or number is None:
            return {}
        test, i = session.test, int(number)
        session.shown, session.truth = test.volume(i), test.classes[test.labels[i]]
        session.parts = []
        hidden = {"series": "", "part": gr.Dropdown([], value=None, visible=False)}
        return {**hidden, **self.answer(session, asked)}

    def brought(self, session: Session, upload: Upload | None, asked: str) -> dict:
        """Look at a volume of the visitor's own. Where it cannot be read, the former stays; where
        the file holds several, those after the first can be chosen.
        """
        from plugins.volume_classification.data.reader import parts_of

        if upload is None:
            return {}
        try:
            with upload.taken() as path, parts_of(path, self.ctx.limits) as parts:
                titles, found, voxels = [part.title for part in parts], [], 0
                for part in parts[:MOST_PARTS]:
                    with suppress(ParagoneError) if found else nullcontext():
                        found.append(part.read())
                        voxels += found[-1].values.size
                    if voxels > MOST_PART_VOXELS:
                        break
        except ParagoneError as error:
            return {"file": None, "trouble": error_card(error)}
        session.parts, session.shown, session.truth = found, found[0], ""
        several = len(titles) > 1
        choices = [(title, i) for i, title in enumerate(titles[: len(found)])]
        return {
            "file": None,
            "series": series(found, titles) if several else "",
            "part": gr.Dropdown(choices, value=0 if several else None, visible=several),
            **self.answer(session, asked),
        }

    def part(self, session: Session, number: Any, asked: str) -> dict:
        """Look at another volume of the same file."""
        if not isinstance(number, int) or not 0 <= number < len(session.parts):
            return {}
        session.shown, session.truth = session.parts[number], ""
        return self.answer(session, asked)

    def answer(self, session: Session, asked: str) -> dict:
        """What went wrong, what those who are asked say of the volume, and the viewer."""
        if (volume := session.shown) is None:
            return {"trouble": "", "answer": said(NOTHING)}
        only = {"answer": answers.unasked(volume), "look": views.viewer(scene(volume))}
        try:
            panel = self.panel(session, asked)
            judged = judge(panel, volume) if panel else None
        except ParagoneError as error:
            return {"trouble": error_card(error), **only}
        if judged is None:
            return {"trouble": "", **only}
        shown = views.viewer(scene(volume, judged.evidence), judged.verdicts[-1].answer)
        words = answers.answered(volume, panel, judged, session.truth)
        return {"trouble": "", "answer": words, "look": shown}

    def panel(self, session: Session, asked: str) -> Panel | None:
        """The networks of that name; None: the volume is only looked at.

        Raises:
            ParagoneError: There are none.
        """
        from plugins.volume_classification.lesson.packaged_panels import PANELS

        if asked == LOOK:
            return None
        if asked in PANELS:
            return PANELS[asked]()
        if session.own is None:
            raise ParagoneError("There are no networks of yours yet", todo="Train them first.")
        return session.own

    def load(self, session: Session, upload: Upload | None) -> dict:
        """Take networks that were downloaded here before. Where they cannot be used, those that
        are there stay.
        """
        from plugins.volume_classification.learning.zip_export import read_models

        if upload is None:
            return {}
        try:
            with upload.taken() as path:
                session.own = read_models(path, self.ctx.limits)
        except ParagoneError as error:
            return {"networks": None, "brought": error_card(error)}
        names = ", ".join(views.SHORT[kind] for kind in session.own.networks)
        words = said(say("These networks can be asked now: {names}.", names=names))
        return {"networks": None, "brought": words, "asked": choices(OWN)}
