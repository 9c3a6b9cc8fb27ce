"""What the pages of classifiers show alike: probabilities, mistakes, and whether certainty can be
believed. HTML and SVG text; the style is in `page/answers.css`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.classification.metrics import wilson
from plugins.shared.page.html_parts import asset
from plugins.shared.page.plots import Axes, Line, clock, percent
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.metrics import Calibration, Tally

PAGE = Path(__file__).with_name("page")


def style() -> str:
    """The style of what is here."""
    return asset("answers.css", PAGE)


def said(words: str) -> Markup:
    """A quiet sentence."""
    return Markup('<p class="pv-note">{}</p>').format(words)


def waiting(place: int, seconds: float) -> str:
    """Where one stands in the queue."""
    return said(
        say(
            "{n} runs are ahead of yours; about {seconds} to wait.",
            "{n} run is ahead of yours; about {seconds} to wait.",
            n=place,
            seconds=clock(seconds),
        )
    )


def counted(right: int, total: int) -> str:
    """A share as it was counted, with its 95 % interval."""
    low, high = wilson(right, total)
    return say(
        "{share} ({right:,} of {total:,}; 95 % interval {low} to {high})",
        share=percent(right / max(total, 1)), right=right, total=total,
        low=percent(low), high=percent(high),
    )  # fmt: skip


def bars(
    classes: Sequence[str],
    probabilities: Sequence[float],
    most: int = 8,
    ranked: bool = True,
    pressed: int | None = None,
) -> Markup:
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
            return classes[i]
        state = str(i == pressed).lower()
        return Markup('<button type="button" data-class="{}" aria-pressed="{}">{}</button>').format(
            i, state, classes[i]
        )

    rows = Markup().join(
        Markup('<li><span>{}</span><i style="--pc-share:{:.1%}"></i><b>{}</b></li>').format(
            name(i), shares[i], percent(float(shares[i]))
        )
        for i in order
    )
    left = len(classes) - len(order)
    more = said(say("{left} classes are less likely still.", left=left)) if left else ""
    return Markup('<ol class="pc-bars">{}</ol>{}').format(rows, more)


def confusion(tally: Tally, title: str = "What was what, and what it was called") -> Markup:
    """Counts, the truth in rows, with their share of the row, and shaded by it."""
    table = tally.confusion
    sums = np.maximum(table.sum(1, keepdims=True), 1)
    head = Markup().join(
        Markup("<th scope='col'><span>{}</span></th>").format(name) for name in tally.classes
    )

    def cell(i: int, j: int) -> Markup:
        kind = "is-right" if i == j else "is-wrong"
        count, share = table[i, j], table[i, j] / sums[i, 0]
        shown = Markup("<small>{:.0%}</small>").format(share) if count else ""
        return Markup('<td class="{}" style="--pc-share:{:.0%}">{:,}{}</td>').format(
            kind, share, count, shown
        )

    rows = []
    for i, name in enumerate(tally.classes):
        cells = Markup().join(cell(i, j) for j in range(len(tally.classes)))
        recall = percent(float(tally.recall[i]))
        rows.append(
            Markup("<tr><th scope='row'>{}</th>{}<td>{}</td></tr>").format(name, cells, recall)
        )
    return Markup(
        '<figure class="pv-plot pc-confusion"><figcaption>{}</figcaption>'
        '<div tabindex="0"><table><thead><tr><th>truth \\ answer</th>{}<th>recall</th></tr>'
        "</thead><tbody>{}</tbody></table></div></figure>"
    ).format(title, head, Markup().join(rows))


def reliability(title: str, curves: Sequence[tuple[str, Calibration]]) -> str:
    """How often answers of a certainty are right; on the diagonal they can be believed.

    Args:
        curves: At most four, each with a name.
    """
    axes = Axes(1.0, 1.0, right=62)
    diagonal = Markup('<path class="pc-diagonal" d="{}"/>').format(axes.path([(0, 0), (1, 1)]))
    lines = [
        Line(name, f"is-line{i}", list(zip(one.certainty[known], one.right[known], strict=True)))
        for i, (name, one) in enumerate(curves)
        for known in [one.counts > 0]
    ]
    marks = [(v, f"{100 * v:.0f} %") for v in (0.0, 0.5, 1.0)]
    body = diagonal + axes.named(lines)
    words = "certainty across, share right upwards"
    return axes.figure(
        title,
        say("{title}: {words}", title=say(title), words=say(words)),
        body,
        words,
        x_ticks=marks,
        y_ticks=marks,
    )
