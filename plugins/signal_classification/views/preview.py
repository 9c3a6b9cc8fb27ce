"""What a table was taken for, in one picture: its first rows, and over each column its role."""

from __future__ import annotations

from markupsafe import Markup

from plugins.signal_classification.data.reading import (
    COUNT,
    DOWN,
    LABEL,
    PERSON,
    SAMPLE,
    TIME,
    Reading,
)
from weights.messages import say

FIRST, LAST = 9, 3
"""Columns that are shown at either end."""
ROLES = {
    SAMPLE: "sample",
    TIME: "time, left out",
    COUNT: "counter, left out",
    LABEL: "label",
    PERSON: "person, left out",
}


def preview(reading: Reading | None) -> Markup:
    """The picture; nothing where the file is no table."""
    if reading is None:
        return Markup()
    count = len(reading.roles)
    places = list(range(count))
    if count > FIRST + LAST:
        places = [*places[:FIRST], -1, *places[-LAST:]]
    left = count - FIRST - LAST
    roles = Markup().join(_role(reading, i, left) for i in places)
    names = Markup()
    if reading.header:
        cells = Markup().join(_cell(True, reading.header, reading, i) for i in places)
        names = Markup("<tr>{}</tr>").format(cells)
    rows = Markup().join(
        Markup("<tr>{}</tr>").format(Markup().join(_cell(False, row, reading, i) for i in places))
        for row in reading.head
    )
    way = "Each row is a signal →"
    if reading.way == DOWN:
        way = "Time runs down the rows ↓"
    if reading.window:
        told = "Time runs down the rows ↓, cut into windows of {window} samples"
        way = say(told, window=reading.window)
    more = say("{n:,} rows in all", "{n} row in all", n=reading.count)
    return Markup(
        '<figure class="sg-preview"><figcaption><b>{}</b> <span>{}</span></figcaption>'
        '<div tabindex="0"><table translate="no"><thead><tr translate="yes">{}</tr>{}</thead>'
        "<tbody>{}</tbody></table></div></figure>"
    ).format(way, more, roles, names, rows)


def _role(reading: Reading, place: int, left: int) -> Markup:
    if place < 0:
        return Markup('<th class="is-left">{}</th>').format(say("{n:,} more", n=left))
    role = reading.roles[place]
    words = "channel" if role == SAMPLE and reading.way == DOWN else ROLES[role]
    return Markup('<th scope="col" class="is-{}">{}</th>').format(role, words)


def _cell(head: bool, row: tuple[str, ...], reading: Reading, place: int) -> Markup:
    role, text = "left", "…"
    if place >= 0:
        role, text = reading.roles[place], row[place] if place < len(row) else ""
    if head:
        return Markup('<th class="is-{}">{}</th>').format(role, text)
    return Markup('<td class="is-{}">{}</td>').format(role, text)
