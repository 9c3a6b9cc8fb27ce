"""What the environment says about keeping faces.

`PARAGONE_GALLERY` says where, as a URI: a file's path or `sqlite:///path`, or `http://host:19530`
for a Milvus server. Where it is not set, the file `gallery.sqlite` in the task's folder below
`PARAGONE_DATA` is meant; where neither is set, nothing outlives a visit. `PARAGONE_GALLERY_KEY` is
the passphrase that a file is encrypted with.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from plugins.shared.faces.gallery.enrolment import KEPT as KEPT
from plugins.shared.faces.gallery.stores.opening import gallery_key as gallery_key

FILE = "gallery.sqlite"


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
