"""The Siamese head: two pictures, their encodings, the differences, the weights learnt on them and
the probability; and what it is worth beside the plain distance. HTML and SVG text.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import Axes, Line, nice, number
from plugins.triplet_finetuning.data.picture_set import PictureSet

if TYPE_CHECKING:
    from plugins.shared.faces.measured.operating_curves import Rate
    from plugins.triplet_finetuning.training.pair_classifier import Comparison, Head, Judged

SIDE = 96
TITLES = {"distance": "Plain distance", "difference": "|f(i) − f(j)|", "chi_square": "χ²"}
FORMULAS = {
    "difference": "|f(i) − f(j)|",
    "chi_square": "(f(i) − f(j))² / (f(i) + f(j))",
}
QUARTERS = [(0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1, "1")]


def pair(
    pictures: PictureSet, encodings: np.ndarray, first: int, second: int, head: Head, plain: Head
) -> str:
    """One pair on its way through the Siamese network.

    Args:
        encodings: (N, D) of the pictures.
        first, second: Which two.
        head: The logistic regression on the differences. `plain`: the one on the distance alone.
    """
    left, right = encodings[first], encodings[second]
    features, weights = head.features(left, right)[0], head.weights
    top = float(np.abs([left, right]).max(initial=0))
    z = float(features @ weights + head.bias)
    rows = [
        (_picture(pictures, i, letter), strip(f, -top, top, f"f({letter}), {len(f)} numbers"))
        for i, letter, f in ((first, "i", left), (second, "j", right))
    ]
    formula = FORMULAS[head.kind]
    seen = strip(features, 0, float(features.max(initial=0)), f"{formula}, {len(features)} numbers")
    reach = float(np.abs(weights).max(initial=0))
    learnt = strip(weights, -reach, reach, f"weights, {len(weights)} numbers", signed=True)
    adds = features * weights
    most = float(np.abs(adds).max(initial=0))
    together = strip(adds, -most, most, f"products, {len(adds)} numbers", signed=True)
    rows += [
        (_label("g", formula), seen),
        (_label("w", "the weights learnt"), learnt),
        (_label("w · g", "up: same, down: not"), together),
    ]
    cells = "".join(f"<div>{name}</div><div>{drawn}</div>" for name, drawn in rows)
    total = f"z = Σ w<sub>k</sub> g<sub>k</sub> + b = <b>{number(z, 2)}</b>"
    alike = bool(pictures.labels[first] == pictures.labels[second])
    return (
        f'<div class="tf-pair"><div class="pv-encodings tf-strips">{cells}</div>'
        f'<p class="pv-note">{total}; p = 1 / (1 + e<sup>−z</sup>)</p>'
        f'<div class="tf-verdicts">{_logistic(head, left, right, alike)}'
        f"{_threshold(plain, left, right, alike)}</div></div>"
    )


def _picture(pictures: PictureSet, i: int, letter: str) -> str:
    name = escape(pictures.names[pictures.labels[i]])
    uri = data_uri(pictures.chips[i], SIDE)
    return (
        f'<span class="tf-input" title="{escape(pictures.files[i])}">'
        f'<img src="{uri}" alt="{letter}: {name}"><small><b>{letter}</b> {name}</small></span>'
    )


def _label(symbol: str, words: str) -> str:
    return f'<span class="pv-label">{symbol}</span><small>{words}</small>'


def strip(values: np.ndarray, low: float, high: float, label: str, signed: bool = False) -> str:
    """Bars from 0, one a number, on a scale from `low` to `high`.

    Args:
        signed: Whether bars above and below 0 differ in colour.
    """
    span = high - low if high > low else 1.0
    levels = 100 * (1 - (np.nan_to_num(np.asarray(values, np.float64)) - low) / span)
    base = 100 * (1 - (0 - low) / span)
    bars = [f"M{k + 0.5} {base:.1f}V{level:.1f}" for k, level in enumerate(levels)]
    groups = [("", bars)]
    if signed:
        up = levels <= base
        groups = [
            ("is-up", [bar for bar, one in zip(bars, up, strict=True) if one]),
            ("is-down", [bar for bar, one in zip(bars, up, strict=True) if not one]),
        ]
    paths = "".join(
        f'<path class="{kind}" stroke-width="0.8" d="{"".join(own)}"/>' for kind, own in groups
    )
    return (
        f'<svg class="pv-strip" viewBox="0 0 {len(levels)} 100" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(label)}">{paths}</svg>'
    )


def _logistic(head: Head, left: np.ndarray, right: np.ndarray, alike: bool) -> str:
    p = float(head.probability(left, right)[0])
    bar = (
        f'<div class="pv-bar tf-chance"><div style="width:{_width(p)}%"></div>'
        '<u style="left:50%"></u></div>'
    )
    words = f"logistic on {TITLES[head.kind]}: p {'≥' if p >= 0.5 else '<'} 0.5"
    return _verdict(f"p = {number(p)}", words, bar, p >= 0.5, alike)


def _threshold(plain: Head, left: np.ndarray, right: np.ndarray, alike: bool) -> str:
    """The plain distance against the distance at which its own regression says one half."""
    d = float(plain.features(left, right)[0, 0])
    weight = float(plain.weights[0])
    tau = -plain.bias / weight if weight else math.nan
    same = float(plain.probability(left, right)[0]) >= 0.5
    end = nice(max(d, tau) if math.isfinite(tau) else d)
    bar = (
        f'<div class="pv-bar tf-chance"><div style="width:{_width(d / end)}%"></div>'
        f'<u style="left:{_width(tau / end)}%"></u></div>'
    )
    words = f"plain distance: d {'≤' if same else '&gt;'} τ = {number(tau)}"
    return _verdict(f"d = {number(d)}", words, bar, same, alike)


def _width(share: float) -> str:
    return f"{100 * min(max(share, 0), 1):.1f}" if math.isfinite(share) else "0.0"


def _verdict(value: str, words: str, bar: str, same: bool, alike: bool) -> str:
    says = "Same" if same else "Different"
    judged = "right" if same == alike else "wrong"
    return (
        f'<div class="pv-verdict tf-verdict {"is-same" if same else "is-different"}">'
        f'<p class="pv-word">{says}</p><p class="pv-rule"><b>{value}</b></p>{bar}'
        f'<p class="pv-small">{words}. This is <b class="is-{judged}">{judged}</b>.</p></div>'
    )


def table(comparison: Comparison) -> str:
    """The plain distance and the heads on the same held-out pairs, with 95 % intervals."""
    columns = (
        ("EER", "%, lower is better", lambda one: one.eer, 100, True),
        ("Accuracy", "%, balanced, at p = 0.5", lambda one: one.accuracy, 100, False),
        ("AUC", "1 is perfect", lambda one: one.auc, 1, False),
    )
    judged = comparison.judged
    titles = [(title, hint) for title, hint, *_ in columns] + [("Brier", "lower is better")]
    head = "".join(f'<th scope="col">{title}<small>{hint}</small></th>' for title, hint in titles)
    parts = []
    for _, _, get, unit, less in columns:
        rates = [get(one) for one in judged]
        best = (min if less else max)((rate.value for rate in rates), default=math.nan)
        low = min((rate.low for rate in rates), default=0)
        high = max((rate.high for rate in rates), default=1)
        parts.append([_cell(rate, unit, best, low, high) for rate in rates])
    rows = "".join(
        f'<tr><th scope="row">{TITLES[one.head.kind]}</th>{"".join(part[i] for part in parts)}'
        f"<td>{number(one.brier)}</td></tr>"
        for i, one in enumerate(judged)
    )
    return (
        '<div class="tf-head"><b>On the same held-out pairs</b><span>95 % intervals</span></div>'
        f'<table class="tf-table"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        f'<p class="pv-note">{_help(judged)} {escape(comparison.sentence)}</p>'
    )


def _cell(rate: Rate, unit: int, best: float, low: float, high: float) -> str:
    span = max(high - low, 1e-9)
    left, right, at = (_width((v - low) / span) for v in (rate.low, rate.high, rate.value))
    strong = "is-best" if rate.value == best else ""
    digits = (1, 1, 1) if unit > 1 else (3, 2, 2)
    ends = (rate.value, rate.low, rate.high)
    value, start, end = (number(unit * v, n) for v, n in zip(ends, digits, strict=True))
    return (
        f'<td class="{strong}"><b>{value}</b>'
        f"<small>{start} – {end}</small>"
        f'<span class="tf-whisker" aria-hidden="true"><i style="left:{left}%;'
        f'width:{float(right) - float(left):.1f}%"></i><u style="left:{at}%"></u></span></td>'
    )


def _help(judged: tuple[Judged, ...]) -> str:
    """Whether a head is better than the plain distance, by the intervals of the EER."""
    plain = next((one.eer for one in judged if one.head.kind == "distance"), None)
    heads = [one for one in judged if one.head.kind != "distance"]
    if plain is None or not heads:
        return ""
    best = min(heads, key=lambda one: one.eer.value)
    title = f"logistic regression on {TITLES[best.head.kind]}"
    if best.eer.high < plain.low:
        return f"The {title} helps: its EER lies below the plain distance's interval."
    if best.eer.value < plain.value:
        return f"The {title} has the lowest EER, but the intervals overlap: no clear gain."
    return "The logistic heads do not help here: no EER is lower than the plain distance's."


def reliability(comparison: Comparison) -> str:
    """Of the pairs that got a probability the share that was genuine: the honest lie on the
    diagonal.
    """
    axes = Axes(1, 1, right=84)
    lines = [
        Line(
            TITLES[one.head.kind],
            f"tf-line is-{one.head.kind}",
            [(p, share) for p, share, _ in one.reliability],
        )
        for one in comparison.judged
    ]
    ideal = f'<path class="pv-grid" d="{axes.path([(0, 0), (1, 1)])}"/>'
    briers = ", ".join(f"{TITLES[one.head.kind]} {number(one.brier)}" for one in comparison.judged)
    return axes.figure(
        "Are the probabilities honest?",
        f"Share of genuine pairs over the probability said; Brier score: {briers}",
        ideal + axes.named(lines),
        "probability said",
        QUARTERS,
        QUARTERS,
        y_title="share genuine",
    )
