"""The threshold laboratory's part of the page: a labelled set in, curves and the worst pairs
out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from plugins.face_verification import figures, plots
from plugins.face_verification.events import Events
from plugins.face_verification.evidence import calibration
from plugins.face_verification.laboratory import LabResult, curve_csv, pairs_csv, survey, worst
from plugins.face_verification.model import Session, default_threshold
from plugins.face_verification.parts import curves_view, metric_choice, tippett_view
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.measured.prediction import people_for, resolved
from plugins.shared.faces.view import survey_progress
from plugins.shared.faces.widgets import network_choice, set_input, threshold
from plugins.shared.files.image_folder import open_labelled
from plugins.shared.files.zip_files import readings_of
from plugins.shared.page.archive_names import ArchiveNames
from plugins.shared.page.former import UNMADE, made_with, mark_former
from plugins.shared.page.help_panel import in_both
from plugins.shared.page.html_parts import error_card, script
from plugins.shared.page.parts import named
from plugins.shared.page.runs import Runs
from plugins.shared.page.widgets import HIDDEN, NETWORK, Upload, apart, download, html
from weights.errors import ParagoneError
from weights.messages import say

START = Markup("<p class='pv-model'>Opening the set and loading the network…</p>")
STOPPING = "<p class='pv-model'>Stopping…</p>"
STOPPED = "<p class='pv-model'>Stopped. Nothing was kept.</p>"
WANTED = {"10 %": 0.1, "1 %": 0.01, "0.1 %": 0.001, "0.01 %": 0.0001}
HELP = Path(__file__).with_name("help")


class Laboratory:
    """The components and events of the laboratory; it shares session and networks with the compare
    part.
    """

    def __init__(self, events: Events, session: gr.State, model: gr.Dropdown, offered: gr.Dropdown):
        """Build into the open tab.

        Args:
            model: The compare part's network; `offered`: the curves it can show.
        """
        self.events, self.session, self.runs = events, session, Runs(events.ctx)
        in_both(HELP, "laboratory.")
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                self.upload = set_input(events.ctx.limits.upload_bytes, "lab-zip")
                self.names = ArchiveNames(
                    self.upload, partial(readings_of, limits=events.ctx.limits)
                )
            with gr.Column(scale=2, min_width=280):
                self.model = network_choice(events, "lab-model")
                self.metric = metric_choice("euclidean", "lab-metric")
                self.stop = gr.Button("Stop", elem_id="lab-stop", interactive=False)
                self.model_apart = apart("lab-model")
        self.state = html(elem_id="lab-state")
        with gr.Column(visible=False) as self.found:
            with gr.Row():
                self.tau = threshold("euclidean", 0.6, "lab", "lab-tau")
                self.wanted = gr.Radio(
                    list(WANTED), label="τ for FMR at most", elem_id="lab-wanted", min_width=260
                )
            self.curves = curves_view(0.6, "lab", "lab-curves")
            self.tippett = tippett_view("lab-tippett")
            gr.Markdown("## The nearest impostor pairs: the first false matches")
            self.impostors = self._pairs("lab-impostors")
            gr.Markdown("## The farthest genuine pairs: the first false non-matches")
            self.genuines = self._pairs("lab-genuines")
            with gr.Row():
                self._download("All pairs as CSV", pairs_csv, "pairs")
                self._download("The curve as CSV", curve_csv, "curve")
        mark_former([self.model], [self.curves, self.impostors, self.genuines], self.state)
        self._wire(offered)

    def _wire(self, offered: gr.Dropdown) -> None:
        session, given = self.session, [self.session, self.metric]
        names = ("upload", "stop", "state", "found", "tau", "curves", "tippett")
        names += ("impostors", "genuines", "wanted")
        parts = {name: getattr(self, name) for name in names}
        labelled = [self.upload, session, self.model, self.metric]
        for run in self.names.wire(self._on_upload, parts, labelled, **NETWORK):
            run.then(self.events.offer_curves, [session, self.model], [offered], **HIDDEN)
        self.stop.click(**named(self._on_stop, parts), inputs=[session], **HIDDEN)
        self.metric.input(**named(self._on_metric, parts), inputs=given, **HIDDEN)
        asked = [*given, self.wanted]
        self.wanted.input(**named(self._on_wanted, parts), inputs=asked, **HIDDEN)

    def _pairs(self, name: str) -> gr.HTML:
        return html(js_on_load=script(figures.asset("pairs.js"), "lab"), elem_id=name)

    def _download(self, label: str, make: Callable, name: str) -> None:
        def write(folder: Path, session: Session, metric: str) -> Path:
            text = make(session.surveyed, metric)
            path = folder / f"{name}_{metric}.csv"
            path.write_text(text, encoding="utf-8")
            session.files.append(path)
            return path

        download(label, write, [self.session, self.metric], f"lab-{name}-csv")

    def _on_upload(
        self, upload: Upload | None, session: Session, model: str, metric: str
    ) -> Iterator[dict]:
        """Survey the set; every step redraws the progress, so the visitor can stop it."""
        if upload is None:
            yield {}
            return
        idle, limits = gr.Button(interactive=False), self.events.ctx.limits
        end = {"stop": idle, "state": STOPPED}
        try:
            with (
                upload.taken() as path,
                self.runs.open(session, "A survey of yours is going on") as ticket,
            ):
                stop = gr.Button(interactive=True)
                yield {"upload": None, "stop": stop, "state": START + UNMADE}
                with open_labelled(path, limits, upload.encoding) as labelled:
                    network, finder = self.events.network(model), self.events.finder(model)
                    steps = survey(labelled, finder, network, session.cache, limits)
                    for step in ticket.steps(steps):
                        if isinstance(step, LabResult):
                            session.lab = step
                            end["state"] = figures.summary(step) + made_with(session, (model,))
                            end["found"] = gr.Column(visible=True)
                            end |= self._on_metric(session, metric)
                        else:
                            yield {"state": survey_progress(step)}
        except ParagoneError as error:
            button = {} if session.running else {"stop": idle}
            yield {"upload": None, "state": error_card(error), **button}
            return
        yield end

    def _on_stop(self, session: Session) -> dict:
        """Ask the survey to end; it does so at its next step and says so itself. (Cancelled from
        outside, gradio now and then shows a bare "Error".)
        """
        session.stop()
        return {"stop": gr.Button(interactive=False), "state": STOPPING}

    def _on_metric(self, session: Session, metric: str) -> dict:
        """Draw the surveyed set for one distance: tau, curves, worst impostor and genuine pairs."""
        if session.lab is None:
            return {}
        curve = session.lab.curve.by_metric[metric]
        tau, _ = default_threshold(self.events.card(session.lab.model), metric, curve)
        nearest, farthest = worst(session.lab, metric)
        slider = gr.Slider(
            maximum=plots.reach(curve, curve.top), value=tau, step=METRICS[metric].step
        )
        return {
            "tau": slider,
            "curves": plots.curves(session.lab.curve, metric, tau, None, session.lab.model),
            "tippett": calibration(session.lab, metric),
            "impostors": figures.pair_cards(session.lab, nearest, tau),
            "genuines": figures.pair_cards(session.lab, farthest, tau),
        }

    def _on_wanted(self, session: Session, metric: str, wanted: str) -> dict:
        """Move tau to the largest threshold that keeps the wanted FMR on this set, if so small a
        rate can be told from it.
        """
        survey, rate = session.surveyed.curve, WANTED[wanted]
        curve, each = survey.by_metric[metric], survey.faces / survey.people
        if rate < resolved(survey.people, each):
            few = "{people} people cannot show an FMR of {rate}: about {needed} would."
            needed = people_for(rate, each)
            gr.Warning(say(few, people=survey.people, rate=wanted, needed=needed))
            return {"wanted": gr.Radio(value=None)}
        tau = METRICS[metric].snap(curve.threshold_for_fmr(rate), down=True)
        curves = plots.curves(session.lab.curve, metric, tau, None, session.lab.model)
        return {"tau": tau, "curves": curves}
