"""The named endpoint of the task: a whole run, for callers from code."""

from __future__ import annotations

import gradio as gr

from plugins.shared.page.endpoint import enter, finish
from plugins.shared.page.widgets import Upload, ZipInput
from plugins.triplet_finetuning.data.sources import BROUGHT, DIGITS, bring, pictures_for
from plugins.triplet_finetuning.events import RUN, Events
from plugins.triplet_finetuning.export.adopt import keep
from plugins.triplet_finetuning.session import Session
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.run import Run


def build_endpoint(events: Events) -> None:
    """Pictures and settings in, figures and the network's name out; the page's own session is not
    touched.
    """

    def triplet_finetuning(pictures: Upload | None = None, settings: str = "{}") -> dict:
        """Fine-tune an encoder with triplet loss, and keep it for an hour without use.

        Args:
            pictures: A zip with one folder an identity; none: the built-in handwritten digits.
            settings: A JSON object with fields of the settings, such as {"steps": 100, "mining":
                "semihard", "backbone": "dlib_resnet.faces_v1", "margin": 0.2, "seed": 0}.

        Returns:
            model (the name under which the face tasks take it, and the key to it), before and
            after (recall, one_shot, eer on identities never trained on: a number or [value, low,
            high]), identities, pictures, best_step, steps, seconds, note
            (why it ended before its time; empty where it did not), settings.
        """
        session = Session()
        try:
            with events.runs.open(session) as ticket:
                wanted = Settings.from_json(settings, '{"steps": 100}')
                events.runs.check(wanted)
                if pictures is not None:
                    with ticket.preparing():
                        bring(pictures, session, events.ctx.limits)
                source = DIGITS if pictures is None else BROUGHT
                _, found = finish(ticket, pictures_for(events, session, source, "", wanted))
                ticket.whole()
                run = Run(wanted, *found, events.copy_of(wanted), theatre=False)
                finish(ticket, run.advance(), lambda: run.remaining)
                session.run, session.outcome = run, run.finish()
                session.public = DIGITS if source == DIGITS else ""
                ticket.check()
                return {
                    "model": keep(events.ctx, run, session.outcome, session.public),
                    **session.outcome.report.figures(),
                    "best_step": session.outcome.best,
                    "steps": run.learnt,
                    "seconds": round(session.outcome.seconds, 2),
                    "note": ticket.note,
                    "settings": wanted.plain(),
                }
        finally:
            session.forget()

    with gr.Group(visible=False):
        given = [ZipInput(label="pictures"), gr.Textbox("{}", label="settings")]
        enter(triplet_finetuning, given, RUN)
