"""What the environment says about keeping faces.

`PARAGONE_GALLERY` says where, as a URI: a file's path or `sqlite:///path`, or `http://host:19530`
for a Milvus server. Where it is not set, the file `gallery.sqlite` in the task's folder below
`PARAGONE_DATA` is meant; where neither is set, nothing outlives a visit. `PARAGONE_GALLERY_KEY` is
the passphrase that a file is encrypted with. `PARAGONE_VISIT_MINUTES` is how long a visitor may do
nothing before what they enrolled for the visit is forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from plugins.shared.faces.gallery.enrolment import KEPT as KEPT
from plugins.shared.faces.gallery.stores.opening import gallery_key as gallery_key
from weights.errors import ParagoneError

FILE = "gallery.sqlite"
VISIT_MINUTES = 60


def gallery_uri(ctx: Any, environ: Mapping[str, str] = os.environ) -> str:
    """Where faces are kept, from `PARAGONE_GALLERY`, or else in the task's own data folder.

    Args:
        ctx: The task's context.

    Returns:
        What `open_store` takes; empty where nothing may be kept.
    """
    if uri := environ.get("PARAGONE_GALLERY", "").strip():
        return uri
    folder = ctx.data_dir
    return str(folder / FILE) if folder else ""


def visit_minutes(environ: Mapping[str, str] = os.environ) -> int:
    """How long a visitor may do nothing, from `PARAGONE_VISIT_MINUTES`; unset, an hour.

    Raises:
        ParagoneError: It is not a whole number above zero.
    """
    text = environ.get("PARAGONE_VISIT_MINUTES", "").strip()
    if not text:
        return VISIT_MINUTES
    if not (text.isascii() and text.isdecimal()) or int(text) == 0:
        raise ParagoneError(
            f"A visit cannot last '{text}' minutes",
            where="PARAGONE_VISIT_MINUTES",
            todo="Give a whole number above zero.",
        )
    return int(text)
