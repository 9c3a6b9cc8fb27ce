"""The names in an archive that does not say how they are encoded: shown, with a choice, before
anything in it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any

import gradio as gr

from plugins.shared.page.parts import named
from plugins.shared.page.widgets import HIDDEN, Upload, ZipInput
from weights.messages import listed, say

SHOWN, LETTERS = 4, 24
"""Names of each reading that are shown, and how much of each."""
BOX, CHOICE = "archive_names", "archive_choice"


class ArchiveNames:
    """A choice beneath the field for an archive, open only while it must be made.

    Args:
        upload: The field. Its elem_id with `-names` is the choice's.
        readings: Gives the ways to read the names in a file, the likeliest first, each with its
            `encoding`, that one's `title`, and the `names`; none where there is no doubt.
    """

    def __init__(self, upload: ZipInput, readings: Callable[[Path], Sequence[Any]]):
        self.upload, self.readings = upload, readings
        with gr.Column(visible=False, elem_id=f"{upload.elem_id}-names") as self.box:
            self.choice = gr.Radio(
                [],
                label="Names in the archive",
                info="The archive does not say how its names are encoded. Choose the line in which "
                "they are right.",
            )
            self.use = gr.Button("Use these names", variant="primary")

    def wire(
        self, handler: Callable[..., Any], parts: dict[str, Any], inputs: list[Any], **options: Any
    ) -> list[Any]:
        """Call a handler when an archive was brought: at once, or when the choice is made.

        Args:
            handler: Gets the `Upload`, with the chosen encoding, in the place that the field has
                among the inputs; gives or yields values by the names of the parts.

        Returns:
            The two events.
        """
        place, parts = inputs.index(self.upload), {**parts, BOX: self.box, CHOICE: self.choice}

        def use(encoding: str, *given: Any) -> Iterator[dict]:
            yield {BOX: gr.Column(visible=False)}
            values = list(given)
            if values[place] is not None:
                values[place] = replace(values[place], encoding=encoding or "")
            yield from handler(*values) if isgeneratorfunction(handler) else [handler(*values)]

        def ask(*given: Any) -> Iterator[dict]:
            upload: Upload | None = given[place]
            found = self.readings(upload.path) if upload is not None else []
            if len(found) > 1:
                choices = [(_line(reading), reading.encoding) for reading in found]
                choice = gr.Radio(choices, value=choices[0][1])
                yield {BOX: gr.Column(visible=True), CHOICE: choice}
            else:
                yield from use("", *given)

        self.upload.clear(lambda: gr.Column(visible=False), None, self.box, **HIDDEN)
        asked = self.upload.upload(**named(ask, parts), inputs=inputs, **options)
        used = self.use.click(**named(use, parts), inputs=[self.choice, *inputs], **options)
        return [asked, used]


def _line(reading: Any) -> str:
    names = [name[:LETTERS] for name in reading.names]
    shown = (
        listed(names)
        if len(names) <= SHOWN
        else say("{names} and {n} more", names=", ".join(names[:SHOWN]), n=len(names) - SHOWN)
    )
    return say("{names} – {encoding}", names=shown, encoding=say(reading.title))
