"""The page. `build` fills the page that Paragone has opened, and does no maths."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr
import numpy as np

from paragone_edge_directions.model import compare


def build(ctx: Any) -> None:
    """Lay the page out, and make its events."""

    def edge_directions(first: np.ndarray, second: np.ndarray, bins: int = 9) -> dict:
        """Compare which way the edges of two pictures run.

        Args:
            first: A picture.
            second: The picture to compare it with.
            bins: How many directions are told apart, 2 to 180.

        Returns:
            overlap (0 to 1), first and second (the share of edge strength in each direction).
        """
        return asdict(compare(first, second, bins))

    with gr.Row():
        first = gr.Image(label="First picture")
        second = gr.Image(label="Second picture")
    bins = gr.Number(9, precision=0, label="Bins")
    answer = gr.JSON(label="Answer")
    # The main event's api_name is the task's name with underscores.
    gr.Button("Compare", variant="primary").click(
        edge_directions, [first, second, bins], answer, api_name="edge_directions"
    )
