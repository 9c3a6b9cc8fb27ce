"""The K laboratory's part of the page: how errors grow with K, measured beside predicted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.context import Context

from plugins.face_identification import figures
from plugins.face_identification.desk import Desk
from plugins.face_identification.error_rates import basis, threshold_for
from plugins.face_identification.k_laboratory.k_curve import Replicates
from plugins.face_identification.k_laboratory.laboratory import KSurvey, survey
from plugins.face_identification.k_laboratory.plots import k_lab, k_text
from plugins.face_identification.k_laboratory.stored import StoredKCurve
from plugins.face_identification.session import Session
from plugins.shared.faces.view import left_out, survey_progress
from plugins.shared.faces.widgets import network_choice, set_input, tell, threshold
from plugins.shared.files.image_folder import open_labelled
from plugins.shared.page.html_parts import asset, error_card, progress, script
from plugins.shared.page.runs import Runs
from plugins.shared.page.widgets import HIDDEN, NETWORK, Upload, download, html
from weights.errors import ParagoneError

CHANNEL = "k-laboratory"
STOPPED = "<p class='pv-model'>Stopped. Nothing was kept.</p>"
HOW = """
The larger the gallery, the more strangers find somebody who is near enough. Drag τ and K. Below is
what was measured with random galleries of **ORL**; bring a zip or folder of your own, with **one
folder a person** and two pictures or more of some, to measure that instead. It is read in memory
and deleted from the server when the survey ends.
"""


class KTab:
    """The components and events of the K laboratory."""

    def __init__(self, desk: Desk, session: gr.State):
        """Build into the open tab."""
        self.desk, self.session, self.runs = desk, session, Runs(desk.ctx)
        gr.Markdown(HOW)
        with gr.Row():
            self.tau = threshold("euclidean", 0.6, CHANNEL, "k-tau")
            self.k = gr.Slider(1, 40, 20, step=1, label="Enrolled people, K", elem_id="k-k")
            tell(self.k, "k", CHANNEL)
        self.plots = html(
            {},
            html_template='<div class="fk-lab"></div>',
            js_on_load=script(asset("axes.js") + figures.asset("k_lab.js"), CHANNEL),
            elem_id="k-plots",
        )
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                self.upload = set_input(desk.ctx.limits.upload_bytes, "k-zip")
            with gr.Column(scale=2, min_width=280):
                self.model = network_choice(desk, "k-model")
                self.stop = gr.Button("Stop", elem_id="k-stop", interactive=False)
                inputs = [session, self.model, self.tau]
                download("The figures at this τ as text", self._write, inputs, "k-text")
        self.state = html(elem_id="k-state")
        self._wire()

    def _wire(self) -> None:
        shown = [self.tau, self.k, self.plots]
        self.upload.upload(
            self._on_upload,
            [self.upload, self.session, self.model],
            [self.upload, self.stop, self.state, *shown],
            **NETWORK,
        )
        self.stop.click(self._on_stop, [self.session], [self.stop, self.state], **HIDDEN)
        self.model.input(self._show, [self.session, self.model], shown, **HIDDEN)
        Context.root_block.load(self._show, [self.session, self.model], shown, **HIDDEN)

    def _measured(self, session: Session, model: str) -> StoredKCurve | None:
        """The visitor's own set, if it was surveyed with this network; else the stored one."""
        if session.lab and session.lab.model == model:
            return session.lab.stored
        return basis(self.desk.card(model)).growth

    def _show(self, session: Session, model: str) -> tuple:
        """Draw what was measured with a network."""
        card = self.desk.card(model)
        stored, known = self._measured(session, model), basis(card)
        k = min(20, stored.curve.reach) if stored else 20
        tau = threshold_for(known, k)[0]
        if stored and stored is not known.growth:
            own = float(stored.curve.tau_at[stored.curve.ks.searchsorted(k), 0])
            tau = tau if np.isnan(own) else own  # NaN: strangers with the very same picture
        longest = float(stored.curve.taus[-1]) if stored else 2.0
        slider = gr.Slider(maximum=round(longest, 3), value=round(tau, 3))
        most = gr.Slider(maximum=int(stored.curve.ks[-1]) if stored else 40, value=k)
        return slider, most, k_lab(stored, round(tau, 3), k, card.title)

    def _write(self, folder: Path, session: Session, model: str, tau: float) -> Path:
        stored = self._measured(session, model)
        if stored is None:
            todo = "Bring a set, or choose another network."
            raise ParagoneError("Nothing was measured with this network", todo=todo)
        path = folder / "k_laboratory.txt"
        session.files.append(path)
        path.write_text(k_text(stored, tau) + "\n", encoding="utf-8")
        return path

    def _on_upload(self, upload: Upload | None, session: Session, model: str) -> Iterator[tuple]:
        """Survey a set; every step redraws the progress, so the visitor can stop it."""
        still = (gr.skip(),) * 3
        if upload is None:
            yield (gr.skip(),) * 6
            return
        idle, limits = gr.Button(interactive=False), self.desk.ctx.limits
        try:
            with (
                upload.taken() as path,
                self.runs.open(session.survey, "A survey of yours is going on") as ticket,
            ):
                start = "<p class='pv-model'>Opening the set…</p>"
                yield None, gr.Button(interactive=True), start, *still
                with open_labelled(path, limits) as labelled:
                    network = self.desk.network(model)
                    finder = self.desk.finder(model)
                    for step in survey(labelled, finder, network, session.cache, limits):
                        if ticket.stopped:
                            yield gr.skip(), idle, STOPPED, *still
                            return
                        if isinstance(step, KSurvey):
                            session.lab = step
                        elif isinstance(step, Replicates):
                            if step.done % 20 == 0:
                                words = f"{step.done} of {step.total} orders of people searched"
                                bar = progress(step.done, step.total, words)
                                yield gr.skip(), gr.skip(), bar, *still
                        else:
                            yield gr.skip(), gr.skip(), survey_progress(step), *still
        except ParagoneError as error:
            button = gr.skip() if session.survey.running else idle
            yield None, button, error_card(error), *still
            return
        words = f"{session.lab.stored.curve.faces} faces, {session.lab.stored.curve.people} people"
        said = figures.said(f"Measured: {words}", left_out(session.lab.skipped))
        yield gr.skip(), idle, said, *self._show(session, model)

    def _on_stop(self, session: Session) -> tuple:
        """Ask the survey to end; it does so at its next step and says so itself."""
        session.survey.stop()
        return gr.Button(interactive=False), "<p class='pv-model'>Stopping…</p>"
