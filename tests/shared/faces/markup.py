"""Reading the HTML that pages are made of."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser

from PIL import Image

EVIL = """<img src=x onerror="alert('1')">&amp;'"""
VOID = {"img", "br", "path", "rect", "line", "circle", "input"}


class Page(HTMLParser):
    """Every tag with its attributes, and the text; fails on tags that do not close."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.text, self._open = "", []
        self.feed(str(html))  # `Markup` would escape what it is joined with.
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict]:
        return [attrs for name, attrs in self.tags if name == tag]


def safe(html: str, *, shown: bool = True) -> Page:
    """The page shows the evil name as text or in an attribute, and runs nothing of it."""
    page = Page(html)
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert all(attrs["src"].startswith("data:image/jpeg;base64,") for attrs in page.all("img"))
    everything = page.text + "".join(v or "" for _, a in page.tags for v in a.values())
    assert (EVIL in everything) == shown
    return page


def decoded(uri: str) -> Image.Image:
    kind, _, data = uri.partition(";base64,")
    assert kind == "data:image/jpeg"
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    image.load()
    assert image.format == "JPEG"
    return image
