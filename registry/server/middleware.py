"""What stands before gradio's own routes: it answers a request itself, or hands it on."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response


def path_of(scope: Any) -> str:
    """The path of a request, without what a proxy puts before it."""
    return scope["path"].removeprefix(scope.get("root_path", ""))


class Middleware:
    """ASGI middleware that may answer a request.

    Attributes:
        methods: Of the requests that it looks at; none: all.
    """

    methods: tuple[str, ...] = ()

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or hand on to the next."""
        answer = None
        if scope["type"] == "http" and (not self.methods or scope["method"] in self.methods):
            answer = await self.answer(scope)
        await (answer or self.app)(scope, receive, send)

    async def answer(self, scope: Any) -> Response | None:
        """The answer to a request; None: it is handed on."""
        raise NotImplementedError
