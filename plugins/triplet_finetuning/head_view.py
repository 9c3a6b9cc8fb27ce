"""The Siamese head in pictures: two encodings, what the logistic regression makes of them, and how
well it does. HTML and SVG text only.
"""

from __future__ import annotations

from html import escape

import numpy as np

from plugins.faces.curves import Rate
from plugins.faces.view import data_uri
from plugins.triplet_finetuning.pictureset import PictureSet
from plugins.triplet_finetuning.siamese import KINDS, Comparison, Head, Judged
from plugins.triplet_finetuning.svg import Axes, Line, percent

HEIGHT, STEP = 44, 5


def bars(values: np.ndarray, label: str, kind: str = "") -> str:
    """A bar a number, signed ones around a line in the middle."""
    values = np.nan_to_num(np.asarray(values, np.float64))
    top = max(float(np.abs(values).max(initial=0)), 1e-9)
    signed = bool((values < 0).any())
    zero, room = (HEIGHT / 2, HEIGHT / 2) if signed else (HEIGHT, HEIGHT)
    drawn = []
    for i, value in enumerate(values):
        high = abs(value) / top * room
        y = zero - high if value >= 0 else zero
        sign = "is-plus" if value >= 0 else "is-minus"
        drawn.append(
            f'<rect class="{sign}" x="{i * STEP}" y="{y:.1f}" width="4" height="{high:.1f}"/>'
        )
    width = max(len(values), 1) * STEP
    return (
        f'<div class="tf-strip {kind}"><svg viewBox="0 0 {width} {HEIGHT}" role="img" '
        f'preserveAspectRatio="none" aria-label="{escape(label)}">{"".join(drawn)}</svg></div>'
    )


def pair(
    pictures: PictureSet, encodings: np.ndarray, i: int, j: int, head: Head, plain: Head
) -> str:
    """Two pictures, their encodings, the features, the weights on them, and the probability.

    Args:
        head: The logistic head that decides. `plain`: the plain distance beside it.
    """
    left, right = encodings[i], encodings[j]
    features = head.features(left, right)[0]
    p, by_distance = (float(one.probability(left, right)[0]) for one in (head, plain))
    distance = float(plain.features(left, right)[0, 0])
    same = pictures.labels[i] == pictures.labels[j]
    truth = "one identity" if same else "two identities"
    rows = [
        (_picture(pictures, i), bars(left, "encoding of the first picture")),
        (_picture(pictures, j), bars(right, "encoding of the second picture")),
        (_word("features"), bars(features, KINDS[head.kind], "is-difference")),
        (_word("weights"), bars(head.weights, "weights of the logistic regression", "is-weights")),
        (
            _word("together"),
            bars(features * head.weights, "what each number adds", "is-weights"),
        ),
    ]
    drawn = "".join(f'<div class="tf-row">{a}{b}</div>' for a, b in rows)
    right_word = "right" if (p >= 0.5) == same else "wrong"
    return (
        f'<div class="tf-pair">{drawn}</div><p class="tf-answer" data-p="{p:.4f}">'
        f"p(one identity) = <b>{p:.3f}</b>, which is <b>{right_word}</b>: these show {truth}. "
        f"The plain distance, d = {distance:.3f}, says {by_distance:.3f}.</p>"
    )


def table(comparison: Comparison) -> str:
    """The three on the same pairs."""
    best = min(one.eer.value for one in comparison.judged)
    rows = "".join(_row(one, one.eer.value == best) for one in comparison.judged)
    return (
        '<table class="tf-heads"><thead><tr><th>on held-out pairs</th><th>EER</th><th>AUC</th>'
        "<th>balanced accuracy at p = 0.5</th><th>Brier</th></tr></thead>"
        f'<tbody>{rows}</tbody></table><p class="pv-model">{escape(comparison.sentence)} '
        f"{escape(verdict(comparison))}</p>"
    )


def verdict(comparison: Comparison) -> str:
    """Whether learning the comparison helped, by the intervals of the EER."""
    plain, *learnt = comparison.judged
    best = min(learnt, key=lambda one: one.eer.value)
    if best.eer.value >= plain.eer.value:
        return "Here the logistic heads do not help: the plain distance is as good."
    if best.eer.high < plain.eer.low:
        return f"The {KINDS[best.head.kind]} is better than the plain distance."
    return "The best logistic head is a little better, but the intervals overlap."


def reliability(comparison: Comparison) -> str:
    """Share of genuine pairs over the probability that was given: on the diagonal it is honest."""
    axes = Axes(1, 1, right=92)
    lines = [
        Line(one.head.kind.replace("_", "-"), f"tf-line is-run{rank}", points)
        for rank, one in enumerate(comparison.judged[1:])
        if (points := [(mean, genuine) for mean, genuine, _ in one.reliability])
    ]
    diagonal = f'<path class="pv-grid" d="{axes.path([(0, 0), (1, 1)])}"/>'
    label = "Share of genuine pairs over the given probability"
    return axes.figure("Are the probabilities honest?", label, diagonal + axes.named(lines), "p")


def _row(one: Judged, best: bool) -> str:
    cells = "".join(f"<td>{_rate(rate)}</td>" for rate in (one.eer, one.auc, one.accuracy))
    kind = ' class="is-best"' if best else ""
    name = escape(KINDS[one.head.kind])
    return f"<tr{kind}><th>{name}</th>{cells}<td>{one.brier:.3f}</td></tr>"


def _rate(rate: Rate) -> str:
    low, high = percent(rate.low), percent(rate.high)
    return f"<b>{percent(rate.value)}</b> <small>{low} – {high}</small>"


def _picture(pictures: PictureSet, i: int) -> str:
    name = escape(pictures.files[i])
    return f'<img src="{data_uri(pictures.chips[i], 96)}" alt="{name}" title="{name}">'


def _word(text: str) -> str:
    return f"<span>{text}</span>"
