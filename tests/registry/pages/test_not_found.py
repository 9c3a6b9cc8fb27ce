"""An address where no page is: a page of ours for people, JSON for programs."""

from __future__ import annotations

import re

import httpx
import pytest

from registry.pages.languages import COOKIE

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def ask(launched_once):
    with httpx.Client(base_url=launched_once.local_url, timeout=300) as client:
        yield lambda path, method="GET", **headers: client.request(method, path, headers=headers)


@pytest.fixture(scope="module")
def launched_once(launched):
    return launched()


@pytest.mark.parametrize(
    ("path", "base"),
    [("/nothing", "./"), ("/a/b", "../"), ("/a/b/", "../../"), ("/static/nothing.js", "../")],
)
def test_a_browser_gets_a_page_with_a_way_home(ask, path, base):
    answer = ask(path, **BROWSER)
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
    assert f'<base href="{base}">' in answer.text and '<a href="./">' in answer.text
    assert answer.text.count("<h1>") == 1 and "There is no page at this address." in answer.text


def test_it_speaks_the_language_that_the_browser_asks_for_or_the_visitor_chose(ask):
    chinese, english = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, {"Accept-Language": "de,en"}
    for headers, lang, heading in (
        (chinese, "zh-CN", "此地址没有页面。"),
        (english, "en", "There is no page at this address."),
        ({}, "en", "There is no page at this address."),
        ({**chinese, "Cookie": f"{COOKIE}=en"}, "en", "There is no page at this address."),
        ({**english, "Cookie": f"{COOKIE}=zh"}, "zh-CN", "此地址没有页面。"),
    ):
        answer = ask("/nothing", **BROWSER, **headers)
        assert f'<html lang="{lang}">' in answer.text and f"<h1>{heading}</h1>" in answer.text
    assert "Accept-Language, Cookie" in answer.headers["vary"]


def test_programs_get_json_still(ask):
    assert ask("/nothing").json() == {"detail": "Not Found"}
    for path in ("/gradio_api/nothing", "/gradio_api/file=/etc/passwd"):
        answer = ask(path, **BROWSER)
        assert answer.status_code >= 400 and "<h1>" not in answer.text
    assert "<h1>" not in ask("/nothing", "POST", **BROWSER).text


def test_a_page_that_is_there_is_untouched(ask):
    assert "gradio_config" in ask("/face-verification", **BROWSER).text
    assert ask("/nothing", "HEAD", **BROWSER).content == b""


def test_the_address_is_shown_as_text(ask):
    shown = ask("/%3Cscript%3Ealert(1)%3C/script%3E" + "x" * 3000, **BROWSER).text
    assert "<script>alert" not in shown and "&lt;script&gt;alert" in shown
    assert len(re.findall("x", shown)) < 200
