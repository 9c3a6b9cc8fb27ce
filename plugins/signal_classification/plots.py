"""What the signal page draws: signals coloured by evidence, kernels at work, and how it learns. SVG
and HTML text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from plugins.svg import Axes, Line, number, percent, thinned

if TYPE_CHECKING:
    from plugins.signal_classification.explain import Filter
    from plugins.signal_classification.training import Progress

PIECES = 160
"""Pieces of one colour that a signal is drawn in."""
WIDE, TALL, EDGE = 640, 150, 6
"""Size of a signal's drawing, and what is kept free around it."""
SMALL = 46
"""Height of a response's drawing."""


def lit(signal: np.ndarray, evidence: np.ndarray | None, title: str) -> str:
    """A signal, each piece in the colour of what it says for a class: warm for, cold against.

    Args:
        signal: (channels, length); every channel has a line of its own, one above the other.
        evidence: (length,), as `explain.cams` gives for one class; None: no colours.
    """
    each = max(TALL // len(signal), SMALL)
    height = each * len(signal)
    lines = [
        _coloured(channel, evidence, top=i * each, tall=each) for i, channel in enumerate(signal)
    ]
    return (
        f'<figure class="pv-plot sg-lit"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="0 0 {WIDE} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(lines)}</svg></figure>"
    )


def _coloured(channel: np.ndarray, evidence: np.ndarray | None, top: float, tall: float) -> str:
    across, down = _places(channel, top, tall)
    if evidence is None:
        return f'<path class="sg-line" d="{_path(across, down)}"/>'
    most = float(np.abs(evidence).max()) or 1.0
    ends = np.unique(np.linspace(0, len(channel) - 1, PIECES + 1).round().astype(int))
    drawn = []
    for first, last in zip(ends[:-1], ends[1:], strict=True):
        share = float(evidence[first : last + 1].mean()) / most
        side = "is-for" if share >= 0 else "is-against"
        piece = slice(first, last + 1)
        drawn.append(
            f'<path class="sg-line {side}" style="--sg-share:{abs(share):.0%}" '
            f'd="{_path(across[piece], down[piece])}"/>'
        )
    return "".join(drawn)


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


def kernels(filters: Sequence[Filter], most: int = 6) -> str:
    """Kernels of the first layer beside the response that each gives along the signal."""
    rows = []
    for rank, one in enumerate(filters[:most]):
        taps = one.weights.mean(0)
        across, down = _places(one.response, 0, SMALL)
        taken = one.weights.shape[1]
        words = f"Kernel {rank + 1}, {taken} taps"
        label = f"Response of kernel {rank + 1} along the signal"
        rows.append(
            f'<div class="sg-kernel"><figure>{_taps(taps)}<figcaption>{words}</figcaption></figure>'
            f'<div style="--sg-taps:{taken / len(one.response):.2%}">'
            f'<svg viewBox="0 0 {WIDE} {SMALL}" role="img" aria-label="{label}">'
            f'<path class="sg-line" d="{_path(across, down)}"/></svg><i></i></div></div>'
        )
    return f'<div class="sg-kernels">{"".join(rows)}</div>'


def _taps(taps: np.ndarray, wide: float = 90, tall: float = SMALL) -> str:
    """The weights of a kernel as upright bars from a middle line."""
    most = float(np.abs(taps).max()) or 1.0
    step, middle = wide / len(taps), tall / 2
    drawn = "".join(
        f'<rect class="{"is-for" if tap >= 0 else "is-against"}" x="{i * step:.1f}" '
        f'y="{middle - max(tap, 0) / most * middle:.1f}" width="{max(step - 0.5, 0.5):.1f}" '
        f'height="{abs(tap) / most * middle:.1f}"/>'
        for i, tap in enumerate(taps)
    )
    return f'<svg viewBox="0 0 {wide:g} {tall:g}" aria-hidden="true">{drawn}</svg>'


def learning(progress: Sequence[Progress], budget: float) -> str:
    """Balanced accuracy on test signals over the seconds, a line for each member."""
    if not progress:
        return ""
    end = max(budget, progress[-1].seconds)
    axes = Axes(end, 1.0, right=62)
    lines = []
    for member in range(progress[-1].member + 1):
        own = [p for p in progress if p.member == member]
        points = [(own[i].seconds, own[i].balanced) for i in thinned(len(own))]
        lines.append(Line(f"network {member + 1}", f"is-line{member % 4}", points))
    body = axes.named(lines)
    y_ticks = [(v, percent(v)) for v in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return axes.figure(
        "Balanced accuracy while it learns", "Balanced accuracy over seconds", body,
        x_title="seconds", y_ticks=y_ticks,
    )  # fmt: skip


def scoreboard(rows: Sequence[tuple[str, float, float, float, bool]], majority: float) -> str:
    """Contenders by balanced accuracy.

    Args:
        rows: (name, balanced accuracy, accuracy, seconds, whether it is the visitor's network).
        majority: Accuracy of always naming the most frequent class.
    """
    body = "".join(
        f'<tr class="{"is-ours" if ours else ""}"><th scope="row">{escape(name)}</th>'
        f'<td><i style="--pc-share:{balanced:.1%}"></i><b>{percent(balanced)}</b></td>'
        f"<td>{percent(accuracy)}</td><td>{number(seconds, 1)} s</td></tr>"
        for name, balanced, accuracy, seconds, ours in sorted(rows, key=lambda row: -row[1])
    )
    return (
        '<table class="pc-board"><thead><tr><th></th><th>balanced accuracy</th><th>accuracy</th>'
        f"<th>time</th></tr></thead><tbody>{body}</tbody></table>"
        f'<p class="pv-note">Always naming the most frequent class is right in {percent(majority)} '
        "of all cases. Balanced accuracy counts every class alike.</p>"
    )
