"""The page. `build` fills the page that Paragone has opened, and does no maths."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr
import numpy as np

from paragone_edge_directions.model import MOST_BINS, compare


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
        for name, picture in (("first", first), ("second", second)):
            if picture is None:
                raise ctx.error("A picture is missing", where=name, todo="Bring two pictures.")
            if min(picture.shape[:2]) < 2:
                raise ctx.error("The picture is one pixel wide", name, "Bring a larger one.")
        if bins is None or not 2 <= bins <= MOST_BINS:
            what = f"There can be 2 to {MOST_BINS} bins"
            raise ctx.error(what, where="bins", todo="Choose a number of these.")
        try:
            return asdict(compare(first, second, bins))
        except ValueError as error:
            raise ctx.error(str(error), todo="Bring one that shows something.") from error

    with gr.Row():
        first = gr.Image(label="First picture")
        second = gr.Image(label="Second picture")
    bins = gr.Number(9, precision=0, label="Bins")
    answer = gr.JSON(label="Answer")
    # The main event's api_name is the task's name with underscores.
    gr.Button("Compare", variant="primary").click(
        edge_directions, [first, second, bins], answer, api_name="edge_directions"
    )
