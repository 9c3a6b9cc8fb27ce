"""The Siamese head's part of the page: logistic regression on pairs of encodings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from markupsafe import Markup

from plugins.shared.page.help_panel import in_both
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, html
from plugins.triplet_finetuning.events import RUN, Events
from plugins.triplet_finetuning.recorded import recorded
from plugins.triplet_finetuning.session import Session
from plugins.triplet_finetuning.training.pair_classifier import Comparison, telling
from plugins.triplet_finetuning.views import pair_head as head_view
from plugins.triplet_finetuning.views import theatre as frames
from weights.errors import ParagoneError

HELP = Path(__file__).with_name("help")
OWN, OPENING = "Of your run.", "Of the run that the page opened with."
LOGISTIC = [("|f(i) − f(j)|", "difference"), ("χ²", "chi_square")]


class HeadTab:
    """Components and events of the Siamese head."""

    def __init__(self, events: Events, session: gr.State, runs: Sequence[Any]):
        """Build into the open tab.

        Args:
            runs: Events after which another run is on screen.
        """
        self.events, self.session = events, session
        in_both(HELP, "siamese_head.")
        with gr.Row():
            self.kind = gr.Radio(LOGISTIC, value="difference", label="Features", elem_id="sh-kind")
            self.genuine = gr.Button("Another pair of one identity", elem_id="sh-genuine")
            self.impostor = gr.Button("Another pair of two", elem_id="sh-impostor")
            self.learn = gr.Button("Learn from my run", variant="primary", elem_id="sh-learn")
        self.pair = html(elem_id="sh-pair")
        self.table = html(elem_id="sh-table")
        self.reliability = html(elem_id="sh-reliability")
        shown = {"pair": self.pair, "table": self.table, "reliability": self.reliability}
        given = [session, self.kind]
        self.learn.click(**named(self._learn, shown), inputs=given, **RUN)
        self.kind.input(self._pair, given, [self.pair], **HIDDEN)
        for button, same in ((self.genuine, True), (self.impostor, False)):
            draw = self._drawn(same)
            button.click(draw, given, [self.pair], **HIDDEN)
        for event in runs:
            event.then(**named(self._shown, shown), inputs=given, **HIDDEN)

    def _learn(self, session: Session, kind: str) -> dict:
        """Fit the heads on the encodings of the visitor's own run."""
        try:
            if session.run is None or session.outcome is None:
                todo = "Train an encoder in the first part; then its pairs can be learnt from."
                raise ParagoneError("There is no run of yours yet", todo=todo)
            session.heads = session.run.heads(session.outcome)
        except ParagoneError as error:
            return {"table": error_card(error)}
        return self._shown(session, kind)

    def _drawn(self, same: bool) -> Any:
        def draw(session: Session, kind: str) -> str:
            return self._pair(session, kind, same, np.random.default_rng())

        return draw

    def _pair(
        self,
        session: Session,
        kind: str,
        same: bool = True,
        rng: np.random.Generator | None = None,
    ) -> str:
        """A pair of held-out pictures; one that teaches unless chance is given."""
        comparison, held, encodings = self._what(session)
        heads = {head.kind: head for head in comparison.heads}
        if rng is None:
            first, second = telling(heads[kind], heads["distance"], encodings, held.labels)
            return head_view.pair(held, encodings, first, second, heads[kind], heads["distance"])
        first = int(rng.integers(len(held)))
        alike = held.labels == held.labels[first]
        alike[first] = False
        others = np.flatnonzero(alike if same else held.labels != held.labels[first])
        heads = {head.kind: head for head in comparison.heads}
        second = int(rng.choice(others))
        return head_view.pair(held, encodings, first, second, heads[kind], heads["distance"])

    def _shown(self, session: Session, kind: str) -> dict:
        """A pair and the figures of the visitor's own heads, or of the recorded run's."""
        comparison = self._what(session)[0]
        whose = OWN if comparison is session.heads else OPENING
        plots = Markup('<div class="pv-plots tf-plots">{}</div>')
        return {
            "pair": self._pair(session, kind),
            "table": frames.said(whose) + head_view.table(comparison),
            "reliability": plots.format(head_view.reliability(comparison)),
        }

    def _what(self, session: Session) -> tuple[Comparison, Any, np.ndarray]:
        """The visitor's own heads, or else those of the recorded run."""
        if session.heads is not None and session.run is not None and session.outcome is not None:
            return session.heads, session.run.held_out, session.outcome.after
        run = recorded()
        return run.heads, run.held_out, run.after
