"""The named endpoint of the task: a whole painting, for callers from code."""

from __future__ import annotations

import gradio as gr
import numpy as np

from plugins.shared.files.pictures import read_picture
from plugins.shared.page.endpoint import enter, finish
from plugins.shared.page.session import Work
from plugins.shared.page.widgets import PictureInput, Upload
from plugins.style_transfer.events import RUN, Events
from plugins.style_transfer.settings import Settings
from weights.errors import ParagoneError
from weights.messages import say


def build_endpoint(events: Events) -> None:
    """Two pictures and settings in, a painting out; the page's own session is not touched."""

    def style_transfer(
        content: Upload | None = None, style: Upload | None = None, settings: str = "{}"
    ) -> tuple[np.ndarray, dict]:
        """Paint one picture after another's style.

        Args:
            content: The picture whose content is kept.
            style: The picture whose style is taken.
            settings: A JSON object with fields of the settings, such as {"size": 256, "steps":
                150, "alpha": 1, "beta": 20, "backbone": "tf_efficientnet_lite0.in1k"}.

        Returns:
            The painting, and losses (content, style, total as they enter J), steps, seconds,
            weights (which really judged, and why a stand-in did) and settings.
        """
        wanted = Settings.from_json(settings, '{"steps": 100}')
        events.runs.check(wanted)
        with events.runs.open(Work()) as ticket:
            with ticket.preparing():
                pictures = [_read(events, one) for one in (content, style)]
            styles = [] if pictures[1] is None else [pictures[1]]
            run = events.new_run(wanted, pictures[0], styles, None, ticket)
            finish(ticket, run.advance(), lambda: run.remaining)
        if run.failed:
            todo = "Try a smaller learning rate, Adam, or less weight."
            raise ParagoneError(
                say("The {failed} loss is no number", failed=run.failed),
                where="settings",
                todo=todo,
            )
        ticket.whole()
        return (
            run.result(),
            {
                "losses": run.losses[-1].losses,
                "steps": run.step,
                "seconds": round(run.seconds, 2),
                "weights": {"name": run.backbone.card.name, "why": run.backbone.origin.why},
                "settings": wanted.plain(),
            },
        )

    with gr.Group(visible=False):
        pictures = [PictureInput(label="content"), PictureInput(label="style")]
        settings = gr.Textbox("{}", label="settings")
        outputs = [gr.Image(label="painting", format="png"), gr.JSON(label="answer")]
        enter(style_transfer, [*pictures, settings], RUN, outputs=outputs)


def _read(events: Events, upload: Upload | None) -> np.ndarray | None:
    if upload is None:
        return None
    with upload.taken() as path:
        return read_picture(path, upload.name, events.ctx.limits).pixels
