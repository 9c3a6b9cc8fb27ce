"""The loss curves of a painting: J and its terms, and the style loss of each layer. SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from plugins.shared.page.plots import TOP, Axes, Line, nice, number, text, thinned
from weights.messages import listed, say

if TYPE_CHECKING:
    from plugins.style_transfer.run import Progress

TERMS = (("total", "is-total"), ("style", "is-style"), ("content", "is-content"))
SMOOTHNESS = ("variation", "is-variation")
HUES = 8
"""Colours of layers, from shallow to deep; then they begin again."""


def plots(
    losses: Sequence[Progress],
    steps: int,
    stages: Sequence[tuple[int, tuple[int, int]]] = (),
) -> Markup:
    """Loss curves by term as they enter J, and the style loss of each layer.

    Args:
        stages: (steps, (height, width)) from coarse to fine; where the size grows, a line is drawn.
    """
    if not losses:
        return Markup()
    some = [losses[i] for i in thinned(len(losses))]
    names = [*TERMS, SMOOTHNESS]
    terms = [
        Line(name, kind, [(p.step, p.losses.get(name, math.nan)) for p in some])
        for name, kind in names
        if name in losses[-1].losses
    ]
    layers = [
        Line(short(name), hue(i), [(p.step, p.by_layer.get(name, math.nan)) for p in some])
        for i, name in enumerate(losses[-1].by_layer)
    ]
    drawn = [_plot("J(G) and its terms", terms, steps, stages, 58)]
    if layers:
        drawn.append(_plot("Style loss of each layer", layers, steps, stages, 82))
    return Markup('<div class="pv-plots st-plots">{}</div>').format(Markup().join(drawn))


def _plot(
    title: str,
    lines: Sequence[Line],
    steps: int,
    stages: Sequence[tuple[int, tuple[int, int]]],
    right: float,
) -> str:
    """Curves that begin high: the axis ends where a twentieth of the points lie above."""
    heights = sorted(y for line in lines for _, y in line.points if math.isfinite(y))
    top = heights[int(0.95 * (len(heights) - 1))] if heights else 1.0
    axes = Axes(max(steps, 1), nice(1.1 * top), right=right)
    now = listed(
        [say("{name} {value}", name=say(line.name), value=number(line.end)) for line in lines]
    )
    body = _sizes(axes, stages) + axes.named(lines)
    return axes.figure(title, say("{title} over steps; now {now}", title=say(title), now=now), body)


def _sizes(axes: Axes, stages: Sequence[tuple[int, tuple[int, int]]]) -> Markup:
    """A line where each size begins, with the pixels of its long side."""
    if len(stages) < 2:
        return Markup()
    drawn, begun = [], 0
    for steps, size in stages:
        x = f"{axes.across(begun):.1f}"
        drawn.append(
            Markup('<line class="st-size" x1="{x}" x2="{x}" y1="{top}" y2="{end:.1f}"/>').format(
                x=x, top=TOP, end=axes.down(0)
            )
            + text(float(x) + 2, TOP + 5, f"{max(size)}", "st-size")
        )
        begun += steps
    return Markup().join(drawn)


def hue(i: int) -> str:
    """The CSS class of the i-th layer."""
    return f"is-layer{i % HUES}"


def short(name: str) -> str:
    """A layer's name as it fits beside a curve."""
    return name if len(name) <= 14 else "…" + name[-13:]
