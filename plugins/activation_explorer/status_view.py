"""How far a survey is, and where it stands in the queue. HTML text only."""

from __future__ import annotations

import math

from markupsafe import Markup

from plugins.shared.page.html_parts import progress
from plugins.shared.page.plots import clock, number
from plugins.shared.page.provenance import provenance
from weights.messages import say


def said(words: str, state: str = "idle") -> Markup:
    """A word on what happens."""
    return Markup('<div class="ae-status" data-state="{}"><p class="pv-model">{}</p></div>').format(
        state, words
    )


def surveying(done: int, total: int, pace: float = math.nan, left: float = math.nan) -> Markup:
    """A bar with words.

    Args:
        pace: Pictures a second. `left`: seconds until the end, as far as can be told.
    """
    words = "Picture {done:,} of {total:,}"
    if math.isfinite(pace):
        words = "Picture {done:,} of {total:,}, {pace} a second"
        if math.isfinite(left) and done < total:
            words = "Picture {done:,} of {total:,}, {pace} a second, about {left} left"
    words = say(words, done=done, total=total, pace=number(pace, 1), left=clock(left))
    return Markup('<div class="ae-status" data-state="running">{}</div>').format(
        progress(done, total, words)
    )


def waiting(place: int, seconds: float = math.nan) -> Markup:
    """A place in the queue, 1 for the next, and how long it will take as far as can be told."""
    ahead = say("{n} surveys are ahead of you.", "{n} survey is ahead of you.", n=place)
    wait = (
        say("Your turn comes in about {seconds}.", seconds=clock(seconds))
        if math.isfinite(seconds)
        else ""
    )
    return Markup(
        '<div class="ae-status" data-state="waiting"><p class="pv-model"><b>{}'
        '</b> {}</p><div class="pv-bar is-waiting"><div></div></div></div>'
    ).format(ahead, wait)


def finished(
    network: str, pictures: str, done: int, total: int, seconds: float, stopped: bool, note: str
) -> Markup:
    """What was looked at, how long it took, and where the weights come from."""
    many = (
        say("{done:,} of {total:,} pictures", done=done, total=total)
        if done < total
        else say("{done:,} pictures", done=done)
    )
    words = "{network} over {many} ({pictures})."
    if stopped:
        words = "Stopped: {network} over {many} ({pictures})."
    words = say(words, network=say(network), many=many, pictures=say(pictures))
    took = say("It took {seconds}.", seconds=clock(seconds)) if seconds else ""
    state = "stopped" if stopped else "done"
    line = Markup("<b>{}</b> {}").format(words, took)
    return Markup('<div class="ae-status" data-state="{}">{}</div>').format(
        state, provenance(line, note)
    )
