"""The hardest triplets of a step, and the loss with their numbers in it. HTML text only.

The anchor is blue, the positive teal, the negative orange and the margin violet, wherever they are
shown. How hard a triplet is, is told by a word and a disc: empty, half, full.
"""

from __future__ import annotations

import math
from pathlib import Path

from markupsafe import Markup

from plugins.shared.page import html_parts
from plugins.shared.page.html_parts import data_uri
from plugins.shared.page.plots import nice, number
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.events import Scene, Triplet
from weights.messages import rich, say

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
    return html_parts.asset(name, PAGE)


def kind_mark(kind: str) -> Markup:
    """How hard a triplet is: a disc and the word."""
    disc = Markup('<i class="tf-disc is-{}" aria-hidden="true"></i>').format(kind)
    return Markup('<span class="tf-kind">{}{}</span>').format(disc, KINDS[kind])


def formula(settings: Settings, triplet: Triplet | None = None) -> Markup:
    """The triplet loss with the numbers of one triplet under its terms, and what they mean."""
    margin = settings.margin
    ap, an, loss = (
        (triplet.ap, triplet.an, triplet.loss) if triplet else (math.nan,) * 3  # No triplet yet.
    )
    terms = (
        _term(Markup("<i>L</i>"), loss, "is-loss"),
        Markup('<span class="tf-sign">= max(</span>'),
        _term(Markup("<i>d</i>(A, P)"), ap, "is-p"),
        Markup('<span class="tf-sign">−</span>'),
        _term(Markup("<i>d</i>(A, N)"), an, "is-n"),
        Markup('<span class="tf-sign">+</span>'),
        _term("α", margin, "is-margin"),
        Markup('<span class="tf-sign">, 0)</span>'),
    )
    return Markup(
        '<div class="tf-formula"><div class="tf-terms">{}</div>'
        '<p class="tf-words"><b>{}</b><br>{} {}</p></div>'
    ).format(
        Markup().join(terms),
        _words(ap, an, loss),
        say(
            "The margin α asks that N lies at least {margin:g} farther from A than P does.",
            margin=margin,
        ),
        rich("<i>d</i> is the {distance}.", distance=say(NAMES[settings.distance])),
    )


def _term(symbol: str, value: float, kind: str) -> Markup:
    return Markup('<span class="tf-term {}"><b>{}</b><span>{}</span></span>').format(
        kind, symbol, number(value)
    )


def _words(ap: float, an: float, loss: float) -> str:
    if not math.isfinite(loss):
        return "No triplet yet."
    gap = an - ap
    if gap <= 0:
        if gap >= -0.0005:
            return "Here N is as near as P: a hard triplet."
        return say("Here N is {gap} nearer than P: a hard triplet.", gap=number(-gap))
    if loss > 0:
        far = number(gap) if gap >= 0.0005 else "< 0.001"
        return say("Here N is {far} farther than P, which is not enough: semi-hard.", far=far)
    return say("Here N is {gap} farther than P: easy, nothing is learnt from it.", gap=number(gap))


def triplets(
    scene: Scene | None, pictures: PictureSet, margin: float, followed: bool = False
) -> Markup:
    """The hardest triplets of a step as cards: three pictures, two bars and the loss. There are
    always six places, so that nothing moves while they change.

    Args:
        followed: Whether they are the same ones in every step.
    """
    shown = scene.hardest[:SHOWN] if scene else ()
    ends = [x for t in shown for x in (t.ap + margin, t.an) if math.isfinite(x)]
    end = nice(max(ends, default=1.0))
    cards = [_card(triplet, pictures, margin, end) for triplet in shown]
    cards += [Markup('<div class="tf-triplet is-empty"></div>')] * (SHOWN - len(cards))
    title = "The hardest triplets of this step" if shown else "No triplet counts in this step"
    if followed:
        title = "Six triplets that were hard before training, followed"
    return Markup(
        '<div class="tf-head"><b>{}</b><span>{}</span></div><div class="tf-triplets">{}</div>'
    ).format(title, say("bars from 0 to {end:g}", end=end), Markup().join(cards))


def _card(triplet: Triplet, pictures: PictureSet, margin: float, end: float) -> Markup:
    members = (
        ("A", "anchor", triplet.anchor, "is-a"),
        ("P", "positive", triplet.positive, "is-p"),
        ("N", "negative", triplet.negative, "is-n"),
    )
    three = Markup().join(_member(*member, pictures) for member in members)
    goal = Markup('<u style="left:{}%"></u>').format(_share(triplet.ap + margin, end))
    reach = Markup('<s style="left:{}%;width:{:.2f}%"></s>').format(
        _share(triplet.ap, end), _share(triplet.ap + margin, end) - _share(triplet.ap, end)
    )
    rows = _bar("P", triplet.ap, end, "is-p", reach + goal) + _bar(
        "N", triplet.an, end, "is-n", goal
    )
    return Markup(
        '<div class="tf-triplet is-{}"><p class="tf-top">{}'
        "<span>loss <b>{}</b></span></p>"
        '<div class="tf-three">{}</div><div class="tf-bars">{}</div></div>'
    ).format(triplet.kind, kind_mark(triplet.kind), number(triplet.loss), three, rows)


def _member(letter: str, role: str, picture: int, kind: str, pictures: PictureSet) -> Markup:
    name = pictures.name(picture)
    uri = data_uri(pictures.picture(picture), SIDE, QUALITY)
    return Markup(
        '<span class="tf-member {kind}" title="{file}"><img src="{uri}" alt="{alt}">'
        "<b>{letter}</b><small>{name}</small></span>"
    ).format(
        kind=kind,
        file=pictures.files[picture],
        uri=uri,
        name=name,
        letter=letter,
        alt=say("{role}: {name}", role=say(role), name=name),
    )


def _bar(letter: str, value: float, end: float, kind: str, marks: Markup) -> Markup:
    return Markup(
        '<span class="tf-of">A–{}</span><span class="tf-bar {}">'
        '<i style="width:{}%"></i>{}</span>'
        '<span class="tf-value">{}</span>'
    ).format(letter, kind, _share(value, end), marks, number(value))


def _share(value: float, end: float) -> float:
    """Per cent of a bar's length; 0 where there is no number."""
    return round(100 * min(max(value / end, 0), 1), 2) if math.isfinite(value) else 0.0
