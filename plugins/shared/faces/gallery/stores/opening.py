"""Which engine keeps a gallery: chosen by the form of its address."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from plugins.shared.faces.gallery.stores.contract import Store, StoreError
from plugins.shared.faces.gallery.stores.sqlite import SqliteStore
from weights.messages import say

FORMS = (
    "Give a file (gallery.db or sqlite:///path/to/gallery.db), memory:, or a Milvus server"
    " (http://host:19530)."
)


def gallery_key(environ: Mapping[str, str] = os.environ) -> str:
    """The gallery's key, from `PARAGONE_GALLERY_KEY`; empty for a gallery without one."""
    return environ.get("PARAGONE_GALLERY_KEY", "")


def open_store(uri: str, key: str = "") -> Store:
    """Open the store at an address, made where there is none.

    Args:
        uri: Empty or `memory:`: in memory, until it is closed. A path, or `sqlite:///` and a path:
            a file. `http://…` or `https://…`: a Milvus server, whose token PARAGONE_GALLERY_TOKEN
            names.
        key: A passphrase that a file is encrypted with; nothing is encrypted in memory.

    Raises:
        StoreError: The address has none of these forms, or the engine cannot be opened.
    """
    uri = uri.strip()
    if uri in ("", "memory:"):
        return SqliteStore(None)
    scheme, _, rest = (
        uri.partition("://") if re.match(r"[A-Za-z][\w+.-]+://", uri) else ("", "", "")
    )
    scheme = scheme.lower()
    if scheme in ("http", "https"):
        return _milvus(uri, key)
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqliteStore(rest[1:], key)
    if scheme:
        what = say("A gallery cannot be kept at an address of the form {scheme}://", scheme=scheme)
        raise StoreError(what, where="PARAGONE_GALLERY", todo=FORMS)
    return SqliteStore(uri, key)


def _milvus(uri: str, key: str) -> Store:
    if key:
        what = "A key is set, but it encrypts a gallery file only"
        todo = "Unset PARAGONE_GALLERY_KEY; a Milvus server is encrypted on its own side."
        raise StoreError(what, where="PARAGONE_GALLERY_KEY", todo=todo)
    try:
        from plugins.shared.faces.gallery.stores.milvus import MilvusStore
    except ImportError as error:
        what = say(
            "A Milvus server was asked for, but its client cannot be used: {error}", error=error
        )
        todo = "Install it with `pip install pymilvus`."
        raise StoreError(what, where="PARAGONE_GALLERY", todo=todo) from error
    return MilvusStore(uri, os.environ.get("PARAGONE_GALLERY_TOKEN", ""))
