"""The main things are done by keyboard alone, and whatever has the focus shows it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from browser.known import EILEEN, GRACE, Knower
from browser.painter import Painter
from browser.trainer import Learner
from browser.visitor import Visitor

FOCUS = """selector => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  if (one === document.body) return { there: false, marked: true, what: "body" };
  const ringed = (element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  return {
    there: one.matches(selector),
    marked: box.width > 1 && box.height > 1 && one.matches(":focus-visible") &&
      ringed(one.matches("[role=combobox]") ? one.closest(".wrap") : one),
    what: one.outerHTML.slice(0, 160),
  };
}"""
"""Whether the wanted element has the focus, and whether a visitor sees where it is."""
MOST = 150
"""Presses of Tab that may lead to what is looked for."""


def go_to(visitor: Visitor, selector: str, key: str = "Tab") -> None:
    """Press Tab (or Shift+Tab) until an element has the focus, and see it on the way."""
    for _ in range(MOST):
        visitor.page.keyboard.press(key)
        found = visitor.page.evaluate(FOCUS, selector)
        assert found["marked"], f"nobody sees that this has the focus: {found['what']}"
        if found["there"]:
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def press(visitor: Visitor, *keys: str) -> None:
    for key in keys:
        visitor.page.keyboard.press(key)


def write(visitor: Visitor, text: str) -> None:
    """Put a text into the field that has the focus, in place of what is there."""
    press(visitor, "Control+a")
    visitor.page.keyboard.type(text)


def test_two_faces_are_verified(visit):
    visitor = visit().open()
    before = visitor.distance
    go_to(visitor, "#view-b [data-example=grace_hopper_mirrored]")
    press(visitor, "Enter")
    assert visitor.wait_for_distance(before) != before
    word = visitor.word
    go_to(visitor, "#tau input[type=range]")
    press(visitor, "Home")
    expect(visitor.see("[data-verdict]")).not_to_have_text(word, use_inner_text=True)


def test_a_person_is_enrolled(visit):
    visitor = visit(Knower).open()
    go_to(visitor, "#who-name textarea, #who-name input")
    visitor.page.keyboard.type(EILEEN)
    go_to(visitor, "#who-enrol")
    press(visitor, "Enter")
    visitor.wait_for_names(GRACE, EILEEN)
    assert visitor.people == [EILEEN, GRACE]


def test_a_network_is_trained_and_stopped(visit):
    visitor = visit(Learner).open()
    go_to(visitor, "#tf-steps input[type=number]")
    write(visitor, "2000")
    go_to(visitor, "#tf-train", "Shift+Tab")
    press(visitor, "Enter")
    visitor.wait_for("running")
    go_to(visitor, "#tf-stop")
    press(visitor, "Space")
    visitor.wait_for("stopped")


def test_a_picture_is_painted_with_a_pause(visit):
    visitor = visit(Painter).open()
    go_to(visitor, "#st-size input[type=number]")
    write(visitor, "128")
    go_to(visitor, "#st-steps input[type=number]")
    write(visitor, "1000")
    go_to(visitor, "#st-paint", "Shift+Tab")
    press(visitor, "Enter")
    visitor.wait_for_words(re.compile(r"Step [1-9].* of 1,000"))
    go_to(visitor, "#st-pause")
    press(visitor, "Space")
    visitor.wait_for("paused")
    press(visitor, "Space")
    visitor.wait_for("running")
    go_to(visitor, "#st-stop")
    press(visitor, "Enter")
    visitor.wait_for("stopped")
