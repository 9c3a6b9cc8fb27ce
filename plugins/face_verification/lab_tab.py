"""The threshold laboratory's part of the page: a labelled set in, curves and the worst pairs
out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from plugins.face_verification import figures, plots
from plugins.face_verification.events import Events
from plugins.face_verification.evidence import calibration
from plugins.face_verification.example import example
from plugins.face_verification.lab_facts import WANTED, lab_facts, too_few
from plugins.face_verification.laboratory import LabResult, curve_csv, pairs_csv, survey, worst
from plugins.face_verification.model import Session, default_threshold
from plugins.face_verification.parts import curves_view, metric_choice, tippett_view
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.view import survey_progress
from plugins.shared.faces.widgets import network_choice, set_input, threshold
from plugins.shared.files.image_folder import open_labelled
from plugins.shared.files.zip_files import readings_of
from plugins.shared.page.archive_names import ArchiveNames
from plugins.shared.page.finished import Finished
from plugins.shared.page.former import UNMADE, made_with, mark_former
from plugins.shared.page.help_panel import in_both
from plugins.shared.page.html_parts import error_card, script
from plugins.shared.page.parts import named
from plugins.shared.page.report import report_button
from plugins.shared.page.runs import Runs
from plugins.shared.page.widgets import HIDDEN, NETWORK, Upload, apart, download, html
from weights.errors import ParagoneError

START = Markup("<p class='pv-model'>Opening the set and loading the network…</p>")
STOPPING = "<p class='pv-model'>Stopping…</p>"
STOPPED = "<p class='pv-model'>Stopped. Nothing was kept.</p>"
FIRST = "euclidean"
"""The distance that the laboratory opens with."""
NEAREST = "## The nearest impostor pairs: the first false matches"
FARTHEST = "## The farthest genuine pairs: the first false non-matches"
HELP = Path(__file__).with_name("help")


class Laboratory:
    """The components and events of the laboratory; it shares session and networks with the compare
    part.
    """

    def __init__(self, events: Events, session: gr.State, offered: gr.Dropdown, finished: Finished):
        """Build into the open tab.

        Args:
            offered: The compare part's choice of curves.
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
                self.metric = metric_choice(FIRST, "lab-metric")
                self.stop = gr.Button("Stop", elem_id="lab-stop", interactive=False)
                self.model_apart = apart("lab-model")
        self.state = html(elem_id="lab-state")
        with gr.Row():
            self.tau = threshold(FIRST, 0.6, "lab", "lab-tau")
            self.wanted = gr.Radio(
                list(WANTED), label="τ for FMR at most", elem_id="lab-wanted", min_width=260
            )
        self.curves = curves_view(0.6, "lab", "lab-curves")
        self.tippett = tippett_view("lab-tippett")
        first = gr.Markdown(NEAREST, elem_id="lab-nearest")
        self.impostors = self._pairs("lab-impostors")
        second = gr.Markdown(FARTHEST, elem_id="lab-farthest")
        self.genuines = self._pairs("lab-genuines")
        self.facts = html(elem_id="lab-facts")
        with gr.Row():
            self._download("All pairs as CSV", pairs_csv, "pairs")
            self._download("The curve as CSV", curve_csv, "curve")
            shown = [self.state, self.curves, self.tippett, first, self.impostors, second]
            report_button(
                "Everything as one HTML file",
                self.state,
                [self.model, self.metric, self.tau],
                [*shown, self.genuines, self.facts],
                "lab-report",
            )
        mark_former([self.model], [self.curves, self.impostors, self.genuines], self.state)
        self._wire(offered, finished)

    @property
    def parts(self) -> dict[str, Any]:
        """What the events change, by name."""
        names = (
            "model",
            "model_apart",
            "state",
            "tau",
            "curves",
            "tippett",
            "impostors",
            "genuines",
            "facts",
        )
        return {name: getattr(self, name) for name in names}

    def _wire(self, offered: gr.Dropdown, finished: Finished) -> None:
        session, given = self.session, [self.session, self.model, self.metric]
        names = ("upload", "stop", "wanted")
        parts = self.parts | {name: getattr(self, name) for name in names}
        parts["finished"] = finished.name
        survey = finished.after(self._on_upload)
        for run in self.names.wire(survey, parts, [self.upload, *given], **NETWORK):
            run.then(self.events.offer_curves, [session, self.model], [offered], **HIDDEN)
        self.stop.click(**named(self._on_stop, parts), inputs=[session], **HIDDEN)
        self.metric.input(**named(self._on_metric, parts), inputs=given, **HIDDEN)
        self.model.input(**named(self._on_model, parts), inputs=given, **HIDDEN)
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

        download(label, write, [self.session, self.metric], f"lab-{name}-csv", saves=True)

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
                            end |= self.shown(session, model, metric)
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

    def lab(self, session: Session, model: str) -> LabResult | None:
        """What the laboratory shows: the visitor's own set, or the example of a network."""
        return session.lab or example(self.events.card(model))

    def shown(self, session: Session, model: str, metric: str) -> dict:
        """Everything of what the laboratory shows, for one distance: where it comes from, tau,
        curves, worst impostor and genuine pairs.
        """
        lab = self.lab(session, model)
        if lab is None:
            return self._nothing(model, metric)
        made = made_with(session, (lab.model,)) if session.lab else Markup()
        return {"state": figures.summary(lab) + made, **self._drawn(lab, metric)}

    def opened(self, session: Session) -> dict:
        """What the page opens with: a survey that was finished before, or the example."""
        if session.running:
            return {}
        model = session.lab.model if session.lab else self.events.default
        try:
            return {"model": model, **self.shown(session, model, FIRST)}
        except ParagoneError as error:  # The network of that survey is gone.
            return {"state": error_card(error)}

    def _on_metric(self, session: Session, model: str, metric: str) -> dict:
        lab = self.lab(session, model)
        return self._drawn(lab, metric) if lab else self._nothing(model, metric)

    def _on_model(self, session: Session, model: str, metric: str) -> dict:
        """The example is that of the chosen network; a set of the visitor's own stays."""
        return {} if session.lab or session.running else self.shown(session, model, metric)

    def _nothing(self, model: str, metric: str) -> dict:
        title = self.events.card(model).title
        nothing = {"state": "", "tippett": {}, "impostors": "", "genuines": "", "facts": ""}
        return {**nothing, "curves": plots.curves(None, metric, 0.0, None, title)}

    def _drawn(self, lab: LabResult, metric: str) -> dict:
        card, curve = self.events.card(lab.model), lab.curve.by_metric[metric]
        tau, _ = default_threshold(card, metric, curve)
        nearest, farthest = worst(lab, metric)
        slider = gr.Slider(
            maximum=plots.reach(curve, curve.top), value=tau, step=METRICS[metric].step
        )
        return {
            "tau": slider,
            "curves": plots.curves(lab.curve, metric, tau, None, lab.model),
            "tippett": calibration(lab, metric),
            "impostors": figures.pair_cards(lab, nearest, tau),
            "genuines": figures.pair_cards(lab, farthest, tau),
            "facts": lab_facts(lab, metric, card),
        }

    def _on_wanted(self, session: Session, model: str, metric: str, wanted: str) -> dict:
        """Move tau to the largest threshold that keeps the wanted FMR on this set, if so small a
        rate can be told from it.
        """
        lab = self.lab(session, model)
        few = too_few(lab.curve, wanted) if lab else ""
        if few or lab is None:
            gr.Warning(few or "Bring a set first.")
            return {"wanted": gr.Radio(value=None)}
        curve = lab.curve.by_metric[metric]
        tau = METRICS[metric].snap(curve.threshold_for_fmr(WANTED[wanted]), down=True)
        return {"tau": tau, "curves": plots.curves(lab.curve, metric, tau, None, lab.model)}
