"""The script that puts pages into words, by itself: messages, whole texts, and those of plug-ins
that fill them in themselves.
"""

from __future__ import annotations

import json

import pytest

from registry.pages import languages
from weights.messages import carry, rich, say

WORDS = {
    "Stop": "停止",
    "a zip archive": "zip 压缩包",
    "{n} photos": "{n} 张照片",
    "{what}.": "{what}。",
    "<b>{n}</b> of {total}": "{total} 之 <b>{n}</b>",
    "This is {kind}": "这是{kind}",
    "{} of {} is wrong": "{1} 的 {0} 有误",
    "field {}": "字段 {}",
}
ADDRESS = "http://words.test/page"


@pytest.fixture
def page(chromium):
    page = chromium.new_page(locale="zh-CN")
    page.route(ADDRESS, lambda route: route.fulfill(body="<p></p>", content_type="text/html"))
    catalogue = json.dumps(WORDS)
    page.route(
        "**/words/zh/*.json",
        lambda route: route.fulfill(body=catalogue, content_type="application/json"),
    )
    page.goto(ADDRESS)
    page.add_script_tag(content=languages.SCRIPT)
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    yield page
    page.close()


@pytest.fixture
def carried():
    carry()
    yield
    carry(False)


def shown(page, html: str) -> str:
    page.evaluate("html => { document.querySelector('p').innerHTML = html; }", html)
    return page.locator("p").inner_text()


def missing(page) -> list[str]:
    return page.evaluate("() => [...paragoneWords.missing]")


def test_messages_are_put_into_words_whole(page, carried):
    assert shown(page, say("{n:,} photos", "{n} photo", n=1200)) == "1,200 张照片"
    assert shown(page, say("{n} photos", "{n} photo", n=1)) == "1 张照片"
    assert shown(page, say("This is {kind}", kind=say("a zip archive"))) == "这是zip 压缩包"
    assert shown(page, say("This is {kind}", kind="a zip archive")) == "这是a zip archive"
    assert shown(page, rich("<b>{n}</b> of {total}", n="<i>", total=3)) == "3 之 <i>"
    page.evaluate("paragoneWords.speak('en')")
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert page.locator("p").inner_text() == "<i> of 3"
    assert shown(page, say("{n} photos", "{n} photo", n=1)) == "1 photo"


def test_whole_texts_and_those_with_holes(page, carried):
    assert shown(page, " Stop ") == "停止"
    assert shown(page, "<b>Stop</b> Bob") == "停止 Bob"
    assert shown(page, "3 of data is wrong") == "data 的 3 有误"
    assert shown(page, "field 7 of a zip archive is wrong") == "zip 压缩包 的 字段 7 有误"
    assert shown(page, say("{what}.", what=say("field 7"))) == "字段 7。"


def test_what_has_no_translation_stays_whole_and_is_noted(page, carried):
    """Nothing is made from the parts of another sentence."""
    for text in ("Stop. This is not any photo", "Stop, and stop again", "This is what it was."):
        assert shown(page, text) == text
        assert text in missing(page)
    assert shown(page, say("It has been said {n} times", n=2)) == "It has been said 2 times"
    assert "It has been said {n} times" in missing(page)
    assert shown(page, '<code>Stop</code><i translate="no">Stop</i>') == "StopStop"
