"""The table of the signals that were classified, and how good the answers are. HTML text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from plugins.shared.classification.views import confusion, counted, said
from plugins.shared.page.plots import percent
from weights.messages import say

if TYPE_CHECKING:
    from plugins.signal_classification.session import Pool

ROWS = 200
"""Signals that the table shows; more are classified all the same."""


def table(pool: Pool, chosen: int) -> Markup:
    """The signals, each with its answer; a click on one chooses it."""
    known = any(pool.truths)
    rows = []
    for i, (name, row, truth) in enumerate(
        zip(pool.names[:ROWS], pool.probabilities, pool.truths, strict=False)
    ):
        best = pool.classes[int(row.argmax())]
        mark = "" if not truth else "is-right" if truth == best else "is-wrong"
        sign = {"": "", "is-right": "✓", "is-wrong": "✗"}[mark]
        right = "" if truth == best else truth
        verdict = Markup('<td class="{}">{} <span>{}</span></td>').format(mark, sign, right)
        rows.append(
            Markup(
                '<tr class="{kind}"><th scope="row"><button type="button" data-row="{i}" '
                'aria-pressed="{pressed}">{name}</button></th><td>{best}</td>'
                "<td>{share}</td>{verdict}</tr>"
            ).format(
                kind="is-chosen" if i == chosen else "",
                i=i,
                pressed=str(i == chosen).lower(),
                name=name,
                best=best,
                share=sure(pool, i),
                verdict=verdict if known else "",
            )
        )
    left = len(pool.names) - ROWS
    notes = (
        [*pool.notes, say("{left:,} more are in the CSV.", left=left)] if left > 0 else pool.notes
    )
    truth = Markup('<th scope="col">truth</th>') if known else ""
    title = say("{title} ({names:,})", title=say(pool.title), names=len(pool.names))
    heads = Markup().join(
        Markup('<th scope="col">{}</th>').format(word) for word in ("signal", "answer", "sure")
    )
    return Markup(
        '<div class="sg-table"><p class="sg-title">{}</p><div tabindex="0"><table><thead>'
        "<tr>{}{}</tr></thead><tbody>{}</tbody></table></div>{}{}</div>"
    ).format(title, heads, truth, Markup().join(rows), score(pool), Markup().join(map(said, notes)))


def score(pool: Pool) -> Markup:
    """How good the answers are, where the truths are known."""
    if pool.score is None:
        return Markup()
    found = pool.score
    told = "Named rightly: {share}; of each class {balanced} on average."
    words = say(told, share=counted(found.right, found.total), balanced=percent(found.balanced))
    return Markup("{}<details><summary>{}</summary>{}</details>").format(
        said(words), "Confusion", confusion(found)
    )


def sure(pool: Pool, i: int) -> str:
    """How sure the answer to a signal is; what cannot be trusted has no per cent."""
    if pool.answers is not None and pool.answers.why:
        return "–"
    if pool.answers is not None and pool.answers.unlike[i]:
        return "unlike"
    return percent(float(pool.probabilities[i].max()))
