"""Texts from outside that could spoil every page."""

from __future__ import annotations

import json

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from serving import FIXTURES

from registry.task import PluginRecord, Task, TaskError, one_line
from registry.texts import clean

HOOK = """import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="{name}", title={title}, summary={summary}, build=f"{{__name__}}:build")


def build(ctx):
    {build}
    word = gr.Textbox(label="Word")
    word.submit(echo, word, word, api_name="{name}")


def echo(word):
    return {answer}
"""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Caf\udce9", "Caf\ufffd"),
        ("a\x00b\x1bc\nd\u0085e", "a b c d e"),
        ("\u202eevil\u2066 mark\u200f", "evil mark"),
        ("图像 é 👩‍🔬", "图像 é 👩‍🔬"),
        ("x" * 99, "x" * 19 + "…"),
        (" a \t b ", "a b"),
        (7, "7"),
    ],
)
def test_a_text_is_cleaned_and_bounded(text, cleaned):
    assert clean(text, 20) == cleaned


def test_an_error_that_cannot_say_what_it_is_is_named():
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    assert one_line(Mute()) == "Mute: (ValueError while it was put into words)"
    assert len(one_line(ValueError("x" * 10**7))) == 240
    assert one_line(ValueError("Caf\udce9")) == "ValueError: Caf\ufffd"


def test_texts_of_a_task_and_of_a_record_are_bounded():
    task = Task("a", "T" * 10_000, "x:y", summary="S\udce9" * 10_000, backbones=("\udce9",))
    assert (len(task.title), len(task.summary), task.backbones) == (80, 240, ("\ufffd",))
    with pytest.raises(TaskError, match="at most 80 characters"):
        Task("a" * 81, "T", "x:y")
    record = PluginRecord("n\udce9" * 99, "d\x00", "v" * 999, "folder", "ready", error="e" * 999)
    assert (len(record.name), record.distribution, len(record.version)) == (80, "d", 80)
    assert len(record.error) == 240


def plug_in(folder, name, build="pass", title="'Title'", summary="''", answer="word"):
    source = HOOK.format(name=name, title=title, summary=summary, build=build, answer=answer)
    (folder / f"{name}.py").write_text(source, encoding="utf-8")


def test_no_text_of_a_plug_in_costs_another_its_page(serve, tmp_path):
    plug_in(tmp_path, "raises", "raise ValueError('Caf\\udce9 \\u202e' + 'x' * 10**6)")
    plug_in(tmp_path, "titled", title="'Caf\\udce9' * 10000", summary="'\\x00\\udce9' * 10000")
    plug_in(tmp_path, "labelled", "gr.Textbox(label='Caf\\udce9')")
    plug_in(tmp_path, "valued", "gr.JSON({'a': ['\\udce9']})")
    plug_in(tmp_path, "chosen", "gr.Dropdown([('a', '\\ud800')])")
    plug_in(tmp_path, "numbered", "gr.Number(float('nan'))")
    plug_in(tmp_path, "scripted", "gr.Button('Go').click(None, js='() => \"\\udce9\"')")
    plug_in(tmp_path, "documented", "echo.__doc__ = 'Caf\\udce9.'")
    plug_in(tmp_path, "answering", answer="'Caf\\udce9'")
    server = serve(
        {
            "PARAGONE_PLUGIN_DIRS": f"{tmp_path}:{FIXTURES / 'house'}",
            "PARAGONE_PLUGINS": "good,raises,titled,labelled,valued,chosen,numbered,scripted,"
            "documented,answering",
        }
    )
    config = json.loads(server.get("config"))
    front = "".join(str(c["props"].get("value")) for c in config["components"])
    for name in ("labelled", "chosen", "scripted", "documented"):
        assert f"Task &#39;{name}&#39;: its " in front, name
    assert "cannot be written as JSON" in front and "ValueError: Caf\ufffd" in front
    assert "\u202e" not in front and "x" * 300 not in front and "Caf\ufffdCaf" in front
    client = Client(server.url, verbose=False)
    assert client.predict("level", "lever", api_name="/good") == 3
    assert client.predict("word", api_name="/titled") == "word"
    assert httpx.get(f"{server.url}gradio_api/info", timeout=300).status_code == 200
    with pytest.raises(AppError, match="could not finish this step"):
        client.predict("word", api_name="/answering")
    assert client.predict("level", "lever", api_name="/good") == 3
