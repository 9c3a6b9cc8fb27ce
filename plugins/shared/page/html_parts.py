"""What all pages show alike: their style, pictures, errors, progress. HTML text.

Every picture travels inside the page as a data URI, so none is written to disk.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup
from PIL import Image

from weights.errors import ParagoneError
from weights.messages import say

REFUSED_SIDE = 160
HOUSE = Path(__file__).with_name("assets")


def asset(name: str, folder: Path = HOUSE) -> str:
    """A script or style of a page."""
    return (folder / name).read_text(encoding="utf-8")


def script(text: str, channel: str) -> str:
    """A script of the page that follows what is sent on one channel.

    The channel is written into the script: gradio loses a `gr.HTML`'s own properties where the
    component is hidden at first.
    """
    return f'const channel = "{channel}";\n{text}'


def data_uri(pixels: np.ndarray, side: int | None = None, quality: int = 88) -> str:
    """A picture as a JPEG data URI, reduced so that its long side is at most `side`."""
    image = Image.fromarray(pixels)
    if side:
        image.thumbnail((side, side))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return jpeg_uri(out.getvalue())


def jpeg_uri(data: bytes) -> str:
    """The bytes of a JPEG as a data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def error_card(error: ParagoneError) -> Markup:
    """What was wrong, where, and what to do; beside it the picture that was refused, where the
    error has its `pixels`.
    """
    pixels = getattr(error, "pixels", None)
    refused = ""
    if pixels is not None:
        refused = Markup('<img src="{}" alt="{}">').format(
            data_uri(pixels, REFUSED_SIDE), say("Not used: {name}", name=error.where)
        )
    where = Markup(" <span>{}</span>").format(say("({where})", where=say(error.where)))
    return Markup('<div class="pv-error" role="alert">{}<b>{}{}</b>{}</div>').format(
        refused, say("{what}.", what=say(error.what)), where if error.where else "", error.todo
    )


def shelf(thumbnails: Sequence[tuple[str, str, str]], label: str = "Bundled pictures") -> Markup:
    """Pictures as buttons, from (key, title, data URI)."""
    buttons = Markup().join(
        Markup(
            '<button type="button" data-example="{key}" title="{title}" '
            'aria-label="{title}"><img src="{uri}" alt=""></button>'
        ).format(key=key, title=title, uri=uri)
        for key, title, uri in thumbnails
    )
    return Markup('<div class="pv-shelf" role="group" aria-label="{}">{}</div>').format(
        label, buttons
    )


def progress(done: float, total: float, words: str, chips: Sequence[np.ndarray] = ()) -> Markup:
    """A bar, what it stands for, and the chips that were just encoded."""
    latest = Markup().join(
        Markup('<img src="{}" alt="">').format(data_uri(chip, 64)) for chip in chips
    )
    share = 100 * done / max(total, 1)
    return Markup(
        '<p class="pv-model">{}</p>'
        '<div class="pv-bar"><div style="width:{:.0f}%"></div></div>'
        '<div class="pv-latest">{}</div>'
    ).format(words, share, latest)
