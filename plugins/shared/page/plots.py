"""Small plots as SVG text: axes, lines whose names stand at their ends, and numbers as people read
them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from weights.messages import say

MOST = 300
"""Points of a line; of a longer one as many are drawn."""
WIDTH, HEIGHT = 254, 172
LEFT, TOP, BOTTOM = 34, 10, 28
LINE = 13
"""Height of a line of text."""


def number(value: float, digits: int = 3) -> str:
    """With a true minus sign; a dash where there is no number."""
    return f"{value:.{digits}f}".replace("-", "−") if math.isfinite(value) else "–"


def percent(share: float) -> str:
    """A share 0..1 in per cent, with one digit."""
    return f"{number(100 * share, 1)} %" if math.isfinite(share) else "–"


def clock(seconds: float) -> str:
    """A duration such as `40 s`, `3 min 05 s`, `2 h 10 min`."""
    if not math.isfinite(seconds):
        return "–"
    whole = round(max(seconds, 0))
    if whole < 90:
        return f"{whole} s"
    if whole < 5400:
        return say("{minutes} min {seconds:02d} s", minutes=whole // 60, seconds=whole % 60)
    return say("{hours} h {minutes:02d} min", hours=whole // 3600, minutes=whole % 3600 // 60)


def nice(value: float, ends: Sequence[float] = (1, 1.5, 2, 3, 4, 5, 8, 10)) -> float:
    """The next larger one of `ends` times a power of ten, for the end of an axis; 1 where there is
    no such number.
    """
    if not math.isfinite(value) or value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    end = next(end * unit for end in ends if end * unit >= value * (1 - 1e-9))
    return float(f"{end:.3g}")


def ticks(end: float, count: int = 0) -> list[tuple[float, str]]:
    """Values from 0 to `end` in equal parts, with their words; `count` parts, or as many as make
    short numbers of an end that `nice` gave.
    """
    count = count or {"1": 4 if f"{end:e}"[2] == "0" else 3, "3": 3, "5": 5}.get(f"{end:e}"[0], 4)
    return [(end * i / count, f"{end * i / count:.4g}") for i in range(count + 1)]


def thinned(count: int, most: int = MOST) -> np.ndarray:
    """Indices of at most `most` of `count` points, evenly, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


@dataclass(frozen=True)
class Line:
    """A line with its name; `kind`: CSS classes; `points`: (x, y) pairs, NaN where it breaks."""

    name: str
    kind: str
    points: Sequence[tuple[float, float]]

    @property
    def end(self) -> float:
        """The last height that is a number; NaN where there is none."""
        known = [y for _, y in self.points if math.isfinite(y)]
        return known[-1] if known else math.nan


@dataclass(frozen=True)
class Axes:
    """A plot's plane: x from 0 to `x_end`, y from 0 to `y_end`; `right`: room for names."""

    x_end: float
    y_end: float
    right: float = 58

    def across(self, value: float) -> float:
        """The place of a value in the drawing."""
        return LEFT + min(max(value / self.x_end, 0), 1) * (WIDTH - LEFT - self.right)

    def down(self, value: float) -> float:
        """The place of a value in the drawing; one beyond the axis lies on its edge."""
        return HEIGHT - BOTTOM - min(max(value / self.y_end, 0), 1) * (HEIGHT - BOTTOM - TOP)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        """The `d` of a line; it breaks where a value is not a number."""
        parts, pen = [], "M"
        for x, y in points:
            if math.isfinite(x) and math.isfinite(y):
                parts.append(f"{pen}{self.across(x):.1f} {self.down(y):.1f}")
                pen = "L"
            else:
                pen = "M"
        return "".join(parts)

    def line(self, line: Line) -> Markup:
        """A line without its name; a single point as a dot."""
        return Markup('<path class="{}" d="{}"/>').format(
            line.kind, self.path(line.points)
        ) + self.dots(line)

    def dots(self, line: Line) -> Markup:
        """A dot where a line has one point only, which would not be seen."""
        known = [p for p in line.points if math.isfinite(p[1])]
        if len(known) != 1:
            return Markup()
        (x, y), *_ = known
        at = Markup('cx="{:.1f}" cy="{:.1f}"').format(self.across(x), self.down(y))
        return Markup('<circle class="{} is-dot" {} r="2.5"/>').format(line.kind, at)

    def named(self, lines: Sequence[Line]) -> Markup:
        """Lines, and each name beside the end of its line; names keep clear of each other."""
        drawn = Markup().join(self.line(line) for line in lines)
        ended = ((self.down(x.end), x) for x in lines if math.isfinite(x.end))
        known = sorted(ended, key=lambda one: one[0])
        places = spread([y for y, _ in known], LINE, TOP + 4, HEIGHT - BOTTOM)
        x = WIDTH - self.right + 5
        return drawn + Markup().join(
            text(x, y + 3, line.name, f"pv-name {line.kind}")
            for y, (_, line) in zip(places, known, strict=True)
        )

    def level(self, value: float, words: str, kind: str) -> Markup:
        """A value as a horizontal line with words on it."""
        y, edge = self.down(value), WIDTH - self.right
        return Markup(
            '<line class="{kind}" x1="{left}" x2="{right:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>{name}'
        ).format(
            kind=kind, left=LEFT, right=edge, y=y, name=text(edge - 3, y - 4, words, kind, "end")
        )

    def figure(
        self,
        title: str,
        label: str,
        body: Markup,
        x_title: str = "step",
        x_ticks: Sequence[tuple[float, str]] | None = None,
        y_ticks: Sequence[tuple[float, str]] | None = None,
        y_title: str = "",
    ) -> Markup:
        """The plot.

        Args:
            label: For those who do not see it.
            body: SVG inside the axes.
        """
        low, edge = HEIGHT - BOTTOM, WIDTH - self.right
        x_ticks = ticks(self.x_end, 2) if x_ticks is None else x_ticks
        y_ticks = ticks(self.y_end) if y_ticks is None else y_ticks
        grid = Markup().join(
            Markup(
                '<line class="pv-grid" x1="{left}" x2="{right:.0f}" '
                'y1="{y:.1f}" y2="{y:.1f}"/>{name}'
            ).format(
                left=LEFT,
                right=edge,
                y=self.down(v),
                name=text(LEFT - 4, self.down(v) + 3, words, anchor="end"),
            )
            for v, words in y_ticks
        ) + Markup().join(
            text(self.across(v), low + 11, words, anchor="middle") for v, words in x_ticks
        )
        across = text((LEFT + edge) / 2, HEIGHT - 4, x_title, "pv-axis", "middle")
        upright = Markup('<g transform="translate(8 {:.0f}) rotate(-90)">{}</g>').format(
            (TOP + low) / 2, text(0, 0, y_title, "pv-axis", "middle")
        )
        drawn = Markup("{}<g>{}</g>{}{}").format(grid, body, across, upright)
        return Markup(
            '<figure class="pv-plot pv-lines"><figcaption>{}</figcaption>'
            '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg></figure>'
        ).format(title, WIDTH, HEIGHT, label, drawn)


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> Markup:
    """Words at a place of the drawing."""
    at = Markup('x="{:.1f}" y="{:.1f}" text-anchor="{}"').format(x, y, anchor)
    return Markup('<text class="{}" {}>{}</text>').format(kind, at, words)


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move rising places apart until `gap` lies between neighbours, within `low`..`high` where they
    fit.
    """
    moved = list(places)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    if moved and moved[-1] > high:
        moved[-1] = high
        for i in range(len(moved) - 2, -1, -1):
            moved[i] = min(moved[i], moved[i + 1] - gap)
    return [max(place, low) for place in moved] if len(moved) == 1 else moved
