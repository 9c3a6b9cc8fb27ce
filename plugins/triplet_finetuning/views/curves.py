"""The curves of a run, or of two side by side: loss, spread, figures, kinds of triplets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from plugins.shared.page.plots import (
    BOTTOM,
    HEIGHT,
    MOST,
    TOP,
    Axes,
    Line,
    nice,
    number,
    percent,
    spread,
    text,
    thinned,
    ticks,
)
from plugins.triplet_finetuning.settings import ENCODING_SIZE, MINING, Settings
from plugins.triplet_finetuning.training.events import Evaluation, Step
from weights.messages import listed, say

Runs = Mapping[str, Sequence[Step]]
"""Steps by mining; the first is the run itself, a second one is the run that it is held against."""
SPREAD = 1 / math.sqrt(ENCODING_SIZE)
"""Of encodings that fill the sphere evenly."""
Measure = tuple[str, str, Callable[[Evaluation], float]]
MEASURES: tuple[Measure, ...] = (
    ("recall@1", "is-recall", lambda evaluation: evaluation.recall),
    ("one-shot", "is-shot", lambda evaluation: evaluation.one_shot),
    ("EER", "is-eer", lambda evaluation: evaluation.eer),
)
PER_CENT = [(0, "0 %"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1, "100 %")]


def plots(runs: Runs, settings: Settings, best: int | None = None) -> Markup:
    """All plots of a run.

    Args:
        best: The step whose weights are the best so far.
    """
    groups = (MEASURES[:2], MEASURES[2:]) if len(runs) > 1 else (MEASURES,)
    drawn = [loss_plot(runs, settings), spread_plot(runs, settings)]
    drawn += [evaluations_plot(runs, settings, best, measures) for measures in groups]
    drawn += [shares_plot(steps, settings, _title(name, runs)) for name, steps in runs.items()]
    return Markup('<div class="pv-plots tf-plots is-{}">{}</div>').format(
        len(runs), Markup().join(drawn)
    )


def loss_plot(runs: Runs, settings: Settings) -> str:
    """Loss over steps, with the margin as a line: a loss that stands there is a collapse."""
    lines = _lines(runs, lambda step: step.loss)
    top = max((y for line in lines for _, y in line.points if math.isfinite(y)), default=0)
    axes = Axes(settings.steps, nice(max(top, 1.4 * settings.margin)))
    alpha = axes.level(
        settings.margin,
        say("α = {margin:g}: stuck here = collapse", margin=settings.margin),
        "tf-alpha",
    )
    now = named_values((line.name, number(line.end)) for line in lines)
    return axes.figure(
        "Loss", say("Loss over steps; now {now}", now=now), alpha + axes.named(lines)
    )


def evaluations_plot(
    runs: Runs,
    settings: Settings,
    best: int | None = None,
    measures: Sequence[Measure] = MEASURES,
) -> str:
    """recall@1, one-shot accuracy and EER of the held-out identities at every evaluation."""
    body, ends = "", []
    found = [
        [(step.number, step.evaluation) for step in steps if step.evaluation is not None]
        for steps in runs.values()
    ]
    top = max(
        (value(each) for row in found for _, each in row for *_, value in measures), default=1
    )
    axes = Axes(settings.steps, nice(top, (1, 2, 5, 10)))
    for rank, row in enumerate(found):
        row = [row[i] for i in thinned(len(row))] if row else []
        lines = [
            Line(name, kind + " is-rival" * bool(rank), [(n, value(each)) for n, each in row])
            for name, kind, value in measures
        ]
        body += Markup().join(axes.line(one) for one in lines) if rank else axes.named(lines)
        ends += [(one.name, percent(one.end)) for one in lines]
    if best is not None:
        x = axes.across(best)
        body += Markup(
            '<line class="tf-best" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{end}"/>'
        ).format(x=x, top=TOP, end=HEIGHT - BOTTOM)
    title = "Identities never trained on"
    if len(runs) > 1:
        title = say(
            "{measures}; dashed: {mining}",
            measures=listed(say(name) for name, *_ in measures),
            mining=say(_title(list(runs)[1], runs)),
        )
    label = say("Held-out identities over steps; now {ends}", ends=named_values(ends))
    y_ticks = [(v, f"{100 * v:.3g} %") for v, _ in ticks(axes.y_end)]
    return axes.figure(title, label, body, y_ticks=y_ticks)


def shares_plot(steps: Sequence[Step], settings: Settings, title: str = "") -> str:
    """Of all triplets of a batch the shares that are easy, semi-hard and hard, stacked."""
    known = [(step.number, step.scene.shares) for step in steps if step.scene is not None]
    known = [(n, shares) for n, shares in known if np.isfinite(shares).all()]
    known = [known[i] for i in thinned(len(known), MOST // 2)] if known else []
    axes = Axes(settings.steps, 1)
    body, now = "", "none yet"
    if known:
        numbers = [n for n, _ in known]
        easy, semihard, hard = np.array([shares for _, shares in known]).T
        floors = np.zeros(len(known)), hard, hard + semihard, np.ones(len(known))
        parts = (("hard", "is-hard"), ("semi-hard", "is-semihard"), ("easy", "is-easy"))
        middles = []
        for (_, kind), (low, high) in zip(parts, pairwise(floors), strict=True):
            edge = [*zip(numbers, high, strict=True), *reversed([*zip(numbers, low, strict=True)])]
            body += Markup('<path class="tf-area {}" d="{}Z"/>').format(kind, axes.path(edge))
            middles.append(axes.down(float(low[-1] + high[-1]) / 2))
        places = spread(middles[::-1], 23, TOP + 6, HEIGHT - BOTTOM - 10)[::-1]
        last = (hard[-1], semihard[-1], easy[-1])
        x = axes.across(settings.steps) + 5
        for (name, _), y, share in zip(parts, places, last, strict=True):
            body += text(x, y, name, "pv-name") + text(x, y + 10, percent(share))
        now = named_values((name, percent(v)) for (name, _), v in zip(parts, last, strict=True))
    words = "Triplets of a batch"
    if title:
        words = say("Triplets of a batch, {mining}", mining=say(title))
    return axes.figure(
        words, say("{words}: {now}", words=say(words), now=say(now)), body, y_ticks=PER_CENT
    )


def spread_plot(runs: Runs, settings: Settings) -> str:
    """Spread of the encodings over steps; a collapse takes it to 0."""
    lines = _lines(runs, lambda step: step.spread)
    axes = Axes(settings.steps, 0.1)
    full = axes.level(SPREAD, "encodings fill the sphere", "tf-full")
    now = named_values((line.name, number(line.end)) for line in lines)
    label = say("Spread of the encodings over steps; now {now}", now=now)
    return axes.figure("Spread of the encodings; 0 = collapse", label, full + axes.named(lines))


def named_values(values: Iterable[tuple[str, str]]) -> str:
    """Values with their names, where they have one, in a list."""
    each = (say("{name} {value}", name=say(n), value=v) if n else v for n, v in values)
    return listed(each, "{first}, {second}")


def _lines(runs: Runs, value: Callable[[Step], float]) -> list[Line]:
    lines = []
    for rank, (name, steps) in enumerate(runs.items()):
        known = [(step.number, value(step)) for step in steps]
        known = [point for point in known if math.isfinite(point[1])]
        known = [known[i] for i in thinned(len(known))] if known else []
        lines.append(Line(_title(name, runs), f"tf-line is-run{rank}", known))
    return lines


def _title(mining: str, runs: Runs) -> str:
    """A run's name beside its line; none where there is nothing to tell it from."""
    return MINING.get(mining, mining).partition(" (")[0] if len(runs) > 1 else ""
