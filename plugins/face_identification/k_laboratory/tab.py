"""The K laboratory's part of the page: how errors grow with K, measured beside predicted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from plugins.face_identification import figures
from plugins.face_identification.error_rates import basis, threshold_for
from plugins.face_identification.k_laboratory.k_curve import Replicates
from plugins.face_identification.k_laboratory.laboratory import KSurvey, survey
from plugins.face_identification.k_laboratory.plots import k_lab, k_text
from plugins.face_identification.k_laboratory.stored import StoredKCurve
from plugins.face_identification.services import Services
from plugins.face_identification.session import Session
from plugins.shared.faces.view import left_out, survey_progress
from plugins.shared.faces.widgets import network_choice, send_moves, set_input, threshold
from plugins.shared.files.image_folder import open_labelled
from plugins.shared.files.zip_files import readings_of
from plugins.shared.page.archive_names import ArchiveNames
from plugins.shared.page.finished import Finished
from plugins.shared.page.help_panel import in_both
from plugins.shared.page.html_parts import asset, error_card, progress, script
from plugins.shared.page.parts import named
from plugins.shared.page.report import report_button
from plugins.shared.page.runs import Runs
from plugins.shared.page.widgets import HIDDEN, NETWORK, Upload, apart, download, html
from weights.errors import ParagoneError
from weights.messages import say, spoken

CHANNEL = "k-laboratory"
READING = 0.9
"""Share of a survey in which pictures are read and encoded; then galleries are searched."""
START = "<p class='pv-model'>Opening the set…</p>"
STOPPING = "<p class='pv-model'>Stopping…</p>"
STOPPED = "<p class='pv-model'>Stopped. Nothing was kept.</p>"
HELP = Path(__file__).parents[1] / "help"


class KTab:
    """The components and events of the K laboratory.

    Attributes:
        surveyed: The events after which a set of the visitor's own may have been measured.
    """

    def __init__(self, services: Services, session: gr.State, finished: Finished):
        """Build into the open tab."""
        self.services, self.session = services, session
        self.runs = Runs(services.ctx)
        in_both(HELP, "k_laboratory.")
        with gr.Row():
            self.tau = threshold("euclidean", 0.6, CHANNEL, "k-tau")
            self.k = gr.Slider(1, 40, 20, step=1, label="Enrolled people, K", elem_id="k-k")
            send_moves(self.k, "k", CHANNEL)
        self.plots = html(
            {},
            html_template='<div class="fk-lab"></div>',
            js_on_load=script(asset("axes.js") + figures.asset("k_lab.js"), CHANNEL),
            elem_id="k-plots",
        )
        self.state = html(elem_id="k-state", render=False)
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                self.upload = set_input(services.ctx.limits.upload_bytes, "k-zip")
                self.names = ArchiveNames(
                    self.upload, partial(readings_of, limits=services.ctx.limits)
                )
            with gr.Column(scale=2, min_width=280):
                self.model = network_choice(services, "k-model")
                self.stop = gr.Button("Stop", elem_id="k-stop", interactive=False)
                self.model_apart = apart("k-model")
                inputs = [session, self.model, self.tau]
                download("The figures at this τ as text", self._write, inputs, "k-text")
                report_button(
                    "Everything as one HTML file",
                    self.state,
                    [self.model, self.tau, self.k],
                    [self.state, self.plots],
                    "k-report",
                )
        self.state.render()
        self._wire(finished)

    @property
    def parts(self) -> dict[str, Any]:
        """What the events change, by name."""
        names = ("model", "model_apart", "state", "tau", "k", "plots", "upload", "stop")
        return {name: getattr(self, name) for name in names}

    def _wire(self, finished: Finished) -> None:
        given, parts = [self.session, self.model], {**self.parts, "finished": finished.name}
        survey = finished.after(self._on_upload)
        self.surveyed = self.names.wire(survey, parts, [self.upload, *given], **NETWORK)
        self.stop.click(**named(self._on_stop, parts), inputs=[self.session], **HIDDEN)
        self.model.input(**named(self._show, parts), inputs=given, **HIDDEN)

    def _measured(self, session: Session, model: str) -> StoredKCurve | None:
        """The visitor's own set, if it was surveyed with this network; else the stored one."""
        return basis(self.services.card(model), session.lab).growth

    def opened(self, session: Session) -> dict:
        """What the page opens with: a survey that was finished before, or what is on record."""
        if session.survey.running:
            return {}
        model = session.lab.model if session.lab else self.services.default
        try:
            return {"model": model, **self._show(session, model)}
        except ParagoneError as error:  # The network of that survey is gone.
            return {"state": error_card(error)}

    def _show(self, session: Session, model: str) -> dict:
        """Draw what was measured with a network."""
        card = self.services.card(model)
        known = basis(card, session.lab)
        stored = known.growth
        k = min(20, stored.curve.reach) if stored else 20
        tau = threshold_for(known, k)[0]
        longest = float(stored.curve.taus[-1]) if stored else 2.0
        slider = gr.Slider(maximum=round(longest, 3), value=round(tau, 3))
        most = gr.Slider(maximum=int(stored.curve.ks[-1]) if stored else 40, value=k)
        plots = k_lab(stored, round(tau, 3), k, card.title)
        own = session.lab is not None and session.lab.model == model
        state = {} if session.survey.running else {"state": _summary(session.lab) if own else ""}
        return {"tau": slider, "k": most, "plots": plots, **state}

    def _write(self, folder: Path, session: Session, model: str, tau: float) -> Path:
        stored = self._measured(session, model)
        if stored is None:
            todo = "Bring a set, or choose another network."
            raise ParagoneError("Nothing was measured with this network", todo=todo)
        path = folder / "k_laboratory.txt"
        session.files.append(path)
        path.write_text(spoken(k_text(stored, tau)) + "\n", encoding="utf-8")
        return path

    def _on_upload(self, upload: Upload | None, session: Session, model: str) -> Iterator[dict]:
        """Survey a set; every step redraws the progress, so the visitor can stop it."""
        if upload is None:
            yield {}
            return
        idle, limits = gr.Button(interactive=False), self.services.ctx.limits
        end = {"stop": idle, "state": STOPPED}
        try:
            with (
                upload.taken() as path,
                self.runs.open(session.survey, "A survey of yours is going on") as ticket,
            ):
                yield {"upload": None, "stop": gr.Button(interactive=True), "state": START}
                with open_labelled(path, limits, upload.encoding) as labelled:
                    network, finder = self.services.network(model), self.services.finder(model)
                    steps = survey(labelled, finder, network, session.cache, limits)
                    for step in ticket.steps(steps):
                        if isinstance(step, KSurvey):
                            session.lab = step
                            end |= {**self._show(session, model), "state": _summary(step)}
                        elif not isinstance(step, Replicates):
                            yield {"state": survey_progress(step, READING)}
                        elif step.done % 20 == 0:
                            words = "{done} of {total} random orders of the people searched"
                            words = say(words, done=step.done, total=step.total)
                            share = READING + (1 - READING) * step.done / step.total
                            yield {"state": progress(share, 1, words)}
        except ParagoneError as error:
            button = {} if session.survey.running else {"stop": idle}
            yield {"upload": None, "state": error_card(error), **button}
            return
        yield end

    def _on_stop(self, session: Session) -> dict:
        """Ask the survey to end; it does so at its next step and says so itself."""
        session.survey.stop()
        return {"stop": gr.Button(interactive=False), "state": STOPPING}


def _summary(found: KSurvey) -> str:
    """What was surveyed, and what was left out."""
    curve = found.stored.curve
    words = say("Measured: {faces} faces, {people} people", faces=curve.faces, people=curve.people)
    return figures.said(words, left_out(found.skipped))
