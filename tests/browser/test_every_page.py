"""What holds on every page: it can be used by all, in both languages, and asks nobody else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.visitor import NARROW, Visitor
from plugins import DEFAULT_PLUGINS

PAGES = ("", "plugins", *(name.rpartition(".")[2].replace("_", "-") for name in DEFAULT_PLUGINS))
QUIET = """() => new Promise(done => {
  let last = performance.now();
  new MutationObserver(() => (last = performance.now())).observe(document.body,
    { subtree: true, childList: true, characterData: true });
  const look = () => (performance.now() - last > 600 && document.querySelector("h1")
    ? done() : setTimeout(look, 100));
  look();
})"""
"""Until nothing has changed for a while."""
SETTLED = "() => Promise.allSettled(document.getAnimations().map(one => one.finished))"
"""Until colours that fade have their new value."""
TABS = '[role="tab"][data-tab-id]'
DARK = "dark => document.body.classList.toggle('dark', dark)"
TEXT = "() => document.querySelector('main, .gradio-container').innerText"


def opened(visit, at: str, **options) -> Visitor:
    visitor = visit(Visitor, **options)
    visitor.page.goto(visitor.url + at)
    visitor.see("h1").wait_for()
    visitor.page.evaluate(QUIET)
    return visitor


def offences(visitor: Visitor, axe) -> list[str]:
    """What axe-core's rules forbid. What gradio draws below the page is not ours."""
    visitor.page.evaluate(SETTLED)
    found = axe.run(visitor.page, context={"exclude": [["footer"]]}).response
    assert found["passes"], "it looked at nothing"
    violations = [(one["id"], node["html"]) for one in found["violations"] for node in one["nodes"]]
    return [f"{name}: {html[:200]}" for name, html in violations]


@pytest.mark.parametrize("at", PAGES)
def test_nothing_keeps_anybody_out(visit, at):
    """In every tab, in English, light and dark, and in Chinese."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    visitor, wrong = opened(visit, at), {}
    tabs = [one.get_attribute("data-tab-id") for one in visitor.see(TABS).all()]
    for language, shades in (("en", ("light", "dark")), ("zh", ("light",))):
        visitor.see(f'[data-language="{language}"]').click()
        for tab in tabs or [""]:
            if tab:
                visitor.see(f'[role="tab"][data-tab-id="{tab}"]').click()
            visitor.page.evaluate(QUIET)
            for shade in shades:
                visitor.page.evaluate(DARK, shade == "dark")
                wrong[language, tab, shade] = offences(visitor, axe)
            visitor.page.evaluate(DARK, False)
    assert {where: what for where, what in wrong.items() if what} == {}


@pytest.mark.parametrize("at", PAGES)
def test_all_is_said_in_chinese_too(visit, at):
    visitor = opened(visit, at)
    before = visitor.page.evaluate(TEXT)
    visitor.see('[data-language="zh"]').click()
    expect(visitor.see("html")).to_have_attribute("lang", "zh-CN")
    visitor.page.evaluate(QUIET)
    chinese = visitor.page.evaluate(TEXT)
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 20
    assert visitor.page.evaluate("() => [...window.paragoneWords.missing]") == []
    visitor.see('[data-language="en"]').click()
    expect(visitor.see("html")).to_have_attribute("lang", "en")
    assert visitor.page.evaluate(TEXT) == before


def test_the_language_is_the_browsers_and_is_remembered(visit):
    visitor = visit(Visitor, locale="zh-CN", viewport=NARROW)
    visitor.page.goto(visitor.url)
    chosen = visitor.see('[data-language][aria-pressed="true"]')
    expect(chosen).to_have_text("中文")
    expect(visitor.see(".paragone-title").first).to_have_text("人脸验证")
    assert visitor.overflow == 0
    visitor.see('[data-language="en"]').click()
    expect(visitor.see(".paragone-title").first).to_have_text("Face verification")
    visitor.page.reload()
    expect(visitor.see(".paragone-title").first).to_have_text("Face verification")
    assert all(r.url.startswith((visitor.url, "data:", "blob:")) for r in visitor.requests)


def test_a_choice_is_said_in_chinese_and_still_works(visit):
    visitor = opened(visit, "triplet-finetuning", locale="zh-CN")
    visitor.tab("三元组")
    field = visitor.page.get_by_label("主干网络", exact=True).first
    expect(field).to_have_value("小型卷积网络，从零开始")
    field.click()
    visitor.page.get_by_role("option").filter(has_text="EfficientNet-Lite0").first.click()
    field.blur()
    expect(field).to_have_value(re.compile("EfficientNet-Lite0"))
    field.click()
    visitor.page.get_by_role("option").filter(has_text="小型卷积网络").first.click()
    field.blur()
    expect(field).to_have_value("小型卷积网络，从零开始")
    visitor.see('[data-language="en"]').click()
    field = visitor.page.get_by_label("Backbone", exact=True).first
    expect(field).to_have_value("Small ConvNet, from scratch")


def test_an_error_is_said_in_chinese(visit):
    visitor = opened(visit, "face-verification", locale="zh-CN")
    visitor.hand_in("#input-a", "notes.jpg", b"no picture at all", "image/jpeg")
    card = visitor.see("#view-a .pv-error")
    expect(card).to_contain_text("这不是图片")
    expect(card).not_to_contain_text("Choose")
