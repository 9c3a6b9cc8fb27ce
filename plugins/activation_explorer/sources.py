"""Where the pictures come from: built in, or brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from PIL import Image

from plugins.activation_explorer.pictureset import LEAST, PictureSet, bundled, from_zip
from plugins.activation_explorer.survey_view import Shown
from plugins.shared.faces.view import left_out
from plugins.shared.files.image_folder import Skipped
from plugins.shared.files.pictures import PictureError, read_picture
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.activation_explorer.session import Session
    from plugins.shared.page.widgets import Upload

BUNDLED, BROUGHT = "bundled", "brought"
SOURCES = [("Built in", BUNDLED), ("My pictures", BROUGHT)]
LONG, SHORT = 384, 48
"""Pixels of a single picture: its long side becomes so, and its short one is at least so."""


def bring(upload: Upload, session: Session, limits: Any) -> Markup:
    """Take a zip into the visit's memory, delete the file, and say what is in it.

    Raises:
        LabelledError: It cannot be used.
    """
    with upload.taken() as path:
        session.brought = pictures = from_zip(path, upload.name, limits)
    many = say("{n:,} pictures", "{n} picture", n=len(pictures))
    words = say("{title}: {many}.", title=pictures.title, many=many)
    if len(pictures) < LEAST:
        few = say("A unit can have only {n} of its nine patches.", n=len(pictures))
        words = f"{words} {few}"
    skipped = left_out([Skipped(name, why) for name, why in pictures.skipped])
    return Markup('<p class="pv-model">{}</p>{}').format(words, skipped)


def pictures_for(session: Session, source: str) -> PictureSet:
    """What a survey looks at.

    Raises:
        ParagoneError: Nothing was brought.
    """
    if source == BUNDLED:
        return bundled()
    if session.brought is None:
        todo = "Drop a zip of pictures, or choose the built-in ones."
        raise ParagoneError("No pictures were brought", where="My pictures", todo=todo)
    return session.brought


def own_picture(upload: Upload, limits: Any) -> Shown:
    """A single picture as the network sees it: whole, its long side at 384 pixels.

    Raises:
        PictureError: It cannot be read, or is far too long.
    """
    with upload.taken() as path:
        picture = read_picture(path, upload.name, limits)
    height, width = picture.pixels.shape[:2]
    scale = LONG / max(height, width)
    size = round(width * scale), round(height * scale)
    if min(size) < SHORT:
        what = say(
            "The picture is {height:.0f} times as long as wide",
            height=max(height, width) / min(height, width),
        )
        todo = say("Crop it to {long} times.", long=LONG // SHORT)
        error = PictureError(what, where=picture.name, todo=todo)
        error.pixels = picture.pixels
        raise error
    shown = Image.fromarray(picture.pixels).resize(size, Image.Resampling.LANCZOS)
    return Shown(np.asarray(shown), picture.name)
