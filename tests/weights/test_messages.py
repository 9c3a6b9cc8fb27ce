"""Messages: plain English in a terminal, data where pages are served, whole in every language."""

from __future__ import annotations

import json

import pytest
from markupsafe import Markup

from weights import messages
from weights.errors import ParagoneError
from weights.messages import identity, listed, rich, say, speaking, spoken, spoken_all

CHINESE = {
    "{n} photos": "{n} 张照片",
    "{name} has {photos}.": "{name} 有 {photos}。",
    "Choose one.": "请选择一个。",
    "{first} and {second}": "{first}和{second}",
    "{first}, {second}": "{first}、{second}",
    "{where}: {what}.": "{where}：{what}。",
    "This is not a picture": "这不是图片",
}


@pytest.fixture
def carried():
    messages.carry()
    yield
    messages.carry(False)


def photos(n: int) -> str:
    return say("{n:,} photos", one="{n} photo", n=n)


def test_a_terminal_reads_english():
    assert photos(1) == "1 photo" and photos(1200) == "1,200 photos"
    assert say("A {brace} without a value") == "A {brace} without a value"
    assert listed([]) == "" and listed(["a"]) == "a" and listed("abc") == "a, b and c"
    assert rich("<b>{n:.1f}</b> of {name}", n=2, name="<i>") == Markup("<b>2.0</b> of &lt;i&gt;")


def test_a_message_travels_and_is_worded_whole(carried):
    text = say("{name} has {photos}.", name="Bo & <Co> \u4e2d", photos=photos(1))
    assert "<Co>" not in text and text == str(Markup("{}").format(text))
    assert spoken(text) == "Bo & <Co> \u4e2d has 1 photo."
    assert spoken(f"{text} {say('Choose one.')}", CHINESE) == (
        "Bo & <Co> \u4e2d 有 1 张照片。请选择一个。"
    )
    assert spoken(listed(["a", "b", "c"]), CHINESE) == "a、b和c"
    assert spoken_all({"a": [text, 1], "b": (photos(2),)}, CHINESE)["b"] == ("2 张照片",)
    assert say(text) == text


def test_a_program_hears_its_language_at_once(carried):
    with speaking(CHINESE):
        assert say("{name} has {photos}.", name="Bo", photos=photos(3)) == "Bo 有 3 张照片。"
    with speaking({}):
        assert photos(3) == "3 photos"


def test_an_error_says_where_what_and_what_to_do(carried):
    error = ParagoneError("This is not a picture", where="a.jpg", todo="Choose one.")
    assert str(error) == "a.jpg: This is not a picture. Choose one."
    assert spoken(error.for_people, CHINESE) == "a.jpg：这不是图片。请选择一个。"


@pytest.mark.parametrize(
    "between", ["", "x", "e30", "W10", "WzEsMl0", "WyJ7YS5fX2NsYXNzX199Iix7fV0"]
)
def test_marks_that_hold_no_message_stay(between):
    """A visitor may write them; no attribute of a value is reached through them."""
    text = f"\u27e6{between}\u27e7"
    told = spoken(text)
    assert told in (text, "{a.__class__}")


def test_a_forged_message_is_but_text(carried):
    forged = "\u27e6" + "WyI8Yj57bn08L2I+Iix7Im4iOiIyIn1d" + "\u27e7"
    assert spoken(say("{name} left.", name=forged)) == "<b>2</b> left."
    assert rich("<b>{name}</b>", name=forged).count("<") == 2, "one element, which holds data"


def test_what_is_looked_up():
    assert identity("{n:,} of {total:.1f} in {place!r}") == "{n} of {total} in {place}"
    assert json.loads(json.dumps(identity("no fields"))) == "no fields"
