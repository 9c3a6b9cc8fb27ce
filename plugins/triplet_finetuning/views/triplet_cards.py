"""The hardest triplets of a step, and the loss with their numbers in it. HTML text only.

The anchor is blue, the positive teal, the negative orange and the margin violet, wherever they are
shown. How hard a triplet is, is told by a word and a disc: empty, half, full.
"""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

from plugins.shared.page import html_parts as markup
from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import nice, number
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.events import Scene, Triplet

PAGE = Path(__file__).parents[1] / "page"
SHOWN = 6
SIDE = 72
QUALITY = 75
KINDS = {"easy": "easy", "semihard": "semi-hard", "hard": "hard"}
NAMES = {
    "squared": "squared Euclidean distance",
    "euclidean": "Euclidean distance",
    "cosine": "cosine distance",
}


def page_asset(name: str) -> str:
    """A style of this page."""
    return markup.asset(name, PAGE)


def kind_mark(kind: str) -> str:
    """How hard a triplet is: a disc and the word."""
    disc = f'<i class="tf-disc is-{kind}" aria-hidden="true"></i>'
    return f'<span class="tf-kind">{disc}{KINDS[kind]}</span>'


def formula(settings: Settings, triplet: Triplet | None = None) -> str:
    """The triplet loss with the numbers of one triplet under its terms, and what they mean."""
    margin = settings.margin
    ap, an, loss = (
        (triplet.ap, triplet.an, triplet.loss) if triplet else (math.nan,) * 3  # No triplet yet.
    )
    terms = (
        _term("<i>L</i>", loss, "is-loss"),
        '<span class="tf-sign">= max(</span>',
        _term("<i>d</i>(A, P)", ap, "is-p"),
        '<span class="tf-sign">−</span>',
        _term("<i>d</i>(A, N)", an, "is-n"),
        '<span class="tf-sign">+</span>',
        _term("α", margin, "is-margin"),
        '<span class="tf-sign">, 0)</span>',
    )
    return (
        f'<div class="tf-formula"><div class="tf-terms">{"".join(terms)}</div>'
        f'<p class="tf-words"><b>{_words(ap, an, loss)}</b><br>The margin α asks that N lies at '
        f"least {margin:g} farther from A than P does. "
        f"<i>d</i> is the {NAMES[settings.distance]}.</p></div>"
    )


def _term(symbol: str, value: float, kind: str) -> str:
    return f'<span class="tf-term {kind}"><b>{symbol}</b><span>{number(value)}</span></span>'


def _words(ap: float, an: float, loss: float) -> str:
    if not math.isfinite(loss):
        return "No triplet yet."
    gap = an - ap
    if gap <= 0:
        near = f"{number(-gap)} nearer than" if gap < -0.0005 else "as near as"
        return f"Here N is {near} P: a hard triplet."
    if loss > 0:
        far = number(gap) if gap >= 0.0005 else "less than 0.001"
        return f"Here N is {far} farther than P, which is not enough: semi-hard."
    return f"Here N is {number(gap)} farther than P: easy, nothing is learnt from it."


def triplets(scene: Scene | None, pictures: PictureSet, margin: float) -> str:
    """The hardest triplets of a step as cards: three pictures, two bars and the loss. There are
    always six places, so that nothing moves while they change.
    """
    shown = scene.hardest[:SHOWN] if scene else ()
    ends = [x for t in shown for x in (t.ap + margin, t.an) if math.isfinite(x)]
    end = nice(max(ends, default=1.0))
    cards = [_card(triplet, pictures, margin, end) for triplet in shown]
    cards += ['<div class="tf-triplet is-empty"></div>'] * (SHOWN - len(cards))
    title = "The hardest triplets of this step" if shown else "No triplet counts in this step"
    return (
        f'<div class="tf-head"><b>{title}</b>'
        f"<span>bars from 0 to {end:g}</span></div>"
        f'<div class="tf-triplets">{"".join(cards)}</div>'
    )


def _card(triplet: Triplet, pictures: PictureSet, margin: float, end: float) -> str:
    members = (
        ("A", "anchor", triplet.anchor, "is-a"),
        ("P", "positive", triplet.positive, "is-p"),
        ("N", "negative", triplet.negative, "is-n"),
    )
    three = "".join(_member(*member, pictures) for member in members)
    goal = f'<u style="left:{_share(triplet.ap + margin, end)}%"></u>'
    reach = (
        f'<s style="left:{_share(triplet.ap, end)}%;'
        f'width:{_share(triplet.ap + margin, end) - _share(triplet.ap, end):.2f}%"></s>'
    )
    rows = _bar("P", triplet.ap, end, "is-p", reach + goal) + _bar(
        "N", triplet.an, end, "is-n", goal
    )
    return (
        f'<div class="tf-triplet is-{triplet.kind}"><p class="tf-top">{kind_mark(triplet.kind)}'
        f"<span>loss <b>{number(triplet.loss)}</b></span></p>"
        f'<div class="tf-three">{three}</div><div class="tf-bars">{rows}</div></div>'
    )


def _member(letter: str, role: str, picture: int, kind: str, pictures: PictureSet) -> str:
    name = escape(pictures.names[pictures.labels[picture]])
    file = escape(pictures.files[picture])
    uri = data_uri(pictures.chips[picture], SIDE, QUALITY)
    return (
        f'<span class="tf-member {kind}" title="{file}"><img src="{uri}" alt="{role}: {name}">'
        f"<b>{letter}</b><small>{name}</small></span>"
    )


def _bar(letter: str, value: float, end: float, kind: str, marks: str) -> str:
    return (
        f'<span class="tf-of">A–{letter}</span><span class="tf-bar {kind}">'
        f'<i style="width:{_share(value, end)}%"></i>{marks}</span>'
        f'<span class="tf-value">{number(value)}</span>'
    )


def _share(value: float, end: float) -> float:
    """Per cent of a bar's length; 0 where there is no number."""
    return round(100 * min(max(value / end, 0), 1), 2) if math.isfinite(value) else 0.0
