"""A recording drawn whole, each beat or window named where it lies. SVG and HTML text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.classification.views import said
from plugins.shared.page.plots import thinned
from weights.messages import say

if TYPE_CHECKING:
    from plugins.signal_classification.session import Pool

SECONDS, SAMPLES, MOST = 10, 2000, 6
"""Of a line, with and without a rate; and lines that are drawn."""
WIDE, TALL, EDGE, HEAD, FOOT = 1000, 110, 6, 20, 18
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def strip_view(pool: Pool) -> Markup:
    """Lines of ten seconds; each piece has the letter of its class, the rarer classes in colour."""
    strip = pool.strip
    if strip is None:
        return Markup()
    best = pool.probabilities[: len(strip.pieces)].argmax(1)
    unlike = pool.answers.unlike[: len(best)]
    span = int(SECONDS * strip.rate) if strip.rate else SAMPLES
    usual = int(np.bincount(best).argmax())
    lines = -(-len(strip.signal) // span)
    drawn = Markup().join(
        _line(pool, best, unlike, usual, i, span) for i in range(min(lines, MOST))
    )
    counts = Counter(best.tolist())
    legend = Markup().join(
        Markup('<li class="{}"><b translate="no">{}</b> <span>{}</span> ({:,})</li>').format(
            "" if k == usual else "is-rare", _letter(k), pool.classes[k], n
        )
        for k, n in counts.most_common()
    )
    if unlike.any():
        words = say("unlike anything it was trained on")
        legend += Markup('<li><b translate="no">?</b> <span>{}</span> ({:,})</li>').format(
            words, int(unlike.sum())
        )
    title = "The recording, beat by beat" if strip.beats else "The recording, window by window"
    left = lines - MOST
    more = said(say("{n:,} more lines are not drawn.", n=left)) if left > 0 else ""
    return Markup(
        '<figure class="pv-plot sg-strip"><figcaption>{}</figcaption><div tabindex="0">{}</div>'
        '<ul class="sg-classes">{}</ul>{}</figure>'
    ).format(title, drawn, legend, more)


def _letter(k: int) -> str:
    return LETTERS[k] if k < len(LETTERS) else str(k + 1)


def _line(
    pool: Pool, best: np.ndarray, unlike: np.ndarray, usual: int, i: int, span: int
) -> Markup:
    strip = pool.strip
    first = i * span
    part = strip.signal[first : first + span]
    low, high = float(strip.signal.min()), float(strip.signal.max())
    across = EDGE + np.arange(len(part)) / span * (WIDE - 2 * EDGE)
    down = HEAD + (1 - (part - low) / ((high - low) or 1)) * (TALL - HEAD - FOOT)
    kept = thinned(len(part), 2 * WIDE)
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(across[kept], down[kept], strict=True))
    marks = []
    for k in np.flatnonzero((strip.marks >= first) & (strip.marks < first + span)):
        x = EDGE + (strip.marks[k] - first) / span * (WIDE - 2 * EDGE)
        kind = "is-rare" if best[k] != usual or unlike[k] else ""
        letter = "?" if unlike[k] else _letter(int(best[k]))
        marks.append(
            Markup('<text class="{}" x="{:.1f}" y="14" text-anchor="middle">{}</text>').format(
                kind, x, letter
            )
        )
    unit = say("{n:g} s", n=first / strip.rate) if strip.rate else say("sample {n:,}", n=first + 1)
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><path class="sg-line" d="{}"/>{}'
        '<text class="pv-tick" x="{}" y="{}">{}</text></svg>'
    ).format(WIDE, TALL, unit, path, Markup().join(marks), EDGE, TALL - 4, unit)
