"""The one way in which a file that a visitor brought, or that was made for one, is deleted."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from gradio.utils import get_upload_folder

log = logging.getLogger(__name__)


def discard(path: Path) -> None:
    """Delete a file, and its folder if that is then empty. Whatever does not lie beneath gradio's
    folder for uploads, all links followed, is left alone, and the log says so.
    """
    folder = Path(get_upload_folder()).resolve()
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):  # Links in a circle, or no path at all.
        real = folder
    if folder not in real.parents:
        log.error("A file that is no upload was to be deleted; it was left alone")
        return
    real.unlink(missing_ok=True)
    if real.parent != folder:
        with suppress(OSError):  # Another file, or nothing, is there.
            real.parent.rmdir()
