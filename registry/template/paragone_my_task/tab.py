"""The page. `build` fills the page that Paragone has opened, and does no maths."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr
import numpy as np

from paragone_my_task.model import compare


def build(ctx: Any) -> None:
    """Lay the page out, and make its events."""
    networks = [card.name for card in ctx.backbones()]

    def my_task(first: np.ndarray, second: np.ndarray, network: str) -> dict:
        """Say how alike two pictures are to a ConvNet.

        Args:
            first: A picture.
            second: The picture to compare it with.
            network: The name of the network that looks at them.

        Returns:
            cosine (of the angle between the network's two outputs, -1 to 1) and network.
        """
        for name, picture in (("first", first), ("second", second)):
            if picture is None:  # The visitor reads: A picture is missing (first). Bring …
                raise ctx.error("A picture is missing", where=name, todo="Bring two pictures.")
        return asdict(compare(first, second, ctx.backbone(network)))

    with gr.Row():
        first = gr.Image(label="First picture")
        second = gr.Image(label="Second picture")
    network = gr.Dropdown(networks, label="Network")
    answer = gr.JSON(label="Answer")
    # The main event's api_name is the task's name with underscores.
    gr.Button("Compare", variant="primary").click(
        my_task, [first, second, network], answer, api_name="my_task"
    )
