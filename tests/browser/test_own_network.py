"""A network that the visitor has just fine-tuned, as the browser remembers it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from own_house import own_house
from playwright.sync_api import expect

from tests.shared.faces import own

KEYS = ("paragone-finetuned", "paragone-choose")
WHOLE = "The whole picture is compared"


@pytest.fixture(scope="module")
def house(chromium, tmp_path_factory):
    with own_house(tmp_path_factory.mktemp("uploads")) as house:
        yield house


@pytest.fixture
def come(chromium, house):
    """Come in a new browser tab that remembers these names and begins with this one."""
    contexts, errors = [], []

    def begin(names=(), chosen=""):
        contexts.append(chromium.new_context(viewport={"width": 1280, "height": 900}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(house.url + "config")  # Of the same origin, and without any script of ours.
        values = (json.dumps(list(names)), chosen)
        for key, value in zip(KEYS, values, strict=True):
            page.evaluate("([key, value]) => sessionStorage.setItem(key, value)", [key, value])
        return page

    yield begin
    folder = os.environ.get("PARAGONE_SCREENSHOTS")
    for i, context in enumerate(contexts):
        if folder:
            path = Path(folder) / f"own-network-{os.getpid()}-{i}.png"
            context.pages[0].screenshot(path=path, full_page=True)
        context.close()
    assert errors == []


def remembered(page) -> tuple:
    return tuple(page.evaluate("key => sessionStorage.getItem(key)", key) for key in KEYS)


def offered(page, dropdown: str) -> list[str]:
    page.locator(f"#{dropdown} input").click()
    texts = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    return [text.strip().removeprefix("✓").strip() for text in texts]


def test_the_owner_finds_it_on_both_pages_and_nobody_else_does(come, house):
    card = own.trained(house.weights, "Mine, fine-tuned")
    other = own.trained(house.weights, "Theirs, fine-tuned")
    page = come([card.name], card.name)

    page.goto(house.url + "face-verification")
    expect(page.locator("[data-verdict]")).to_have_text("Different people")
    expect(page.locator("#model input")).to_have_value("Mine, fine-tuned")
    expect(page.locator("#model-apart")).to_contain_text("cannot be had")
    for side in "ab":
        expect(page.locator(f"#view-{side}")).to_contain_text(WHOLE)
        expect(page.locator(f"#view-{side} [data-example]")).to_have_count(12)
    expect(page.locator("#about-model")).to_contain_text("fine-tuned in this visit")
    expect(page.locator("#curves")).to_contain_text("the held-out identities of this run")
    expect(page.locator("#curves [data-fmr]")).to_be_visible()
    assert remembered(page) == (json.dumps([card.name]), None), "it is chosen once"
    page.locator("#view-b [data-example=own-3]").click()
    expect(page.locator("[data-verdict]")).to_have_text("Same person")
    shown = offered(page, "model")
    assert shown[0] == "Mine, fine-tuned" and not [text for text in shown if "Theirs" in text]

    page.goto(house.url + "face-identification")
    expect(page.locator("#who-answer")).to_contain_text("Grace Hopper")
    expect(page.locator("#who-model-choice-apart")).to_contain_text("cannot be had")
    page.locator("#who-model-choice input").click()
    page.get_by_role("option").filter(has_text="Mine, fine-tuned").click()
    expect(page.locator("#who-view")).to_contain_text(WHOLE)
    expect(page.locator("#who-view [data-example]")).to_have_count(12)

    stranger = come()
    stranger.goto(house.url + "face-verification")
    expect(stranger.locator("#model-apart")).to_contain_text("cannot be had")
    assert not [text for text in offered(stranger, "model") if "fine-tuned" in text]
    text = stranger.content()
    assert not any(secret.name in text for secret in (card, other))


def test_what_is_gone_is_said_and_forgotten(come, house):
    kept, lost = own.trained(house.weights), own.trained(house.weights)
    house.weights.release(lost.name)
    page = come([lost.name, kept.name], lost.name)
    page.goto(house.url + "face-verification")
    expect(page.locator("#model")).to_contain_text("no longer kept")
    expect(page.locator("#model input")).to_have_value("dlib ResNet-29, 128-d")
    page.wait_for_function(
        "([key, value]) => sessionStorage.getItem(key) === value",
        arg=[KEYS[0], json.dumps([kept.name], separators=(",", ":"))],
    )
    page.reload()
    expect(page.locator("#model-apart")).to_contain_text("cannot be had")
    expect(page.locator("#model")).not_to_contain_text("no longer kept")
