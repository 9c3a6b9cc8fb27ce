"""What a run came to: the held-out identities before and after, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from plugins.shared.faces.measured.prediction import FEWEST
from plugins.shared.page.plots import Axes, Line, clock, number, percent, thinned
from plugins.triplet_finetuning.data.objects import HELD_OUT
from weights.messages import say

if TYPE_CHECKING:
    from plugins.triplet_finetuning.training.evaluate import Report

MEASURES = (
    ("recall", "recall@1", "the nearest other picture shows the same identity"),
    ("one_shot", "One-shot accuracy", "one picture of each identity enrolled"),
    ("eer", "EER", "verification: both kinds of errors are equal; lower is better"),
)
CHOSEN = (
    "These eight categories were chosen from several choices because a gain is seen on them. On "
    "four random choices the one-shot accuracy changed by −2 to +3 points: a network that starts "
    "from nothing learns little from 320 pictures that holds for any other category."
)
QUARTERS = [(0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1, "1")]


def summary_of(run: Any, outcome: Any) -> Markup:
    """Of a run, or of a recorded one, which is its own outcome."""
    shown = summary(outcome.report, outcome.best, run.learnt, outcome.seconds, outcome.pace)
    chosen = set(run.held_out.names) == set(HELD_OUT)
    return shown + Markup('<p class="pv-note">{}</p>').format(CHOSEN) if chosen else shown


def summary(report: Report, best: int, steps: int, seconds: float, pace: float) -> Markup:
    """Cards with the figures before and after, what the run cost, and the ROC before and after.

    Args:
        best: The step whose weights these are; `steps`: how many were taken.
        seconds: Of training; `pace`: steps a second.
    """
    few = report.identities < FEWEST
    cards = [_card(*measure, report) for measure in MEASURES]
    ranges = (
        "Ranges of 95 %: of the EER where it is expected for as many other identities, of the "
        "one-shot accuracy two standard deviations over draws of the enrolled pictures."
    )
    too_few = "Fewer than {fewest} identities carry neither a range nor a verdict."
    cost = Markup(
        '<div class="pv-rate tf-cost"><span>Training</span><b>{}</b>'
        "<small>{}</small><small>{}</small></div>"
    ).format(
        clock(seconds),
        say("{pace} steps a second", pace=number(pace, 1)),
        say("best weights: step {best:,} of {steps:,}", best=best, steps=steps),
    )
    title = "Before and after, on {n} identities never trained on"
    return Markup(
        '<div class="tf-summary"><div class="tf-head"><b>{}</b>'
        "<span>{}</span></div>"
        '<div class="tf-results"><div class="tf-figures">{}{}</div>'
        "{}</div>"
        '<p class="pv-note">{}</p></div>'
    ).format(
        say(title, n=report.identities),
        say("{n:,} pictures", "{n} picture", n=report.pictures),
        Markup().join(cards),
        cost,
        roc(report),
        say(too_few, fewest=FEWEST) if few else ranges,
    )


def _card(name: str, title: str, hint: str, report: Report) -> Markup:
    figures = report.figures()
    (old, *old_range), (new, *new_range) = (_parts(figures[k][name]) for k in ("before", "after"))
    kind, word = _change(old, new, name == "eer", report.changes.get(name))
    if report.identities < FEWEST:
        old_range, new_range = [], []
    return Markup(
        '<div class="pv-rate tf-figure {kind}"><span>{title}</span>'
        '<div class="tf-change"><span><b>{old}</b>'
        '<small>{old_range}</small></span><i aria-label="to">→</i>'
        "<span><b>{new}</b><small>{new_range}</small>"
        "</span><em>{word}</em></div><small>{hint}</small></div>"
    ).format(
        kind=kind,
        title=title,
        old=percent(old),
        old_range=_range(old_range),
        new=percent(new),
        new_range=_range(new_range),
        word=word,
        hint=hint,
    )


def _change(
    old: float, new: float, less: bool, ends: tuple[float, float] | None
) -> tuple[str, str]:
    """CSS class and word; where the paired interval holds 0 nothing is claimed."""
    if new == old or not math.isfinite(new - old):
        return "is-same", "unchanged" if new == old else "not known"
    if ends is None or math.isnan(ends[0]):
        return "is-same", "too few to tell"
    if ends[0] <= 0 <= ends[1]:
        return "is-same", "no clear change"
    return ("is-better", "better") if (new < old) == less else ("is-worse", "worse")


def _parts(value: object) -> list[float]:
    """A figure, and the ends of its interval where it has one."""
    known = value if isinstance(value, Sequence) else [value]
    return [float(each) if each is not None else math.nan for each in known]


def _range(ends: Sequence[float]) -> str:
    return f"{percent(ends[0])} – {percent(ends[1])}" if len(ends) == 2 else "\N{NO-BREAK SPACE}"


def _area(name: str, area: float) -> str:
    return say("{name}: AUC {area}", name=say(name), area=number(area))


def roc(report: Report) -> Markup:
    """ROC of verification before and after."""
    axes = Axes(1, 1, right=12)
    lines = [
        Line("before", "tf-line is-run1", _curve(*report.before.roc)),
        Line("after", "tf-line is-run0", _curve(*report.after.roc)),
    ]
    rng = Markup('<path class="pv-grid" d="{}"/>').format(axes.path([(0, 0), (1, 1)]))
    drawn = Markup().join(axes.line(line) for line in lines)
    areas = {"before": report.before.curve.area, "after": report.after.curve.area}
    x = axes.across(0.36)
    names = Markup().join(
        Markup(
            '<path class="{}" d="M{:.0f} {}h14"/><text class="pv-name" x="{:.0f}" y="{}">{}</text>'
        ).format(line.kind, x, y, x + 19, y + 3, _area(line.name, areas[line.name]))
        for line, y in zip(lines, (112, 126), strict=True)
    )
    label = say(
        "ROC: AUC {before} before, {after} after",
        before=number(areas["before"]),
        after=number(areas["after"]),
    )
    return axes.figure(
        "ROC", label, rng + drawn + names, "FMR", QUARTERS, QUARTERS, y_title="1 − FNMR"
    )


def _curve(fmr: np.ndarray, hit: np.ndarray) -> list[tuple[float, float]]:
    """Corners of the curve: where neither rate changes there is nothing to draw."""
    moved = np.flatnonzero(np.diff(fmr, prepend=-1) + np.diff(hit, prepend=-1))
    corners = moved[thinned(len(moved))] if len(moved) else moved
    return [*zip(fmr[corners].tolist(), hit[corners].tolist(), strict=True)]
