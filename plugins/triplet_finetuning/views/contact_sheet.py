"""Many thumbnails in one JPEG: a tenth of what as many single ones weigh, and one decoding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import thinned

CELL = 32
"""Pixels of a thumbnail's side: two of JPEG's blocks, so that neighbours do not bleed."""
QUALITY = 75
MOST = 80
"""Pictures on a sheet: about 30 kB."""


@dataclass(frozen=True)
class Sheet:
    """Thumbnails, row by row.

    Attributes:
        cells: Which picture lies in which cell.
        columns, rows: How many.
    """

    uri: str = field(repr=False)
    cells: dict[int, int]
    columns: int
    rows: int

    @classmethod
    def of(cls, chips: np.ndarray, chosen: Sequence[int]) -> Sheet:
        """Put chosen ones of (N, S, S, 3) uint8 chips onto one sheet; of more than `MOST` as many,
        evenly.
        """
        wanted = list(dict.fromkeys(int(i) for i in chosen))
        wanted = [wanted[i] for i in thinned(len(wanted), MOST)] if wanted else []
        columns = max(1, math.ceil(math.sqrt(len(wanted))))
        rows = max(1, math.ceil(len(wanted) / columns))
        pixels = np.zeros((rows * CELL, columns * CELL, 3), np.uint8)
        for cell, i in enumerate(wanted):
            small = Image.fromarray(chips[i]).resize((CELL, CELL), Image.Resampling.BILINEAR)
            top, left = cell // columns * CELL, cell % columns * CELL
            pixels[top : top + CELL, left : left + CELL] = np.asarray(small)
        cells = {i: cell for cell, i in enumerate(wanted)}
        return cls(data_uri(pixels, quality=QUALITY), cells, columns, rows)

    @property
    def style(self) -> str:
        """For the element around the thumbnails."""
        return f"--tf-sheet:url({self.uri});--tf-size:{100 * self.columns}% {100 * self.rows}%"

    def place(self, picture: int) -> str:
        """For the element that shows one picture."""
        row, column = divmod(self.cells[picture], self.columns)
        x = 100 * column / max(self.columns - 1, 1)
        y = 100 * row / max(self.rows - 1, 1)
        return f"background-position:{x:.2f}% {y:.2f}%"
