"""What the signal page draws: signals coloured by evidence, how it learns, and the results table.
SVG and HTML text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.classification.metrics import wilson
from plugins.shared.page.plots import Axes, Line, number, percent, thinned
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.training import Progress
    from plugins.signal_classification.views.results import Contender

PIECES = 160
"""Pieces of one colour that a signal is drawn in."""
WIDE, TALL, EDGE = 640, 150, 6
"""Size of a signal's drawing, and what is kept free around it."""
SMALL = 46
"""Least height of one channel of several."""


def lit(signal: np.ndarray, shares: np.ndarray | None, title: str, kind: str = "") -> Markup:
    """A signal, each piece in the colour of what it says for a class: warm for, cold against.

    Args:
        signal: (channels, length); every channel has a line of its own, one above the other.
        shares: (pieces,) as `evidence` gives for one class; None: no colours.
        kind: CSS classes of the figure.
    """
    each = max(TALL // len(signal), SMALL)
    height = each * len(signal)
    lines = [
        _coloured(channel, shares, top=i * each, tall=each) for i, channel in enumerate(signal)
    ]
    return Markup(
        '<figure class="pv-plot sg-lit {kind}"><figcaption>{title}</figcaption>'
        '<svg viewBox="0 0 {wide} {height}" role="img" aria-label="{title}">'
        "{lines}</svg></figure>"
    ).format(kind=kind, title=title, wide=WIDE, height=height, lines=Markup().join(lines))


def evidence(maps: np.ndarray) -> np.ndarray:
    """(classes, pieces) from maps (classes, length): what each piece says, on one scale, -1..1."""
    ends = _ends(maps.shape[1])
    pairs = zip(ends[:-1], ends[1:], strict=True)
    found = np.stack([maps[:, first : last + 1].mean(1) for first, last in pairs], 1)
    return found / (float(np.abs(found).max()) or 1.0)


def _ends(length: int) -> np.ndarray:
    """The samples at which pieces begin and end."""
    return np.unique(np.linspace(0, length - 1, PIECES + 1).round().astype(int))


def _coloured(channel: np.ndarray, shares: np.ndarray | None, top: float, tall: float) -> Markup:
    across, down = _places(channel, top, tall)
    if shares is None:
        return Markup('<path class="sg-line" d="{}"/>').format(_path(across, down))
    ends, low = _ends(len(channel)), top + tall - 1
    drawn = []
    for first, last, share in zip(ends[:-1], ends[1:], shares, strict=True):
        piece = slice(first, last + 1)
        line = _path(across[piece], down[piece])
        area = f"{line}L{across[last]:.1f} {low:.1f}H{across[first]:.1f}Z"
        side = "is-for" if share >= 0 else "is-against"
        drawn.append(
            Markup(
                '<g class="sg-piece {}" style="--sg-share:{:.0%}">'
                '<path class="sg-fill" d="{}"/><path class="sg-line" d="{}"/></g>'
            ).format(side, abs(share), area, line)
        )
    return Markup().join(drawn)


def _places(values: np.ndarray, top: float, tall: float) -> tuple[np.ndarray, np.ndarray]:
    """Where each sample lies in the drawing; a constant signal in the middle."""
    across = EDGE + np.linspace(0, 1, len(values)) * (WIDE - 2 * EDGE)
    low, high = float(values.min()), float(values.max())
    share = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return across, top + tall - EDGE - share * (tall - 2 * EDGE)


def _path(across: np.ndarray, down: np.ndarray) -> str:
    kept = thinned(len(across), 2 * WIDE)
    points = (f"{x:.1f} {y:.1f}" for x, y in zip(across[kept], down[kept], strict=True))
    return "M" + "L".join(points)


def learning(progress: Sequence[Progress], budget: float) -> str:
    """Balanced accuracy on test signals over the seconds, a line for each member."""
    if not progress:
        return ""
    end = 2.0 * math.ceil(max(budget, progress[-1].seconds) / 2)
    axes = Axes(end, 1.0, right=62)
    lines = []
    for member in range(progress[-1].member + 1):
        own = [p for p in progress if p.member == member]
        points = [(own[i].seconds, own[i].balanced) for i in thinned(len(own))]
        lines.append(
            Line(say("network {member}", member=member + 1), f"is-line{member % 4}", points)
        )
    body = axes.named(lines)
    y_ticks = [(v, percent(v)) for v in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return axes.figure(
        "Balanced accuracy while it learns", "Balanced accuracy over seconds", body,
        x_title="seconds", y_ticks=y_ticks,
    )  # fmt: skip


def scoreboard(rows: Sequence[Contender], total: int) -> Markup:
    """Contenders by balanced accuracy, the best first, each with the interval of its accuracy.

    Args:
        total: Signals that were tested on.
    """

    def within(row: Contender) -> str:
        low, high = wilson(round(row.accuracy * total), total)
        return say("{low} to {high}", low=number(100 * low, 0), high=percent(high))

    body = Markup().join(
        Markup(
            '<tr class="{kind}"><th scope="row">{row.name}</th>'
            '<td><i style="--pc-share:{row.balanced:.1%}"></i><b>{balanced}</b></td>'
            "<td>{accuracy}<small>{within}</small></td><td>{seconds} s</td></tr>"
        ).format(
            kind="is-ours" if row.ours else "",
            row=row,
            balanced=percent(row.balanced),
            accuracy=percent(row.accuracy),
            within=within(row),
            seconds=number(row.seconds, 1),
        )
        for row in sorted(rows, key=lambda row: -row.balanced)
    )
    return Markup(
        '<table class="pc-board"><thead><tr><th scope="col">on the test signals</th>'
        '<th scope="col">balanced accuracy</th><th scope="col">accuracy</th>'
        '<th scope="col">time</th></tr></thead><tbody>{}</tbody></table>'
    ).format(body)
