"""With the network cut off every page comes up whole, and asks nobody but this house."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from browser.pictures import jpeg, portrait
from browser.visitor import SLOW, Visitor
from plugins import DEFAULT_PLUGINS

PAGES = ("", *(name.rpartition(".")[2].replace("_", "-") for name in DEFAULT_PLUGINS))
HERE = ("127.0.0.1",)


@pytest.mark.parametrize("at", PAGES)
def test_a_page_asks_nobody_but_this_house(visit, at):
    """Fonts, scripts, pictures and counting pixels of others would show here."""
    visitor = visit(Visitor)
    asked: list[str] = []

    def pass_on(route, request):
        asked.append(request.url)
        if urlsplit(request.url).hostname in HERE:
            route.continue_()
        else:
            route.abort("internetdisconnected")

    visitor.context.route(re.compile(r"^(http|ws)"), pass_on)
    visitor.page.goto(visitor.url + at)
    visitor.see("h1").wait_for()
    visitor.page.wait_for_function("() => document.fonts.status === 'loaded'")
    visitor.page.wait_for_load_state("load")
    hosts = {urlsplit(url).hostname for url in asked}
    assert len(asked) > 5 and hosts == set(HERE), [u for u in asked if HERE[0] not in u]
    # Nor would it, later: no address of another host is in what was sent to be loaded.
    loaded = visitor.page.evaluate(
        "() => [...document.querySelectorAll('link[href], script[src], img[src], iframe[src]')]"
        ".map(one => one.href || one.src).filter(url => /^(https?:)?\\/\\//.test(url))"
    )
    strangers = [url for url in loaded if urlsplit(url).hostname not in HERE]
    assert strangers == []


UPLOAD = """async () => {
  const form = new FormData();
  form.append("files", new Blob(["never read"]), "unread.zip");
  return (await (await fetch("./gradio_api/upload", { method: "POST", body: form })).json())[0];
}"""


def test_what_was_brought_and_not_read_goes_with_the_page(visit):
    staying, leaving = visit(Visitor), visit(Visitor)
    kept, left = (Path(bring(visitor)) for visitor in (staying, leaving))
    assert kept.read_bytes() == left.read_bytes() == b"never read"
    leaving.page.goto("about:blank")
    ends = time.monotonic() + 300
    while left.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert not left.parent.exists() and kept.exists()


def bring(visitor: Visitor) -> str:
    visitor.page.goto(visitor.url)
    visitor.see("h1").wait_for()
    return visitor.page.evaluate(UPLOAD)


def test_whoever_waits_sees_their_place(visit, start):
    """One worker, and ten callers from code before the visitor."""
    server = start(PARAGONE_WORKERS="1", PARAGONE_PLUGINS="face_verification")
    visitor = visit(at=server).open()
    large = jpeg(portrait("grace_hopper").resize((1000, 1000)))
    api = f"{server.url}gradio_api"
    for _ in range(10):
        sent = [("files", ("a.jpg", large)), ("files", ("b.jpg", large))]
        paths = httpx.post(f"{api}/upload", files=sent, timeout=300).json()
        files = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
        data = {"data": [*files, "dlib_resnet.faces_v1", "euclidean", None]}
        assert httpx.post(f"{api}/call/face_verification", json=data, timeout=300).is_success
    visitor.upload("a", "mine.jpg", jpeg(portrait("eileen_collins")))
    bar = visitor.see("#paragone-waiting")
    expect(bar).to_have_text(re.compile(r"You wait; \d+ ahead of you, about \d+ (s|min)\."))
    expect(visitor.see("#view-a .pv-caption")).to_have_text("mine.jpg", timeout=SLOW)
    expect(bar).to_be_hidden()
