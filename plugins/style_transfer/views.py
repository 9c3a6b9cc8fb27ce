"""What the style page shows: the painting with its slider and scrubber, Gram matrices, status. HTML
text; the curves are in `curves.py`.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from PIL import Image

from plugins.shared.page.html_parts import data_uri, error_card, progress
from plugins.shared.page.plots import clock
from plugins.shared.page.provenance import of_weights
from plugins.style_transfer.curves import hue
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.files.pictures import Picture
    from plugins.style_transfer.run import Saved
    from weights import Card, Origin

RUNNING, PAUSED, STOPPED, DONE, FAILED = "running", "paused", "stopped", "done", "failed"
SHOWN = 1024
# From nothing to the strongest: dark violet, red, orange, pale yellow.
HEAT = np.array(
    [[20, 14, 48], [120, 28, 96], [214, 72, 62], [248, 160, 58], [252, 244, 180]], float
)


def slot(
    picture: Picture | None, shelf: Markup, empty: str, error: ParagoneError | None = None
) -> Markup:
    """A place for a picture: what lies in it, and pictures to take instead."""
    card = error_card(error) if error else ""
    if picture is None:
        shown = Markup('<div class="pv-empty">{}</div>').format(empty)
    else:
        shown = Markup(
            '<div class="pv-photo"><img src="{pixels}" alt="{name}"></div>'
            '<p class="pv-caption">{name}</p>'
        ).format(pixels=data_uri(picture.pixels, 420), name=picture.name)
    return Markup('<div class="pv-slot">{}{}{}</div>').format(card, shown, shelf)


def canvas(
    now: np.ndarray, before: np.ndarray, saved: Sequence[Saved] = (), side: int = SHOWN
) -> str:
    """The painting over the content picture, with a slider between both, and one over the steps.

    Args:
        now, before: uint8 (H, W, 3) of the same proportions.
        saved: Steps that can be looked at again; none while it is painted.
        side: Pixels of the long side at which they are sent.
    """
    return framed(data_uri(now, side), data_uri(before, side), now.shape, saved)


def framed(now: str, before: str, shape: Sequence[int], saved: Sequence[Saved]) -> Markup:
    """The same, from data URIs. `canvas.js` moves the edge and shows the steps."""
    height, width = shape[:2]
    scrub = ""
    if saved:
        frames = [[one.step, webp_uri(one.webp)] for one in saved]
        last = len(frames)
        scrub = Markup(
            '<label class="st-scrub"><span>Steps</span><input type="range" data-scrub min="0" '
            'max="{last}" value="{last}" aria-label="Step of the painting">'
            "<output data-step>the result</output></label>"
            "<div hidden data-frames='{frames}'></div>"
        ).format(last=last, frames=json.dumps(frames))
    return Markup(
        '<div class="st-canvas"><div class="st-stage" style="--st-shape:{}/{}">'
        '<img data-after src="{}" alt="The painting"><img data-frame alt="" hidden>'
        '<b class="st-chip">Painting</b>'
        '<div class="st-before"><img src="{}" alt="The content picture">'
        '<b class="st-chip">Content</b></div><i class="st-edge"></i>'
        '<input type="range" class="st-split" data-split min="0" max="100" value="0" '
        'aria-label="Share of the content picture that is shown"></div>'
        '<p class="st-hint">Drag over the picture to see what was there before.</p>'
        "{}</div>"
    ).format(width, height, now, before, scrub)


def webp_uri(data: bytes) -> str:
    """The bytes of a WebP as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(data).decode()


def grams(found: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Markup:
    """The Gram matrices of the painting beside those of the style, layer by layer."""
    return gram_pairs(
        {name: (heat(now, goal), heat(goal, goal)) for name, (now, goal) in found.items()}
    )


def gram_pairs(pairs: Mapping[str, tuple[str, str]]) -> Markup:
    """The same, from data URIs."""
    if not pairs:
        return Markup()
    cards = Markup().join(
        Markup(
            '<figure class="st-gram {}"><div><img src="{}" alt="Gram matrix of the painting">'
            '<img src="{}" alt="Gram matrix of the style"></div>'
            "<figcaption><code>{}</code></figcaption></figure>"
        ).format(hue(i), now, goal, name)
        for i, (name, (now, goal)) in enumerate(pairs.items())
    )
    words = "Gram matrices, painting beside style: which units of a layer fire together"
    return Markup('<p class="pv-note st-grams-title">{}</p><div class="st-grams">{}</div>').format(
        words, cards
    )


def heat(gram: np.ndarray, goal: np.ndarray) -> str:
    """A matrix as a picture, on the scale of the one that it shall become."""
    top = float(np.abs(goal).max()) or 1.0
    share = np.sqrt(np.clip(np.abs(np.nan_to_num(gram)) / top, 0, 1))
    steps = np.linspace(0, 1, len(HEAT))
    pixels = np.stack([np.interp(share, steps, HEAT[:, i]) for i in range(3)], axis=-1)
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def status(
    step: int,
    steps: int,
    state: str,
    left: float,
    size: Sequence[int],
    seconds: float,
    note: Markup | str = "",
) -> Markup:
    """A bar with words; the state is also for scripts.

    Args:
        left: Seconds until the end. `seconds`: spent.
        size: (height, width) that is painted now.
        note: What else is to be said, as HTML.
    """
    height, width = size
    words = "Step {step:,} of {steps:,}, {width} × {height} px"
    if state == RUNNING and math.isfinite(left):
        words = "Step {step:,} of {steps:,}, {width} × {height} px, about {left} left"
    words = say(words, step=step, steps=steps, width=width, height=height, left=clock(left))
    said = {
        RUNNING: "",
        PAUSED: "Paused. Others may wait a minute for you.",
        STOPPED: say("Stopped after {seconds}; the picture is kept.", seconds=clock(seconds)),
        DONE: say("Done in {seconds}.", seconds=clock(seconds)),
        FAILED: "",
    }[state]
    return Markup(
        '<div class="st-status" data-state="{}">{}<p class="st-said">{}</p></div>{}'
    ).format(state, progress(step, steps, words), said, note)


def waiting(place: int, seconds: float) -> Markup:
    """A place in the queue, 1 for the next."""
    ahead = say("{n} paintings are ahead of you.", "{n} painting is ahead of you.", n=place)
    wait = (
        say("Your turn comes in about {seconds}.", seconds=clock(seconds))
        if math.isfinite(seconds)
        else ""
    )
    return Markup(
        '<div class="st-status" data-state="waiting"><p class="pv-model"><b>{}'
        '</b></p><p class="st-said">{}</p></div>'
    ).format(ahead, wait)


def judge(card: Card, origin: Origin) -> Markup:
    """Which network judged, where its weights come from, and why a stand-in did."""
    licence = say("Licence: {licence}.", licence=card.licence)
    data = say("Trained on: {data}.", data=say(card.training_data.rstrip(".")))
    more = Markup("{} {} {}").format(origin.sentence, licence, data)
    return of_weights(card.title, origin, card.licence, more)


def said(words: str) -> Markup:
    """A line for the page."""
    return Markup('<p class="pv-model">{}</p>').format(words)
