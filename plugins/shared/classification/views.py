"""What the pages of classifiers show alike: probabilities, mistakes, and whether certainty can be
believed. HTML and SVG text; the style is in `page/answers.css`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plugins.shared.page.html_parts import asset
from plugins.shared.page.plots import Axes, Line, clock, percent

if TYPE_CHECKING:
    from plugins.shared.classification.metrics import Calibration, Tally

PAGE = Path(__file__).with_name("page")


def style() -> str:
    """The style of what is here."""
    return asset("answers.css", PAGE)


def said(words: str) -> str:
    """A quiet sentence."""
    return f'<p class="pv-note">{escape(words)}</p>'


def waiting(place: int, seconds: float) -> str:
    """Where one stands in the queue."""
    ahead = "One run is" if place == 1 else f"{place} runs are"
    return said(f"{ahead} ahead of yours; about {clock(seconds)} to wait.")


def bars(
    classes: Sequence[str],
    probabilities: Sequence[float],
    most: int = 8,
    ranked: bool = True,
    pressed: int | None = None,
) -> str:
    """The classes by their probability, the likeliest first.

    Args:
        most: Classes that are shown.
        ranked: Where there are no more classes than that, False leaves them as they are.
        pressed: Each class is a button with `data-class`, this one pressed; None: no buttons.
    """
    shares = np.asarray(probabilities, float)
    order = np.argsort(-shares, kind="stable")[:most]
    if not ranked and len(shares) <= most:
        order = np.arange(len(shares))

    def name(i: int) -> str:
        if pressed is None:
            return escape(classes[i])
        state = str(i == pressed).lower()
        return (
            f'<button type="button" data-class="{i}" aria-pressed="{state}">'
            f"{escape(classes[i])}</button>"
        )

    rows = "".join(
        f'<li><span>{name(i)}</span><i style="--pc-share:{shares[i]:.1%}"></i>'
        f"<b>{percent(float(shares[i]))}</b></li>"
        for i in order
    )
    left = len(classes) - len(order)
    more = f'<p class="pv-note">{left} classes are less likely still.</p>' if left else ""
    return f'<ol class="pc-bars">{rows}</ol>{more}'


def confusion(tally: Tally, title: str = "What was what, and what it was called") -> str:
    """Counts, the truth in rows, with their share of the row, and shaded by it."""
    table = tally.confusion
    sums = np.maximum(table.sum(1, keepdims=True), 1)
    head = "".join(f"<th scope='col'><span>{escape(name)}</span></th>" for name in tally.classes)

    def share(i: int, j: int) -> str:
        return f"<small>{table[i, j] / sums[i, 0]:.0%}</small>" if table[i, j] else ""

    rows = []
    for i, name in enumerate(tally.classes):
        cells = "".join(
            f'<td class="{"is-right" if i == j else "is-wrong"}" '
            f'style="--pc-share:{table[i, j] / sums[i, 0]:.0%}">{table[i, j]:,}{share(i, j)}</td>'
            for j in range(len(tally.classes))
        )
        recall = percent(float(tally.recall[i]))
        rows.append(f"<tr><th scope='row'>{escape(name)}</th>{cells}<td>{recall}</td></tr>")
    return (
        f'<figure class="pv-plot pc-confusion"><figcaption>{escape(title)}</figcaption>'
        f'<div tabindex="0"><table><thead><tr><th>truth \\ answer</th>{head}<th>recall</th></tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div></figure>"
    )


def reliability(title: str, curves: Sequence[tuple[str, Calibration]]) -> str:
    """How often answers of a certainty are right; on the diagonal they can be believed.

    Args:
        curves: At most four, each with a name.
    """
    axes = Axes(1.0, 1.0, right=62)
    diagonal = f'<path class="pc-diagonal" d="{axes.path([(0, 0), (1, 1)])}"/>'
    lines = [
        Line(name, f"is-line{i}", list(zip(one.certainty[known], one.right[known], strict=True)))
        for i, (name, one) in enumerate(curves)
        for known in [one.counts > 0]
    ]
    marks = [(v, f"{100 * v:.0f} %") for v in (0.0, 0.5, 1.0)]
    body = diagonal + axes.named(lines)
    words = "certainty across, share right upwards"
    return axes.figure(title, f"{title}: {words}", body, words, x_ticks=marks, y_ticks=marks)
