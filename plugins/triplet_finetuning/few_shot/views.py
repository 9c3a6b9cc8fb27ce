"""What the first act shows: the classes, the pictures to try, the answer, and how good it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from plugins.shared.faces.measured.prediction import interval
from plugins.shared.page.html_parts import data_uri, shelf
from plugins.shared.page.plots import number, percent
from plugins.triplet_finetuning.data.objects import NAMES, SOURCE, objects
from plugins.triplet_finetuning.few_shot.classes import NEAREST, Classes, area
from plugins.triplet_finetuning.few_shot.examples import Examples, probes
from weights.messages import rich, say

SIDE = 56
BARS = 6
METHODS = {
    "prototypes": "the mean of a class's examples",
    NEAREST: "the nearest example",
}


def worded(name: str) -> str:
    """A class's name; those of the built-in objects are words of ours."""
    return say(name) if name in NAMES else name


def classes(examples: Examples) -> Markup:
    """The classes with their examples."""
    given = examples.pictures
    rows = Markup().join(
        Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(
            worded(name),
            Markup().join(
                Markup('<img src="{}" alt="">').format(data_uri(one, SIDE)) for one in pictures
            ),
        )
        for name, pictures in given.items()
    )
    total = sum(map(len, given.values()))
    words = say("{classes} classes, {n} pictures. Nothing is trained.", classes=len(given), n=total)
    return Markup(
        '<div class="tf-head"><b>Examples</b><span>{}</span></div>'
        '<table class="tf-examples"><tbody>{}</tbody></table><p class="pv-note">{}</p>'
    ).format(words, rows, SOURCE)


def to_try(examples: Examples) -> Markup:
    """Pictures that are not among the examples, as buttons."""
    pictures = objects(96).chips
    chosen = probes(examples.chosen)
    thumbnails = [
        (str(i), say("picture {n} to tell", n=k), data_uri(pictures[i], SIDE))
        for k, i in enumerate(chosen, 1)
    ]
    return Markup('<div class="tf-head"><b>Press one: which class is it?</b></div>') + shelf(
        thumbnails, "Pictures to tell"
    )


def verdict(pixels: np.ndarray, row: np.ndarray, known: Classes, shown: str, ms: float) -> Markup:
    """The answer for one picture.

    Args:
        row: (C,) its similarities.
        shown: What it shows, where that is known.
        ms: Milliseconds it took.
    """
    order = np.argsort(-row, kind="stable")[:BARS]
    best = int(order[0])
    accepted = row[best] >= known.threshold
    word = worded(known.names[best]) if accepted else "Unknown"
    line = f"{100 * min(max(known.threshold, 0), 1):.1f}"
    bars = Markup().join(
        Markup(
            '<span>{}</span><div class="pv-bar tf-chance"><div style="width:{:.1f}%"></div>'
            '<u style="left:{}%"></u></div><span>{}</span>'
        ).format(worded(known.names[k]), 100 * max(row[k], 0), line, number(row[k], 2))
        for k in order
    )
    truth = Markup()
    if shown:
        right = accepted and known.names[best] == shown
        right = right or (not accepted and shown not in known.names)
        truth = Markup('<p class="pv-small">{} <b class="is-{}">{}</b></p>').format(
            say("It shows: {name}.", name=worded(shown)),
            "right" if right else "wrong",
            "This is right." if right else "This is wrong.",
        )
    rule = say(
        "the line is τ = {threshold}: below it a picture is unknown; {ms:.0f} ms",
        threshold=number(known.threshold, 2),
        ms=ms,
    )
    return Markup(
        '<div class="pv-verdict tf-verdict {}" data-told><img src="{}" alt="">'
        '<p class="pv-word">{}</p><div class="tf-similar">{}</div>{}'
        '<p class="pv-small">{}</p></div>'
    ).format(
        "is-same" if accepted else "is-different", data_uri(pixels, 112), word, bars, truth, rule
    )


def expectation(known: Classes, rate: float) -> Markup:
    """What leaving out tells before anything is tried."""
    alone, with_unknown = known.checked
    parts = [
        rich("Compared by <b>{way}</b>; τ = {threshold} for {rate:.0%} false alarms.",
             way=say(METHODS[known.method]), threshold=number(known.threshold, 2), rate=rate)
    ]  # fmt: skip
    if np.isfinite(alone):
        parts.append(
            rich(
                "Each example left out once: <b>{alone}</b> are told right, "
                "<b>{both}</b> where the answer may be unknown.",
                alone=percent(alone),
                both=percent(with_unknown),
            )
        )
    else:
        parts.append(rich("With two examples of a class each can be left out and checked."))
    return Markup('<p class="pv-model">{}</p>').format(Markup(" ").join(parts))


def comparison(rows: Sequence[tuple[str, Classes, np.ndarray, np.ndarray, np.ndarray]]) -> Markup:
    """Networks on the same pictures.

    Args:
        rows: Of each: title, classes, similarities of known pictures (N, C), their classes (N,),
            similarities of pictures of other classes (M, C).
    """
    titles = ("Accuracy", "Right, or unknown", "AUROC of unknown", "False alarms")
    head = Markup().join(Markup('<th scope="col">{}</th>').format(title) for title in titles)
    body = Markup()
    for title, known, near, labels, far in rows:
        best, alarms = near.max(axis=1), float((far.max(axis=1) >= known.threshold).mean())
        right = near.argmax(axis=1) == labels
        low, high = interval(np.array([alarms]), len(far))[:, 0]
        cells = (
            percent(float(right.mean())),
            percent(float((right & (best >= known.threshold)).mean())),
            number(area(best, far.max(axis=1))),
            say("{alarms} ({low} to {high})", alarms=percent(alarms), low=percent(low),
                high=percent(high)),
        )  # fmt: skip
        body += Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            title, Markup().join(Markup("<td>{}</td>").format(cell) for cell in cells)
        )
    counts = say(
        "{known} pictures of these classes that were not given, {other} of classes never given.",
        known=len(rows[0][2]),
        other=len(rows[0][4]),
    )
    return Markup(
        '<div class="tf-head"><b>On pictures that were not given</b></div>'
        '<table class="tf-table"><thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table>'
        '<p class="pv-note">{}</p>'
    ).format(head, body, counts)
