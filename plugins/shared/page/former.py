"""Results of another set, network or run are marked as such, wherever they stand.

Results carry what they were made with, `made_with`, and the page compares that with what its
controls say now. What the page opened with was made with what the controls said then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.context import Context
from markupsafe import Markup

from plugins.shared.page.html_parts import asset
from plugins.shared.page.session import PageSession
from plugins.shared.page.widgets import HIDDEN

UNMADE = Markup('<i hidden data-of=""></i>')
"""In place of `made_with` while a run gets ready: whatever still stands is of another one."""


def mark_former(
    controls: Sequence[Any], places: Sequence[Any], status: Any, sets: Sequence[Any] = ()
) -> None:
    """Mark results on the page whenever they are not of what is chosen.

    Args:
        controls: Components whose values decide on the results.
        places: Where the results stand, components with an `elem_id`.
        status: The component that carries `made_with`.
        sets: Components that show what was brought, with `brought_set` in them.
    """
    ids = json.dumps([place.elem_id for place in places])
    script = asset("former.js").replace("PLACES", ids)
    script = script.replace("STATUS", json.dumps(status.elem_id))
    script = script.replace("SETS", json.dumps([one.elem_id for one in sets]))
    seen = [Context.root_block.load, *(control.change for control in controls)]
    gr.on(seen, None, list(controls), None, js=script, **HIDDEN)


def made_with(session: PageSession, values: Sequence[Any]) -> Markup:
    """What results were made with, unseen.

    Args:
        values: Of the controls, in their order.
    """
    made = json.dumps([*values, session.sets])
    return Markup('<i hidden data-of="{}"></i>').format(made)


def brought_set(session: PageSession) -> Markup:
    """Another set or picture was taken; for the place where it is shown, unseen."""
    session.sets += 1
    return Markup('<i hidden data-set="{}"></i>').format(session.sets)
