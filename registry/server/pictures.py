"""The pictures of the front page, under names that change with their content."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from registry.card_picture import CardPicture
from registry.loader import ready_tasks
from registry.server.middleware import Middleware, path_of

FOLDER = "pictures"
KEEP = {"Cache-Control": "max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def address(picture: CardPicture) -> str:
    """Where a picture is, relative to the front page."""
    return f"{FOLDER}/{picture.file}"


class Pictures(Middleware):
    """ASGI middleware that answers `/pictures/NAME`.

    Args:
        page: Its `records` hold the tasks with their pictures.
    """

    methods = ("GET", "HEAD")

    def __init__(self, app: Any, page: Any):
        super().__init__(app)
        self._page = page

    async def answer(self, scope: Any) -> Response | None:
        """The picture."""
        path = path_of(scope)
        if not path.startswith(f"/{FOLDER}/"):
            return None
        for task, _ in ready_tasks(self._page.records):
            if task.picture and path == f"/{address(task.picture)}":
                return Response(task.picture.data, 200, KEEP, f"image/{task.picture.kind}")
        return None
