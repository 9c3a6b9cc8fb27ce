"""A pair of the laboratory, opened in the compare part."""

from __future__ import annotations

import gradio as gr

from plugins.face_verification import plots
from plugins.face_verification.events import Events, starts_at
from plugins.face_verification.lab_tab import Laboratory
from plugins.face_verification.model import Session, curves_for
from plugins.shared.faces.distances import METRICS
from weights.errors import ParagoneError
from weights.messages import say


class PairEvents:
    """The handler of both rows of pairs; it gives what changes as those of `Events` do."""

    def __init__(self, events: Events, laboratory: Laboratory):
        self.events, self.laboratory = events, laboratory

    def compare(
        self, event: gr.EventData, session: Session, model: str, metric: str, tau: float
    ) -> dict:
        """Both faces of a pair, with the laboratory's network, distance, curve and tau. Their
        encodings are those of the survey, so that the distance is the same.

        Raises:
            ParagoneError: The set is no longer kept, or has no such pair.
        """
        lab = self.laboratory.lab(session, model)
        chosen = [getattr(event, name, None) for name in ("first", "second")]
        if lab is None or not all(type(i) is int and i in lab.originals for i in chosen):
            todo = "Bring the zip or folder again."
            raise ParagoneError("This pair is no longer kept", todo=todo)
        network = self.events.network(lab.model)
        for side, i in zip("ab", chosen, strict=True):
            subject = session.subjects[side] = lab.originals[i]()
            key = (subject.picture.digest, subject.face.box, network.origin.name, network.revision)
            session.cache.put(key, lab.encodings[i])
        session.missed.clear()
        session.model, title = lab.model, lab.curve.title
        curve = lab.curve.by_metric[metric]
        slider = gr.Slider(
            maximum=plots.reach(curve, METRICS[metric].top),
            step=METRICS[metric].step,
            value=tau,
            info=starts_at(tau, say("as in the laboratory")),
        )
        known = curves_for(self.events.card(lab.model), session.lab)
        return {
            "model": lab.model,
            "metric": metric,
            "tau": slider,
            "measured_on": gr.Dropdown(choices=[*known], value=title),
            **{f"view_{side}": self.events.view(session, side, lab.model) for side in "ab"},
            **self.events.refresh(session, lab.model, metric, tau, title),
        }
