"""What a page says of itself where its link is shared, and what is not taken from the caller."""

from __future__ import annotations

import html
import re

import httpx
import pytest


@pytest.fixture(scope="module")
def page(launched):
    return launched()


@pytest.fixture
def ask(page):
    with httpx.Client(base_url=page.local_url, timeout=300) as client:
        yield lambda path, **headers: client.get(path, headers=headers)


def said(answer) -> dict[str, str]:
    """Property or name -> content, of the head alone."""
    head = answer.text.partition("<script")[0]
    tags = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', head)
    assert len({name for name, _ in tags}) == len(tags), "something is said twice"
    title = re.findall(r"<title>(.*?)</title>", head)
    return {"title": html.unescape(title[0])} | {k: html.unescape(v) for k, v in tags}


def test_each_page_has_its_own_title_description_and_picture(page, ask):
    home, faces, signals, plugs = (
        said(ask(f"/{path}"))
        for path in ("", "face-verification", "signal-classification", "plugins")
    )
    assert home["title"] == "Paragone" and "convolutional networks" in home["description"]
    assert faces["title"] == faces["og:title"] == "Face verification · Paragone"
    assert faces["description"] == faces["og:description"] != signals["description"]
    assert plugs["title"] == "Plug-ins · Paragone"
    assert faces["og:url"] == f"{page.local_url}face-verification"
    assert home["og:image"] == faces["og:image"] != signals["og:image"]
    assert faces["twitter:card"] == "summary_large_image"


def test_a_shared_link_speaks_the_language_that_is_asked_for(ask):
    told = said(ask("/face-verification", **{"Accept-Language": "zh"}))
    assert told["title"] == "人脸验证 · Paragone" and "两张脸" in told["og:description"]


def test_nothing_of_gradios_own_card_is_left(ask):
    head = ask("/").text.partition("<script")[0]
    assert "gradio" not in head.lower().replace(".gradio-container", "")


def test_the_preview_picture_can_be_fetched_and_kept(ask):
    at = said(ask("/signal-classification"))["og:image"]
    answer = ask(at)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"] and answer.content[8:12] == b"WEBP"
    assert ask("/pictures/none.webp").status_code == 404


def test_the_address_is_that_of_the_host_header_and_of_no_other(page, ask):
    port = page.local_url.rstrip("/").rpartition(":")[2]
    told = said(ask("/", **{"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}))
    assert told["og:url"] == page.local_url
    assert said(ask("/", Host=f"localhost:{port}"))["og:url"] == f"http://localhost:{port}/"
    assert said(ask("/", **{"X-Forwarded-Proto": "https, http"}))["og:url"].startswith("https://")
    assert said(ask("/", **{"X-Forwarded-Proto": "javascript"}))["og:url"].startswith("http://")


def test_a_host_that_is_no_plain_name_gives_no_address(launched):
    page = launched(PARAGONE_ALLOWED_HOSTS="*")
    for host in ('a"onx=1', "a/b", "a@b", "a b"):
        answer = httpx.get(page.local_url, headers={"Host": host}, timeout=300)
        if answer.status_code == 200:
            assert "og:url" not in said(answer) and "og:image" not in said(answer)
            assert said(answer)["twitter:card"] == "summary"
    answer = httpx.get(page.local_url, headers={"Host": "learn.example"}, timeout=300)
    assert said(answer)["og:url"] == "http://learn.example/"


def test_who_has_yet_to_log_in_is_told_of_the_house_only(launched):
    page = launched(PARAGONE_AUTH="ann:secret")
    told = said(httpx.get(f"{page.local_url}face-verification", timeout=300))
    assert told["title"] == "Paragone" and "og:image" not in told
    assert "face" not in told["description"] and not told["og:url"].endswith("verification")
