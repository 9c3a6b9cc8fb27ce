"""Every upload in a folder of its own.

gradio puts an upload below a hash of its content, so two visitors who bring the same picture share
one file: whoever is served first deletes it under the other. A class that tries the teacher's
picture together does just that.
"""

from __future__ import annotations

import secrets
from typing import Any

from gradio import route_utils


class _OwnFolder(route_utils.GradioUploadFile):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.sha.update(secrets.token_bytes(16))


def keep_uploads_apart() -> None:
    """Let gradio name the folder of an upload after its content and a random number."""
    route_utils.GradioUploadFile = _OwnFolder
