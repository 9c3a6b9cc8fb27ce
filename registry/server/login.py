"""With a login set, every path asks for it but the login page and what that is made of.

gradio asks on its own routes one by one and forgets some, such as `/gradio_api/cancel`. The routes
of the house stand before gradio's, so they never asked.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from registry.server.middleware import Middleware, path_of

OPEN = re.compile(
    r"/|/login/?|/logout|/(assets|static|svelte)/.*|(/gradio_api)?/theme\.css|/favicon\.ico"
    r"|/manifest\.json|/robots\.txt|/pwa_icon(/\d+)?|/(words|waiting|uploads)\.js"
    r"|/gradio_api/(user|login_check|token|app_id|startup-events)/?"
)
"""The login page, its scripts and styles, and what a browser asks before it has logged in."""


class LoginFirst(Middleware):
    """ASGI middleware that answers 401 where a login is set and the caller has none.

    Args:
        page: Its pages show the login form themselves.
    """

    def __init__(self, app: Any, page: Any):
        super().__init__(app)
        self._page = page

    async def answer(self, scope: Any) -> Response | None:
        """The refusal."""
        if self._may_pass(scope):
            return None
        body = {"detail": {"error": "Not authenticated", "auth_message": self._page.auth_message}}
        return JSONResponse(body, 401)

    def _may_pass(self, scope: Any) -> bool:
        server = scope["app"]
        if getattr(server, "auth", None) is None:
            return True
        path = path_of(scope)
        if OPEN.fullmatch(path) or path.strip("/") in {page[0] for page in self._page.pages}:
            return True
        cookies = Request(scope).cookies
        names = (f"access-token-{end}{server.cookie_id}" for end in ("", "unsecure-"))
        return any(cookies.get(name) in server.tokens for name in names if cookies.get(name))
