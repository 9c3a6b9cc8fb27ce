"""Components that both parts of the face-verification page show."""

from __future__ import annotations

import gradio as gr

from plugins.face_verification import figures
from plugins.shared.faces.distances import METRICS
from plugins.shared.page.html_parts import asset, script
from plugins.shared.page.widgets import html


def metric_choice(value: str, elem_id: str) -> gr.Radio:
    """The distances by their titles."""
    choices = [(metric.title, name) for name, metric in METRICS.items()]
    return gr.Radio(choices, value=value, label="Distance", elem_id=elem_id)


def curves_view(tau: float, channel: str, elem_id: str) -> gr.HTML:
    """Rates, histogram, DET and ROC; its value comes from `plots.curves`."""
    return html(
        {"tau": tau},
        html_template='<div class="pv-curves"></div>',
        js_on_load=script(asset("axes.js") + figures.asset("curves.js"), channel),
        elem_id=elem_id,
    )


def evidence_view(elem_id: str) -> gr.HTML:
    """The likelihood ratio of a comparison; its value comes from `evidence.evidence`."""
    return html(
        {},
        html_template='<div class="fv-evidence"></div>',
        js_on_load=figures.asset("evidence.js"),
        elem_id=elem_id,
    )


def tippett_view(elem_id: str) -> gr.HTML:
    """The Tippett plot of a surveyed set; its value comes from `evidence.calibration`."""
    return html(
        {},
        html_template='<div class="fv-tippett"></div>',
        js_on_load=asset("axes.js") + figures.asset("tippett.js"),
        elem_id=elem_id,
    )
