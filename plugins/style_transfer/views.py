"""What the style page shows: the painting with its slider and scrubber, Gram matrices, status. HTML
text; the curves are in `curves.py`.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from plugins.shared.page.html_parts import data_uri, error_card, progress
from plugins.shared.page.plots import clock
from plugins.style_transfer.curves import hue
from weights.errors import ParagoneError

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
    picture: Picture | None, shelf: str, empty: str, error: ParagoneError | None = None
) -> str:
    """A place for a picture: what lies in it, and pictures to take instead."""
    card = error_card(error) if error else ""
    if picture is None:
        shown = f'<div class="pv-empty">{escape(empty)}</div>'
    else:
        name = escape(picture.name)
        shown = (
            f'<div class="pv-photo"><img src="{data_uri(picture.pixels, 420)}" alt="{name}"></div>'
            f'<p class="pv-caption">{name}</p>'
        )
    return f'<div class="pv-slot">{card}{shown}{shelf}</div>'


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


def framed(now: str, before: str, shape: Sequence[int], saved: Sequence[Saved]) -> str:
    """The same, from data URIs. `canvas.js` moves the edge and shows the steps."""
    height, width = shape[:2]
    scrub = ""
    if saved:
        frames = [[one.step, webp_uri(one.webp)] for one in saved]
        last = len(frames)
        scrub = (
            f'<label class="st-scrub"><span>Steps</span><input type="range" data-scrub min="0" '
            f'max="{last}" value="{last}" aria-label="Step of the painting">'
            f"<output data-step>the result</output></label>"
            f"<div hidden data-frames='{escape(json.dumps(frames), quote=True)}'></div>"
        )
    return (
        f'<div class="st-canvas"><div class="st-stage" style="--st-shape:{width}/{height}">'
        f'<img data-after src="{now}" alt="The painting"><img data-frame alt="" hidden>'
        '<b class="st-chip">Painting</b>'
        f'<div class="st-before"><img src="{before}" alt="The content picture">'
        '<b class="st-chip">Content</b></div><i class="st-edge"></i>'
        '<input type="range" class="st-split" data-split min="0" max="100" value="0" '
        'aria-label="Share of the content picture that is shown"></div>'
        '<p class="st-hint">Drag over the picture to see what was there before.</p>'
        f"{scrub}</div>"
    )


def webp_uri(data: bytes) -> str:
    """The bytes of a WebP as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(data).decode()


def grams(found: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """The Gram matrices of the painting beside those of the style, layer by layer."""
    return gram_pairs(
        {name: (heat(now, goal), heat(goal, goal)) for name, (now, goal) in found.items()}
    )


def gram_pairs(pairs: Mapping[str, tuple[str, str]]) -> str:
    """The same, from data URIs."""
    if not pairs:
        return ""
    cards = "".join(
        f'<figure class="st-gram {hue(i)}"><div><img src="{now}" alt="Gram matrix of the painting">'
        f'<img src="{goal}" alt="Gram matrix of the style"></div>'
        f"<figcaption><code>{escape(name)}</code></figcaption></figure>"
        for i, (name, (now, goal)) in enumerate(pairs.items())
    )
    words = "Gram matrices, painting beside style: which units of a layer fire together"
    return f'<p class="pv-note st-grams-title">{words}</p><div class="st-grams">{cards}</div>'


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
    note: str = "",
) -> str:
    """A bar with words; the state is also for scripts.

    Args:
        left: Seconds until the end. `seconds`: spent.
        size: (height, width) that is painted now.
        note: What else is to be said, as HTML.
    """
    height, width = size
    words = f"Step {step:,} of {steps:,}, {width} × {height} px"
    if state == RUNNING and math.isfinite(left):
        words += f", about {clock(left)} left"
    said = {
        RUNNING: "",
        PAUSED: "Paused. Others may wait a minute for you.",
        STOPPED: f"Stopped after {clock(seconds)}; the picture is kept.",
        DONE: f"Done in {clock(seconds)}.",
        FAILED: "",
    }[state]
    return (
        f'<div class="st-status" data-state="{state}">{progress(step, steps, words)}'
        f'<p class="st-said">{said}</p></div>{note}'
    )


def waiting(place: int, seconds: float) -> str:
    """A place in the queue, 1 for the next."""
    ahead = "One painting is" if place == 1 else f"{place} paintings are"
    wait = f"Your turn comes in about {clock(seconds)}." if math.isfinite(seconds) else ""
    return (
        f'<div class="st-status" data-state="waiting"><p class="pv-model"><b>{ahead} ahead of you.'
        f'</b></p><p class="st-said">{wait}</p></div>'
    )


def judge(card: Card, origin: Origin) -> str:
    """Which network judged, where its weights come from, and why a stand-in did."""
    kind = "pv-model pv-stand-in" if origin.why else "pv-model"
    return (
        f'<div class="{kind}"><b>{escape(origin.sentence)}</b> Licence: {escape(card.licence)}. '
        f"Trained on: {escape(card.training_data)}</div>"
    )


def said(words: str) -> str:
    """A line for the page."""
    return f'<p class="pv-model">{escape(words)}</p>'
