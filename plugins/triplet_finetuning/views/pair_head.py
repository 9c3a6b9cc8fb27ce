"""The Siamese head: two pictures, their encodings, the differences, the weights learnt on them and
the probability; and what it is worth beside the plain distance. HTML and SVG text.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.faces.measured.prediction import FEWEST, paired
from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import Axes, Line, nice, number, percent
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.views.curves import named_values
from weights.messages import say

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
) -> Markup:
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
        (
            _picture(pictures, i, letter),
            strip(f, -top, top, say("f({letter}), {f} numbers", letter=letter, f=len(f))),
        )
        for i, letter, f in ((first, "i", left), (second, "j", right))
    ]
    formula = FORMULAS[head.kind]
    seen = strip(
        features,
        0,
        float(features.max(initial=0)),
        say("{formula}, {features} numbers", formula=formula, features=len(features)),
    )
    reach = float(np.abs(weights).max(initial=0))
    learnt = strip(
        weights, -reach, reach, say("weights, {weights} numbers", weights=len(weights)), signed=True
    )
    adds = features * weights
    most = float(np.abs(adds).max(initial=0))
    together = strip(
        adds, -most, most, say("products, {adds} numbers", adds=len(adds)), signed=True
    )
    rows += [
        (_label("g", formula), seen),
        (_label("w", "the weights learnt"), learnt),
        (_label("w · g", "up: same, down: not"), together),
    ]
    cells = Markup().join(
        Markup("<div>{}</div><div>{}</div>").format(name, drawn) for name, drawn in rows
    )
    total = Markup("z = Σ w<sub>k</sub> g<sub>k</sub> + b = <b>{}</b>").format(number(z, 2))
    alike = bool(pictures.labels[first] == pictures.labels[second])
    return Markup(
        '<div class="tf-pair"><div class="pv-encodings tf-strips">{cells}</div>'
        '<p class="pv-note">{total}; p = 1 / (1 + e<sup>−z</sup>)</p>'
        '<div class="tf-verdicts">{logistic}{threshold}</div>'
        '<p class="pv-note">{why}</p></div>'
    ).format(
        cells=cells,
        total=total,
        logistic=_logistic(head, left, right, alike),
        threshold=_threshold(plain, left, right, alike),
        why=_why(adds),
    )


def _why(adds: np.ndarray) -> str:
    """What the weights make of the differences."""
    return say(
        "Both see the same {total} differences. The distance counts all alike; the regression "
        "weighs them: {same} speak for one identity ({up} together), {other} against it ({down}).",
        total=len(adds),
        same=int((adds > 0).sum()),
        up=number(float(adds[adds > 0].sum()), 1),
        other=int((adds < 0).sum()),
        down=number(float(adds[adds < 0].sum()), 1),
    )


def _picture(pictures: PictureSet, i: int, letter: str) -> Markup:
    name = pictures.name(i)
    uri = data_uri(pictures.picture(i), SIDE)
    return Markup(
        '<span class="tf-input" title="{files}">'
        '<img src="{uri}" alt="{letter}: {name}"><small><b>{letter}</b> {name}</small></span>'
    ).format(files=pictures.files[i], uri=uri, letter=letter, name=name)


def _label(symbol: str, words: str) -> Markup:
    return Markup('<span class="pv-label">{}</span><small>{}</small>').format(symbol, words)


def strip(values: np.ndarray, low: float, high: float, label: str, signed: bool = False) -> Markup:
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
    paths = Markup().join(
        Markup('<path class="{}" stroke-width="0.8" d="{}"/>').format(kind, "".join(own))
        for kind, own in groups
    )
    return Markup(
        '<svg class="pv-strip" viewBox="0 0 {} 100" preserveAspectRatio="none" '
        'role="img" aria-label="{}">{}</svg>'
    ).format(len(levels), label, paths)


def _logistic(head: Head, left: np.ndarray, right: np.ndarray, alike: bool) -> str:
    p = float(head.probability(left, right)[0])
    bar = Markup(
        '<div class="pv-bar tf-chance"><div style="width:{}%"></div><u style="left:50%"></u></div>'
    ).format(_width(p))
    words = say(
        "logistic regression on {features}: p {sign} 0.5",
        features=say(TITLES[head.kind]),
        sign="≥" if p >= 0.5 else "<",
    )
    return _verdict(f"p = {number(p)}", words, bar, p >= 0.5, alike)


def _threshold(plain: Head, left: np.ndarray, right: np.ndarray, alike: bool) -> str:
    """The plain distance against the distance at which its own regression says one half."""
    d = float(plain.features(left, right)[0, 0])
    weight = float(plain.weights[0])
    tau = -plain.bias / weight if weight else math.nan
    same = float(plain.probability(left, right)[0]) >= 0.5
    end = nice(max(d, tau) if math.isfinite(tau) else d)
    bar = Markup(
        '<div class="pv-bar tf-chance"><div style="width:{}%"></div><u style="left:{}%"></u></div>'
    ).format(_width(d / end), _width(tau / end))
    words = say("plain distance: d {sign} τ = {tau}", sign="≤" if same else ">", tau=number(tau))
    return _verdict(f"d = {number(d)}", words, bar, same, alike)


def _width(share: float) -> str:
    return f"{100 * min(max(share, 0), 1):.1f}" if math.isfinite(share) else "0.0"


def _verdict(value: str, words: str, bar: Markup, same: bool, alike: bool) -> Markup:
    says = "Same" if same else "Different"
    judged = "right" if same == alike else "wrong"
    return Markup(
        '<div class="pv-verdict tf-verdict {kind}">'
        '<p class="pv-word">{says}</p><p class="pv-rule"><b>{value}</b></p>{bar}'
        '<p class="pv-small">{words} <b class="is-{judged}">{verdict}</b></p></div>'
    ).format(
        kind="is-same" if same else "is-different",
        says=says,
        value=value,
        bar=bar,
        words=say("{what}.", what=words),
        judged=judged,
        verdict="This is right." if same == alike else "This is wrong.",
    )


def table(comparison: Comparison) -> Markup:
    """The plain distance and the heads on the same held-out pairs, with 95 % intervals."""
    columns = (
        ("EER", "%, lower is better", lambda one: one.eer, 100, True),
        ("Accuracy", "%, balanced, at p = 0.5", lambda one: one.accuracy, 100, False),
        ("AUC", "1 is perfect", lambda one: one.auc, 1, False),
    )
    judged = comparison.judged
    titles = [(title, hint) for title, hint, *_ in columns] + [("Brier", "lower is better")]
    head = Markup().join(
        Markup('<th scope="col">{}<small>{}</small></th>').format(title, hint)
        for title, hint in titles
    )
    parts = []
    for _, _, get, unit, less in columns:
        rates = [get(one) for one in judged]
        best = (min if less else max)((rate.value for rate in rates), default=math.nan)
        low = min((rate.low for rate in rates), default=0.0)
        high = max((rate.high for rate in rates), default=1.0)
        parts.append([_cell(rate, unit, best, low, high) for rate in rates])
    rows = Markup().join(
        Markup('<tr><th scope="row">{}</th>{}<td>{}</td></tr>').format(
            TITLES[one.head.kind], Markup().join(part[i] for part in parts), number(one.brier)
        )
        for i, one in enumerate(judged)
    )
    return Markup(
        '<div class="tf-head"><b>On the same held-out pairs</b><span>95 % intervals</span></div>'
        '<table class="tf-table"><thead><tr><td></td>{}</tr></thead>'
        "<tbody>{}</tbody></table>"
        '<p class="pv-note">{} {}</p>'
    ).format(head, rows, _help(judged, comparison.identities), comparison.sentence)


def _cell(rate: Rate, unit: int, best: float, low: float, high: float) -> Markup:
    strong = "is-best" if rate.value == best else ""
    digits = (1, 1, 1) if unit > 1 else (3, 2, 2)
    if math.isnan(rate.low):
        value = number(unit * rate.value, digits[0])
        return Markup('<td class="{}"><b>{}</b></td>').format(strong, value)
    span = max(high - low, 1e-9)
    left, right, at = (_width((v - low) / span) for v in (rate.low, rate.high, rate.value))
    ends = (rate.value, rate.low, rate.high)
    value, start, end = (number(unit * v, n) for v, n in zip(ends, digits, strict=True))
    return Markup(
        '<td class="{}"><b>{}</b><small>{} – {}</small>'
        '<span class="tf-whisker" aria-hidden="true"><i style="left:{}%;width:{:.1f}%"></i>'
        '<u style="left:{}%"></u></span></td>'
    ).format(strong, value, start, end, left, float(right) - float(left), at)


def _help(judged: tuple[Judged, ...], identities: int) -> str:
    """Whether a head is better than the plain distance, by their EERs on the same draws."""
    plain = next((one for one in judged if one.head.kind == "distance"), None)
    heads = [one for one in judged if one.head.kind != "distance"]
    if plain is None or not heads:
        return ""
    best = min(heads, key=lambda one: one.eer.value)
    change = best.eer.value - plain.eer.value
    low, high = paired(change, best.eer_draws - plain.eer_draws, identities)
    if math.isnan(low):
        return say(
            "Fewer than {fewest} identities cannot tell whether a head helps.", fewest=FEWEST
        )
    title = say("logistic regression on {titles}", titles=say(TITLES[best.head.kind]))
    if high < 0:
        return say(
            "The {title} helps: on these identities its EER is lower by {low} to {high}.",
            title=title,
            low=percent(-high),
            high=percent(-low),
        )
    if change < 0:
        return say(
            "The {title} has the lowest EER, but that may be chance: no clear gain.", title=title
        )
    return say("The logistic heads do not help here: no EER is lower than the plain distance's.")


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
    ideal = Markup('<path class="pv-grid" d="{}"/>').format(axes.path([(0, 0), (1, 1)]))
    briers = named_values((TITLES[one.head.kind], number(one.brier)) for one in comparison.judged)
    return axes.figure(
        "Are the probabilities honest?",
        say(
            "Share of genuine pairs over the probability said; Brier score: {briers}", briers=briers
        ),
        ideal + axes.named(lines),
        "probability said",
        QUARTERS,
        QUARTERS,
        y_title="share genuine",
    )
