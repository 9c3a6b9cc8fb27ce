"""The page at an address where none is, in the language that the visitor has chosen or the
browser asks for. It needs no script."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from registry.pages import directory
from registry.pages.languages import COOKIE, Catalogues, preferred
from registry.server.middleware import path_of
from registry.texts import NAME, clean

API = "/gradio_api/"
"""Below it, programs ask, and are answered in JSON."""
HEADING = "There is no page at this address."
WHY = (
    "It may be mistyped, or the plug-in that brings this page is not installed here, or is not "
    "ready."
)
HOME = "To the front page"
STYLE = Markup("""<style>
:root { color-scheme: light dark; --ink: #1e293b; --ground: #fff; --link: #2563eb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f1f5f9; --ground: #0b0f19; --link: #60a5fa; } }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font: 1rem "Source Sans Pro", ui-sans-serif, system-ui, sans-serif; }
main { box-sizing: border-box; max-width: 44rem; margin: 12vh auto 0; padding: 1.5rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0.75rem 0; }
code { overflow-wrap: anywhere; }
a { color: var(--link); display: inline-block; padding: 0.25rem 0; margin-inline-end: 1.5rem; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
</style>""")


class NotFound:
    """ASGI middleware that shows a browser a page where it would be answered 404 otherwise."""

    def __init__(self, app: Any, catalogues: Catalogues):
        self.app, self._catalogues = app, catalogues

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand on, and look at the answer."""
        if not _is_for_people(scope):
            await self.app(scope, receive, send)
            return
        missing = False

        async def passed_on(message: Any) -> None:
            nonlocal missing
            if message["type"] == "http.response.start" and message["status"] == 404:
                missing = True
                await _page(Request(scope), self._catalogues)(scope, receive, send)
            elif not missing:
                await send(message)

        await self.app(scope, receive, passed_on)


def _is_for_people(scope: Any) -> bool:
    """Whether a person's browser asks for a page."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    asked = Request(scope).headers.get("accept", "")
    return "text/html" in asked and not path_of(scope).startswith(API)


def _page(request: Request, catalogues: Catalogues) -> HTMLResponse:
    language = request.cookies.get(COOKIE) or preferred(request.headers.get("accept-language", ""))
    words = catalogues.of("", language)
    path = path_of(request.scope)
    html = Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><base href="{}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex"><title>404 · Paragone</title>{}</head><body><main>'
        '<h1>{}</h1><p><code>{}</code></p><p>{}</p><p><a href="./">{}</a><a href="./{}">{}</a></p>'
        "</main></body></html>"
    ).format(
        "zh-CN" if language == "zh" else language,
        "../" * (path.count("/") - 1) or "./",
        STYLE,
        words.get(HEADING, HEADING),
        clean(path, NAME),
        words.get(WHY, WHY),
        words.get(HOME, HOME),
        directory.ADDRESS,
        words.get(directory.TITLE, directory.TITLE),
    )
    headers = {"Vary": "Accept, Accept-Language, Cookie", "Cache-Control": "no-store"}
    return HTMLResponse(html, 404, headers)
