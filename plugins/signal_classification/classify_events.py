"""Which network answers, which signals it is asked about, and what it says. How it looks is in
`views.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from plugins.shared.classification.views import said
from plugins.shared.page.html_parts import error_card
from plugins.shared.page.widgets import Upload
from plugins.signal_classification.answering import BEATS, WINDOWS, classified, packaged, take_test
from plugins.signal_classification.data.reading import Asked
from plugins.signal_classification.session import Answering, Brought, Pool, Session, pool_of
from plugins.signal_classification.views import html as views
from plugins.signal_classification.views.opening import opening
from plugins.signal_classification.views.preview import preview
from plugins.signal_classification.views.strip import strip_view
from plugins.signal_classification.views.table import table
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.signal_classification.learning.trained import Trained
    from plugins.signal_classification.views.results import Shown

SHIPPED = "shipped"
DRAWN = 2000
"""Heights of a drawing that are taken, at most."""


class Asking:
    """The handlers that classify. Each gives the network's `card`, the `table` of signals, the
    `answer` and the `kernels` at work.
    """

    def __init__(self, ctx: Any):
        self.ctx = ctx

    def open(self, session: Session) -> dict:
        """The recorded beats, and how good the network is that comes with the page; or the network
        that the visitor trained before.
        """
        try:
            shown = self._all(session)
            if session.own is None:
                return shown
            mine = {"which": views.which(session), "keep": gr.Row(visible=True)}
            return {**shown, **mine, "status": session.made}
        except ParagoneError as error:
            return {"answer": error_card(error)}

    def use(self, session: Session, which: str) -> dict:
        """Let the visitor's own network answer, or the one that comes with the page."""
        if which != SHIPPED and which.isdigit() and int(which) < len(session.found):
            session.own = session.found[int(which)]
        session.asked_own = which != SHIPPED and session.own is not None
        session.pool = None
        if session.asked_own and session.own.test is not None:
            take_test(session)
        return self._all(session)

    def choose(self, event: gr.EventData, session: Session) -> dict:
        """Show one signal of the table."""
        return self.view(session, int(event.row))

    def brought(
        self, session: Session, upload: Upload | None, way: str, cut: str
    ) -> Iterator[dict]:
        """Show what a file was taken for, classify every signal of it, and show the first."""
        if upload is None:
            yield {}
        else:
            yield {"file": None, "answer": said("Reading…"), "kernels": None, "taken": ""}
            yield from self._ask(session, upload, way, cut)

    def read_anew(self, session: Session, way: str, cut: str) -> Iterator[dict]:
        """Read the table that was brought last in another way, and classify it."""
        kept = session.brought.get("signals")
        if kept is None:
            yield {}
        else:
            yield from self._ask(session, kept, way, cut)

    def _ask(
        self, session: Session, source: Upload | Brought, way: str, cut: str
    ) -> Iterator[dict]:
        from plugins.signal_classification.data.reader import read_signals

        try:
            with source.taken() as path:
                session.keep("signals", path, source.name)
                trained = self.trained(session)
                wanted = trained.form.channels
                found = read_signals(path, self.ctx.limits, wanted, Asked(way=way))
            yield {"taken": preview(found.reading)}
            session.pool = classified(trained, source.name, found, cut or self._usual(session))
        except ParagoneError as error:
            yield {"answer": error_card(error), "kernels": None}
        else:
            yield self.view(session, 0)

    def _usual(self, session: Session) -> str:
        """What is done with recordings: the network of the page knows heartbeats."""
        return WINDOWS if session.asked_own else BEATS

    def drawn(self, event: gr.EventData, session: Session) -> dict:
        """Classify what was drawn: heights 0..1 from left to right. In the table no signal is
        chosen then.
        """
        from plugins.signal_classification.learning.explain import explained

        heights = np.array([[float(v) for v in list(event.heights)[:DRAWN]]], np.float32)
        try:
            trained = self.trained(session)
            if trained.form.channels != 1:
                what = say(
                    "The network takes {channels} channels, and a drawing has one",
                    channels=trained.form.channels,
                )
                raise ParagoneError(what, todo="Bring a file, or train on a set of one channel.")
            shown = explained(trained, heights, "Your drawing")
        except ParagoneError as error:
            return {"answer": error_card(error)}
        pool = pool_of(session)
        chosen = {} if pool is None else {"table": table(pool, -1)}
        answer = views.answer(shown, self._where())
        return {**chosen, "answer": answer, "kernels": views.kernels(shown)}

    def bring_model(self, session: Session, upload: Upload | None) -> dict:
        """Let a network answer that was downloaded here before."""
        from plugins.signal_classification.downloads import read_model
        from plugins.signal_classification.wording import title_of

        if upload is None:
            return {}
        try:
            with upload.taken() as path:
                trained, about = read_model(path, self.ctx.limits)
        except ParagoneError as error:
            return {"model": None, "answer": error_card(error)}
        session.own = Answering(
            say("Your network: {title}", title=title_of(trained)),
            about.licence, about.data, trained,
            figures=about.figures,
        )  # fmt: skip
        session.found, session.asked_own, session.pool = (session.own,), True, None
        return {"model": None, "which": views.which(session), **self._all(session)}

    # --- what stands behind -------------------------------------------------------------------

    def answering(self, session: Session) -> Answering:
        """The network that answers now."""
        if session.asked_own and session.own is not None:
            return session.own
        known = opening()
        return Answering(known.title, known.licence, known.data, None, known.standing)

    def trained(self, session: Session) -> Trained:
        """The networks that answer now, loaded.

        Raises:
            ParagoneError: The packaged network is damaged.
        """
        return self.answering(session).trained or packaged()

    def _all(self, session: Session) -> dict:
        """What answers, shown with the first signal, and how good it is."""
        return {**self.view(session, 0), "results": views.results(self.answering(session))}

    def view(self, session: Session, row: int) -> dict:
        """Card, table, answer and kernels, with one signal shown."""
        pool = pool_of(session)
        strip = strip_view(pool) if pool is not None else ""
        card = {"card": views.card(self.answering(session)), "strip": strip}
        if pool is None:
            nothing = views.said("Bring a signal as a file, or draw one.")
            return {**card, "table": nothing, "answer": "", "kernels": None}
        row = min(max(row, 0), len(pool.names) - 1)
        try:
            found = pool.shown[row] if pool.shown else self._explained(session, pool, row)
        except ParagoneError as error:
            shown = {"answer": error_card(error), "kernels": None}
        else:
            where = say(opening().machine) if pool.shown else self._where()
            shown = {"answer": views.answer(found, where), "kernels": views.kernels(found)}
        return {**card, "table": table(pool, row), **shown}

    def _where(self) -> str:
        """Where a network has just run. What is learnt on another device comes back to the CPU."""
        return "cpu"

    def _explained(self, session: Session, pool: Pool, row: int) -> Shown:
        from plugins.signal_classification.learning.explain import explained

        return explained(self.trained(session), pool.series[row], pool.names[row], pool.truths[row])
