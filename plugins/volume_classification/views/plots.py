"""How the three networks learn and how good they become, side by side. SVG and HTML text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.classification.metrics import wilson
from plugins.shared.classification.views import bars, confusion, reliability, said
from plugins.shared.page.plots import Axes, Line, nice, number, percent, thinned
from plugins.volume_classification.views.html import SHORT
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.classification.training import Outcome
    from plugins.volume_classification.learning.metrics import Report
    from plugins.volume_classification.learning.train_free import Quick
    from plugins.volume_classification.learning.training import Run

KINDS = list(SHORT)


def learning(runs: Mapping[str, Run]) -> str:
    """Balanced accuracy on test volumes and the loss over the seconds, a line for each network."""
    begun = {kind: run for kind, run in runs.items() if run.progress}
    if not begun:
        return ""
    end = nice(max(max(run.settings.budget, run.seconds) for run in begun.values()))
    rng = 1 / len(next(iter(begun.values())).train.classes)
    balanced = Axes(end, 1.0, right=62)
    marks = [(v, f"{100 * v:.0f} %") for v in (0.0, 0.25, 0.5, 0.75, 1.0)]
    drawn = balanced.level(rng, "guessing", "pc-diagonal") + balanced.named(
        _lines(begun, lambda one: one.balanced)
    )
    title = "Balanced accuracy on test volumes"
    plot = balanced.figure(
        title, say("{title}, over seconds", title=say(title)), drawn, "seconds", y_ticks=marks
    )
    top = max(one.loss for run in begun.values() for one in run.progress)
    losses = Axes(end, nice(top), right=62)
    drawn = losses.named(_lines(begun, lambda one: one.loss))
    return plot + losses.figure("Loss while it learns", "Loss over seconds", drawn, "seconds")


def _lines(runs: Mapping[str, Run], height: object) -> list[Line]:
    lines = []
    for kind, run in runs.items():
        points = [(one.seconds, height(one)) for one in run.progress]
        known = [point for point in points if np.isfinite(point[1])]
        kept = [known[i] for i in thinned(len(known))] if known else []
        lines.append(Line(SHORT[kind], f"is-line{KINDS.index(kind)}", kept))
    return lines


HOW_READ = (
    "Balanced accuracy counts every class alike. Below the accuracy: its 95 % interval. ECE: how "
    "far certainty is from being right, on average. Train-free: a network that knows photographs "
    "looks at slices along three axes, and ridge regression reads its features."
)


def scoreboard(outcomes: Mapping[str, Outcome], quick: Quick | None = None) -> Markup:
    """The networks beside each other, beside one that learns nothing, and the majority class."""
    rows = [_quick(quick)] if quick else []
    for kind, outcome in outcomes.items():
        report = outcome.report
        many = sum(one.numel() for one in outcome.trained.network.parameters())
        rows.append(
            Markup(
                '<tr><th scope="row">{name}</th>'
                '<td><i style="--pc-share:{share:.1%}"></i><b>{balanced}</b>'
                "</td><td>{accuracy}<br><small>{hits}</small></td><td>{auc}</td>"
                "<td>{error}</td><td>{seconds} s</td>"
                "<td>{steps:,}</td><td>{many:,}</td></tr>"
            ).format(
                name=SHORT[kind],
                share=report.balanced,
                balanced=percent(report.balanced),
                accuracy=percent(report.accuracy),
                hits=_interval(report),
                auc=number(report.auc),
                error=percent(report.calibration.error),
                seconds=number(outcome.seconds, 1),
                steps=outcome.steps,
                many=many,
            )
        )
    report = next(iter(outcomes.values())).report if outcomes else quick.report
    guess = 1 / max(int((report.confusion.sum(1) > 0).sum()), 1)
    rows.append(
        Markup(
            '<tr class="is-baseline"><th scope="row">always the most frequent class</th>'
            '<td><i style="--pc-share:{:.1%}"></i><b>{}</b></td>'
            "<td>{}</td><td>0.500</td><td></td><td></td><td></td><td>0</td>"
            "</tr>"
        ).format(guess, percent(guess), percent(report.majority))
    )
    head = Markup().join(
        Markup('<th scope="col">{}</th>').format(name)
        for name in (
            "sees", "balanced accuracy", "accuracy", "AUC", "ECE", "time", "steps", "parameters"
        )
    )  # fmt: skip
    return (
        Markup(
            '<div class="vc-scroll" tabindex="0" role="region" aria-label="Results">'
            '<table class="pc-board"><thead><tr>{}</tr></thead>'
            "<tbody>{}</tbody></table></div>"
        ).format(head, Markup().join(rows))
        + said(_equal_sight(outcomes))
        + said(HOW_READ)
    )


def _equal_sight(outcomes: Mapping[str, Outcome]) -> str:
    """Whether the networks saw the volumes equally often."""
    steps = {kind: outcome.steps for kind, outcome in outcomes.items()}
    if len(set(steps.values())) < 2:
        return "All took the same number of steps, so each saw the volumes equally often."
    least = min(steps, key=steps.__getitem__)
    return say(
        "They did not see the volumes equally often: {kind} took {steps:,} steps, for its time was "
        "over, and another took {most:,}. Compare them with care, or give more time.",
        kind=say(SHORT[least]),
        steps=steps[least],
        most=max(steps.values()),
    )


def _quick(quick: Quick) -> Markup:
    report = quick.report
    return Markup(
        '<tr><th scope="row">{}</th><td><i style="--pc-share:{:.1%}"></i><b>{}</b></td>'
        "<td>{}<br><small>{}</small></td><td>{}</td><td></td><td>{} s</td><td>0</td><td></td></tr>"
    ).format(
        say("train-free"),
        report.balanced,
        percent(report.balanced),
        percent(report.accuracy),
        _interval(report),
        number(report.auc),
        number(quick.seconds, 1),
    )


def _interval(report: Report) -> str:
    """How many were right, and between what the accuracy lies for other volumes (Wilson, 95 %)."""
    low, high = wilson(report.right, report.total)
    return say(
        "{hits:,} of {total:,}; {low} to {high}",
        hits=report.right,
        total=report.total,
        low=percent(low),
        high=percent(high),
    )


def results(
    runs: Mapping[str, Run], outcomes: Mapping[str, Outcome], quick: Quick | None = None
) -> Markup:
    """All that is known of a training so far."""
    if not outcomes:
        first = scoreboard({}, quick) if quick else ""
        return Markup('{}<div class="pv-plots pc-plots">{}</div>').format(first, learning(runs))
    tables = Markup().join(
        confusion(
            one.report, say("{short}: what was what, and what it was called", short=SHORT[kind])
        )
        for kind, one in outcomes.items()
    )
    recalls = Markup().join(
        Markup('<figure class="pv-plot"><figcaption>{}</figcaption>{}</figure>').format(
            say("{network}: recall of each class", network=say(SHORT[kind])),
            bars(one.report.classes, np.nan_to_num(one.report.recall), 12, ranked=False),
        )
        for kind, one in outcomes.items()
    )
    curves = [(SHORT[kind], one.report.calibration) for kind, one in outcomes.items()]
    certain = reliability("Can their certainty be believed?", curves)
    return Markup(
        '{}<div class="pv-plots pc-plots">{}{}</div>'
        '<div class="vc-trio">{}</div><div class="vc-trio">{}</div>'
    ).format(scoreboard(outcomes, quick), learning(runs), certain, recalls, tables)
