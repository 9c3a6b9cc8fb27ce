"""`/?page=x` leads to `/x`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import RedirectResponse, Response

from registry.server.middleware import Middleware
from registry.task import KEBAB


class DeepLinks(Middleware):
    """ASGI middleware that answers `/?page=x` with a redirection.

    Spaces hands the query on to the frame of the app, but not the path, so this is the way to
    link to one page of a Space. Left alone, gradio answers 500 where there is no such page.
    """

    methods = ("GET", "HEAD")

    async def answer(self, scope: Any) -> Response | None:
        """The redirection."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        page = dict(query).get("page")
        if page is None or scope["path"].rstrip("/") not in ("", scope.get("root_path", "")):
            return None
        rest = urlencode([pair for pair in query if pair[0] != "page"])
        # Relative, for a page behind a proxy; only a name, so that it leads nowhere else.
        target = f"./{page if KEBAB.fullmatch(page) else ''}{'?' if rest else ''}{rest}"
        return RedirectResponse(target)
