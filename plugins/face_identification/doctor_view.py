"""What the doctor says: figures, findings with their photos, and where each is mended, as HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping

from markupsafe import Markup

from plugins.face_identification.doctor import Checkup, Finding
from plugins.shared.page.html_parts import jpeg_uri
from weights.messages import say

NEAREST = 10
"""People whose nearest stranger is listed."""
SHOWN = 200
"""Findings."""
TITLES = {
    "duplicate": "Perhaps one person under two names, or twins",
    "misplaced": "Photos of somebody else",
    "outlier": "Photos that are like no other of their person",
    "poor": "Poor pictures",
    "twins": "People who may be taken for each other",
}


def report(done: Checkup, chips: Mapping[str, bytes], tau: float) -> Markup:
    """The whole report.

    Args:
        chips: JPEGs by the ids of photos.
    """
    parts = [Markup("<p>{}</p>").format(line) for line in _figures(done, tau)]
    for kind, title in TITLES.items():
        some = [one for one in done.findings[:SHOWN] if one.kind == kind]
        if some:
            items = Markup().join(_finding(one, chips, tau) for one in some)
            parts.append(
                Markup('<h4>{}</h4><ul class="fd-list" data-kind="{}">{}</ul>').format(
                    title, kind, items
                )
            )
    more = len(done.findings) - SHOWN
    if more > 0:
        words = say("{n:,} more findings; mend these first.", n=more)
        parts.append(Markup('<p class="pv-note">{}</p>').format(words))
    if not done.findings and done.photos:
        parts.append(Markup("<p><b>{}</b></p>").format("Nothing was found that should be mended."))
    if done.strangers:
        parts.append(_strangers(done, chips))
    return Markup('<div class="fd" data-findings="{}">{}</div>').format(
        len(done.findings), Markup().join(parts)
    )


def _figures(done: Checkup, tau: float) -> list[str]:
    lines = []
    if done.tried:
        words = (
            "Each photo was held against all the others. Of {tried:,} photos whose person has more "
            "than one, {right:,} are recognised, {nobody:,} are nobody, and {wrong:,} are somebody "
            "else (τ = {tau:.3f})."
        )
        nobody = done.tried - done.right - done.wrong
        lines.append(
            say(
                words,
                tried=done.tried,
                right=done.right,
                nobody=nobody,
                wrong=done.wrong,
                tau=tau,
            )
        )
    if done.growth:
        one, two, three = done.growth
        words = (
            "What one more photo changes: with one photo a person {one:.1%} are recognised, with "
            "two {two:.1%}, with three {three:.1%}."
        )
        lines.append(say(words, one=one, two=two, three=three))
    if done.single:
        many = "{n:,} people have one photo only: whether it works shows with a second one."
        one = "{n} person has one photo only: whether it works shows with a second one."
        lines.append(say(many, one, n=done.single))
    if done.judged < done.photos:
        words = "The quality of {n:,} photos is not known: their pictures were not kept."
        lines.append(say(words, n=done.photos - done.judged))
    return lines


def _finding(one: Finding, chips: Mapping[str, bytes], tau: float) -> Markup:
    names = {"person": one.person, "other": one.other, "distance": one.distance}
    if one.kind == "duplicate":
        words = say("{person} and {other}: their photos are as near as one person's.", **names)
        mend = {"merge": one.other}
    elif one.kind == "misplaced":
        words = say("{person}: this photo is more like {other} ({distance:.3f}).", **names)
        mend = {"ids": one.faces, "to": one.other}
    elif one.kind == "outlier":
        words = say("{person}: the nearest other photo is {distance:.3f} away.", **names)
        mend = {"ids": one.faces}
    elif one.kind == "poor":
        words = say("{person}: {fault}", person=one.person, fault=one.fault.sentence)
        if one.alone:
            alone = "{person} has no other photo: add a better one. {fault}"
            words = say(alone, person=one.person, fault=one.fault.sentence)
        mend = {"ids": one.faces}
    else:
        words = (
            "{person} and {other} are {distance:.3f} apart, within τ = {tau:.3f}. More photos of "
            "both help, or a smaller τ."
        )
        words, mend = say(words, **names, tau=tau), {}
    pictures = Markup().join(_picture(chips, i) for i in one.faces)
    return Markup(
        '<li data-finding="{kind}"><span class="fd-photos">{pictures}</span><span>{words}</span>'
        '<button type="button" data-mend="{mend}">{label}</button></li>'
    ).format(
        kind=one.kind,
        pictures=pictures,
        words=words,
        mend=json.dumps({"person": one.person, **mend}),
        label=say("Open {person}", person=one.person),
    )


def _strangers(done: Checkup, chips: Mapping[str, bytes]) -> Markup:
    rows = Markup().join(
        Markup(
            '<li><span class="fd-photos">{}{}</span><span>{}</span><span>{:.3f}</span></li>'
        ).format(
            _picture(chips, mine),
            _picture(chips, theirs),
            say("{person}: {other}", person=person, other=other),
            distance,
        )
        for distance, person, mine, theirs, other in done.strangers[:NEAREST]
    )
    return Markup('<details><summary>{}</summary><ul class="fd-list">{}</ul></details>').format(
        "Each person's nearest stranger, the nearest first", rows
    )


def _picture(chips: Mapping[str, bytes], face: str) -> Markup:
    uri = jpeg_uri(chips[face]) if face in chips else ""
    return Markup('<img src="{}" alt="">').format(uri)


def faces_shown(done: Checkup) -> list[str]:
    """The ids of the photos in the report."""
    ids = [i for one in done.findings[:SHOWN] for i in one.faces]
    return [*ids, *(i for row in done.strangers[:NEAREST] for i in row[2:4])]
