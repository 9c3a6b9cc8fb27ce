"""Catalogues of words: what they may hold, where they are found, and how they are answered."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
import words
from browser.walk import english_in
from serving import ROOT
from starlette.testclient import TestClient

import app
from registry.loader import ready_tasks
from registry.pages.languages import (
    LANGUAGES,
    CatalogueError,
    Catalogues,
    Words,
    folders,
    gather,
    preferred,
    read_catalogue,
)


def written(folder, words, language="zh"):
    path = folder / "words" / f"{language}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words if isinstance(words, str) else json.dumps(words), encoding="utf-8")
    return path


@pytest.mark.parametrize("room", words.rooms())
def test_no_english_is_left_in_the_chinese(room):
    """But names, in `browser/latin.txt`."""
    path = ROOT / room / "words" / "zh.json"
    chinese = read_catalogue(path).values() if path.is_file() else ()
    assert not {text for text in chinese if english_in(re.sub(r"\{\w*\}", "0", text))}


@pytest.mark.parametrize("room", words.rooms())
def test_no_word_of_ours_lacks_its_chinese(room):
    """Errors included. `python -m tests.words ROOM` lists what is missing."""
    assert len(words.words_of(room)) > 20, "the reader of words sees nothing"
    assert words.missing(room, "zh") == []


def test_the_reader_of_words_sees_every_kind(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        '"""Not this."""\n'
        'raise Wrong(f"There is no {name} called {value!r}", todo="Choose one.")\n'
        "page = f'<p title=\"A label\">Two words<b>{n}</b> and more</p>'\n"
        'log.info("not for visitors")\nkey = data["some key"]\n',
        encoding="utf-8",
    )
    script = tmp_path / "script.js"
    script.write_text("// Not this\nsay(`At step ${a ? b : c} of it`, 'so be it');\n")
    assert sorted(words.texts(module)) == sorted(
        ["There is no {} called {}", "Choose one.", "Two words", "and more", "A label"]
    )
    assert list(words.script_texts(script)) == ["At step {} of it", "so be it"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "must be an object"),
        ({"a": 1}, "must be an object"),
        ({"Caf\udce9": "a"}, "no encoding has"),
        ({"a": "\ud800"}, "no encoding has"),
        ({"{} of {}": "{} 之"}, r"has 2 \{\}"),
        ({"{} of {}": "无"}, r"has 2 \{\}"),
        ({"{} of {}": "{} 之 {0}"}, r"has 2 \{\}"),
        ({"{n} photos": "照片"}, r"has \{n\}; its translation must have the same"),
        ({"{n} photos": "{m} 张照片"}, r"has \{n\}"),
        ({"Photos": "{n} 张照片"}, "has no fields"),
    ],
)
def test_a_broken_catalogue_is_said_and_left_out(tmp_path, caplog, content, said):
    path = written(tmp_path, content)
    with pytest.raises(CatalogueError, match=said):
        read_catalogue(path)
    whole = tmp_path / "whole"
    written(whole, {"Stop": "停止"})
    assert gather([tmp_path, whole], "zh") == {"Stop": "停止"}
    assert tmp_path.name in caplog.text


def test_a_translation_may_change_the_order(tmp_path):
    sound = {"{} of {}": "{1} 中的 {0}", "Step {}": "第 {} 步", "Stop": "停止"}
    assert read_catalogue(written(tmp_path, sound)) == sound


def test_the_nearer_room_has_the_word(tmp_path):
    for name, word in (("task", "步"), ("house", "台阶")):
        written(tmp_path / name, {"Step": word})
    assert gather([tmp_path / "task", tmp_path / "house"], "zh") == {"Step": "步"}


def test_plug_ins_bring_their_words():
    records, *_ = app.load()
    task = next(t for t, _ in ready_tasks(records) if t.name == "face-verification")
    assert [folder.name for folder in folders(task)] == ["face_verification", "plugins"]
    root = type("Root", (), {"records": records})
    catalogues = Catalogues(root, [ROOT / "weights"])
    page, front = catalogues.of("face-verification", "zh"), catalogues.of("", "zh")
    own = read_catalogue(ROOT / "plugins" / "face_verification" / "words" / "zh.json")
    assert own.items() <= page.items() and task.title in front
    assert len(front) < 600 and not own.items() <= front.items()
    assert catalogues.of("no-such-page", "zh") is front
    assert catalogues.of("face-verification", "en") == catalogues.of("", "fr") == {}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr, en;q=0.5, zh;q=0.7", "zh"),
        ("de", "en"),
        ("ZH-hant", "zh"),
        ("en;q=.., zh;q=.", "en"),
        (";;,,=", "en"),
    ],
)
def test_the_language_that_a_browser_likes_best(header, language):
    assert preferred(header) == language


def test_a_cookie_says_more_than_the_browser():
    root = type("Root", (), {"records": app.load()[0]})
    asked = Catalogues(root, []).asked
    assert asked("", {"paragone-language": "en"}, {"accept-language": "zh"}) == {}
    assert asked("", {"paragone-language": "../x"}, {"accept-language": "zh"}) == {}
    assert asked("", {}, {"accept-language": "zh"})["Stop"]


def test_what_is_answered(tmp_path):
    written(tmp_path, {"Stop": "停止"})
    written(tmp_path, {"secret": "x"}, "fr")

    async def beyond(scope, receive, send):
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    root = type("Root", (), {"records": ()})
    client = TestClient(Words(beyond, Catalogues(root, [tmp_path])))
    assert client.get("/words/zh/home.json").json()["Stop"]
    assert client.get("/words/en/home.json").json() == {}
    assert "MutationObserver" in client.get("/words.js").text
    for other in (
        "/words/fr/home.json",
        "/words/zh/../zh.json",
        "/words/zh/%2e%2e.json",
        "/words/zh",
        "/",
    ):
        assert client.get(other).status_code == 418, other
    assert client.post("/words/zh/home.json").status_code == 418
    assert list(LANGUAGES) == ["en", "zh"] and asyncio.iscoroutinefunction(Words.__call__)
