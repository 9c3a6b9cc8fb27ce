"""The page at an address where none is, in the language that the browser asks for."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from registry.pages import directory
from registry.pages.languages import FOLDER, HERE, LANGUAGES, gather, switch
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
CHOSEN = Markup("""<script>
try {
  const chosen = localStorage.getItem("paragone-language");
  if (chosen) document.documentElement.lang = chosen === "zh" ? "zh-CN" : chosen;
} catch {}
</script>""")
"""What the visitor has chosen before goes before what the browser asks for."""
STYLE = Markup("""<style>
:root { color-scheme: light dark; --ink: #1e293b; --ground: #fff; --link: #2563eb;
  --edge: #e2e8f0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f1f5f9; --ground: #0b0f19; --link: #60a5fa; --edge: #334155; } }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font: 1rem "Source Sans Pro", ui-sans-serif, system-ui, sans-serif; }
main { box-sizing: border-box; max-width: 44rem; margin: 12vh auto 0; padding: 1.5rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0.75rem 0; }
code { overflow-wrap: anywhere; }
a { color: var(--link); display: inline-block; padding: 0.25rem 0; margin-inline-end: 1.5rem; }
button { background: none; border: 1px solid transparent; border-radius: 0.4rem; color: inherit;
  cursor: pointer; font: inherit; min-height: 2rem; padding: 0.1rem 0.6rem; }
button[aria-pressed="true"] { border-color: var(--edge); font-weight: 700; }
:is(a, button):focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
html:lang(zh) .only-en, html:not(:lang(zh)) .only-zh { display: none; }
</style>""")


class NotFound:
    """ASGI middleware that shows a browser a page where it would be answered 404 otherwise."""

    def __init__(self, app: Any):
        self.app = app

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
                await _page(Request(scope))(scope, receive, send)
            elif not missing:
                await send(message)

        await self.app(scope, receive, passed_on)


def language_of(header: str) -> str:
    """Of the languages of the house the one that an Accept-Language header likes best."""
    liked = []
    for i, part in enumerate(header.split(",")):
        tag, _, weight = part.partition(";q=")
        try:
            liked.append((-float(weight or 1), i, tag.strip().lower()[:2]))
        except ValueError:
            continue
    return next((code for _, _, code in sorted(liked) if code in LANGUAGES), "en")


def _is_for_people(scope: Any) -> bool:
    """Whether a person's browser asks for a page."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    asked = Request(scope).headers.get("accept", "")
    return "text/html" in asked and not path_of(scope).startswith(API)


def _page(request: Request) -> HTMLResponse:
    language = language_of(request.headers.get("accept-language", ""))
    path = path_of(request.scope)
    html = Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><base href="{}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex"><title>404 · Paragone</title>{}{}'
        '<script src="./{}.js"></script></head><body><main>{}<h1>{}</h1><p><code>{}</code></p>'
        '<p>{}</p><p><a href="./">{}</a><a href="./{}">{}</a></p></main></body></html>'
    ).format(
        "zh-CN" if language == "zh" else language,
        "../" * (path.count("/") - 1) or "./",
        STYLE,
        CHOSEN,
        FOLDER,
        switch(),
        _in_both(HEADING),
        clean(path, NAME),
        _in_both(WHY),
        _in_both(HOME),
        directory.ADDRESS,
        _in_both(directory.TITLE),
    )
    headers = {"Vary": "Accept, Accept-Language", "Cache-Control": "no-store"}
    return HTMLResponse(html, 404, headers)


def _in_both(text: str) -> Markup:
    """A text in English and in Chinese, of which the style sheet shows one."""
    return Markup(
        '<span class="only-en" lang="en">{}</span><span class="only-zh">{}</span>'
    ).format(text, gather([HERE], "zh").get(text, text))
