"""Components that both parts of the face-verification page show."""

from __future__ import annotations

import gradio as gr

from plugins.face_verification import figures
from plugins.face_verification.events import Events
from plugins.faces.compare import METRICS
from plugins.widgets import html

HIDDEN = {"api_visibility": "private", "show_progress": "hidden"}
SEND_TAU = """(tau) => {{
  const detail = {{ channel: "{0}", tau }};
  window.dispatchEvent(new CustomEvent("paragone-tau", {{ detail }}));
}}"""
"""Moving tau is told to the page's scripts on this channel, and to nobody else."""


def network_choice(events: Events, elem_id: str) -> gr.Dropdown:
    """The networks by their titles."""
    choices = [(card.title, name) for name, card in events.cards.items()]
    return gr.Dropdown(choices, value=events.default, label="Network", elem_id=elem_id)


def metric_choice(value: str, elem_id: str) -> gr.Radio:
    """The distances by their titles."""
    choices = [(metric.title, name) for name, metric in METRICS.items()]
    return gr.Radio(choices, value=value, label="Distance", elem_id=elem_id)


def threshold(metric: str, tau: float, channel: str, elem_id: str, info: str = "") -> gr.Slider:
    """The slider of tau; moving it redraws what listens on the channel, in the browser."""
    top, step = METRICS[metric].top, METRICS[metric].step
    slider = gr.Slider(
        0, top, tau, step=step, label="Threshold τ", elem_id=elem_id, min_width=260, info=info
    )
    slider.input(None, [slider], None, js=SEND_TAU.format(channel), **HIDDEN)
    return slider


def script(name: str, channel: str) -> str:
    """A script of the page that follows the tau of one channel.

    The channel is written into the script: gradio loses a `gr.HTML`'s own properties where the
    component is hidden at first, as the laboratory's results are.
    """
    return f'const channel = "{channel}";\n{figures.asset(name)}'


def curves_view(tau: float, channel: str, elem_id: str) -> gr.HTML:
    """Rates, histogram, DET and ROC; its value comes from `plots.curves`."""
    return html(
        {"tau": tau},
        html_template='<div class="pv-curves"></div>',
        js_on_load=script("curves.js", channel),
        elem_id=elem_id,
    )
