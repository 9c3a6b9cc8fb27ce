"""A report of what a page shows, as one HTML file that needs no server: text, plots and tables as
they are seen, in the visitor's language, with the settings they were made with. The browser makes
it, so it holds what the page holds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from plugins.shared.page.html_parts import asset
from plugins.shared.page.versions import versions
from plugins.shared.page.widgets import HIDDEN
from weights.messages import say

PACKAGES = ("gradio", "torch", "numpy", "scipy", "opencv-python-headless")


def report_button(
    label: str, title: Any, controls: Sequence[Any], parts: Sequence[Any], elem_id: str
) -> gr.Button:
    """A button that saves parts of the page.

    Args:
        title: The component whose first bold words name the report.
        controls: Components whose values are its settings.
        parts: Components that it shows, in this order.
    """
    script = asset("report.js").replace("TITLE", json.dumps(title.elem_id))
    for name, some in (("CONTROLS", controls), ("PARTS", parts)):
        script = script.replace(name, json.dumps([one.elem_id for one in some]))
    button = gr.Button(label, elem_id=elem_id)
    button.click(None, js=script, **HIDDEN)
    return button


def facts(rows: Sequence[tuple[str, object]], heading: str) -> Markup:
    """A folded table of what a result was made with; the versions of the packages come last."""
    made = ", ".join(f"{name} {version}" for name, version in versions(PACKAGES).items())
    lines = Markup().join(
        Markup("<tr><th scope='row'>{}</th><td>{}</td></tr>").format(say(name), value)
        for name, value in [*rows, ("Versions", made)]
    )
    return Markup(
        '<details class="pv-note pv-facts"><summary>{}</summary><table>{}</table></details>'
    ).format(say(heading), lines)
