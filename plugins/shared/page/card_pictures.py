"""The pictures of the front page, one a task, each drawn from what its page opens with:

    python -m plugins.shared.page.card_pictures [TASK …]

calls `draw` of each task's `card_picture.py` and writes `picture.webp` beside it. Here is what the
drawings share: sizes, colours, and shapes with smooth edges.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

TASKS = Path(__file__).parents[2]
SIZE = 480, 300
"""Width and height in pixels; a screen of two pixels a point shows most of them."""
FILE = "picture.webp"
QUALITY = 62
BACK, FAINT, INK = "#0f172a", "#475569", "#cbd5e1"
SAME, OTHER, ANCHOR = "#14b8a6", "#f97316", "#60a5fa"
"""One person or class, another one, and what both are held against."""
FINER = 3
"""Shapes are drawn so many times as large and then reduced, since Pillow's own have steps."""

Box = tuple[float, float, float, float]


class Canvas:
    """A dark picture to draw on.

    Args:
        size: Width and height in pixels. All places and lengths are in pixels.
    """

    def __init__(self, size: tuple[int, int] = SIZE):
        self.size = size
        self._large = Image.new("RGB", (size[0] * FINER, size[1] * FINER), BACK)
        self._draw = ImageDraw.Draw(self._large)

    def paste(self, image: Image.Image, box: Box, radius: float = 12, edge: str = "") -> None:
        """An image, scaled to fill a box (left, top, right, bottom), with round corners.

        Args:
            edge: Colour of a frame; none where empty.
        """
        left, top, right, bottom = self._scaled(box)
        size = right - left, bottom - top
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0], size[1]), radius * FINER, 255)
        way = Image.Resampling.NEAREST if image.width < 64 else Image.Resampling.LANCZOS
        self._large.paste(image.convert("RGB").resize(size, way), (left, top), mask)
        if edge:
            self.frame(box, edge, radius=radius)

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 4) -> None:
        """A line through points (x, y)."""
        scaled = [(x * FINER, y * FINER) for x, y in points]
        self._draw.line(scaled, colour, round(width * FINER), joint="curve")

    def polygon(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """A filled shape."""
        self._draw.polygon([(x * FINER, y * FINER) for x, y in points], colour)

    def frame(self, box: Box, colour: str, width: float = 4, radius: float = 8) -> None:
        """The edge of a box with round corners."""
        place = self._scaled(box)
        self._draw.rounded_rectangle(
            place, radius * FINER, outline=colour, width=round(width * FINER)
        )

    def ring(self, x: float, y: float, radius: float, colour: str, width: float = 3) -> None:
        """A circle."""
        box = self._scaled((x - radius, y - radius, x + radius, y + radius))
        self._draw.ellipse(box, outline=colour, width=round(width * FINER))

    def label(self, text: str, left: float, top: float, colour: str, size: float = 25) -> None:
        """A name on a coloured ground."""
        font = ImageFont.load_default(size * FINER)
        x, y, pad = left * FINER, top * FINER, size * FINER / 3
        x0, y0, x1, y1 = self._draw.textbbox((x + pad, y + pad), text, font)
        ground = x, y0 - pad, x1 + pad, y1 + pad
        self._draw.rounded_rectangle(ground, pad, fill=colour)
        self._draw.text((x + pad, y + pad), text, BACK, font)

    def dot(self, x: float, y: float, radius: float, colour: str) -> None:
        """A filled circle."""
        self._draw.ellipse(
            self._scaled((x - radius, y - radius, x + radius, y + radius)), fill=colour
        )

    def finished(self) -> Image.Image:
        """What was drawn, in its own size."""
        return self._large.resize(self.size, Image.Resampling.LANCZOS)

    @staticmethod
    def _scaled(box: Box) -> tuple[int, int, int, int]:
        left, top, right, bottom = (round(side * FINER) for side in box)
        return left, top, right, bottom


def mixed(first: str, second: str, share: float) -> str:
    """A colour between two: 0 the first, 1 the second."""
    parts = [
        round(int(first[i : i + 2], 16) * (1 - share) + int(second[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    ]
    return "#{:02x}{:02x}{:02x}".format(*parts)


def main() -> None:
    """Draw the pictures of all tasks, or of those that are named."""
    drawn = sorted(path.parent.name for path in TASKS.glob("*/card_picture.py"))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(drawn)}")
    for name in parser.parse_args().tasks or drawn:
        path = TASKS / name / FILE
        image = importlib.import_module(f"plugins.{name}.card_picture").draw()
        image.save(path, "WEBP", quality=QUALITY, method=6)
        print(f"{path.relative_to(TASKS.parent)}: {image.size}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
