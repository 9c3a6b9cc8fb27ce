"""Pages on one root: what a failing build leaves behind, and which names its events may have."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio.context import Context

from registry import Limits, PluginRecord, Task, TaskContext
from registry.pages.build import build_pages
from registry.server.guard import GuardedBlocks


def build_house(builds, strict=False):
    """Build one page for each of `{name: build}`."""
    records = []
    for order, (name, build) in enumerate(builds.items()):
        attribute = f"build_{name.replace('-', '_')}"
        globals()[attribute] = build
        task = Task(name, name.title(), f"{__name__}:{attribute}", order=order)
        records.append(PluginRecord(name, "test", "1", "test", "ready", tasks=(task,)))
    root = GuardedBlocks(title="House", analytics_enabled=False)
    with root:
        settled = build_pages(
            root, records, lambda task: TaskContext(task, Limits(), None, None), strict
        )
    return root, {r.name: r for r in settled}


def sound(name):
    def build(ctx):
        text = gr.Textbox(f"page {name}")
        gr.Button("Go").click(lambda t: t, text, text, api_name=name.replace("-", "_"))

    return build


def public(root):
    return sorted(f.api_name for f in root.fns.values() if f.api_visibility == "public")


def values(root, path):
    """The values of the components of one page, as the browser will get them."""
    numbers = set(root.config["page"][path]["components"])
    return [c["props"].get("value") for c in root.config["components"] if c["id"] in numbers]


def failing_nested(ctx):
    text = gr.Textbox("remains")
    gr.Button("Go").click(lambda t: t, text, text, api_name="bad")
    with gr.Row(), gr.Tab("Tab"), gr.Blocks():
        gr.Number(1)
        raise RuntimeError("gave up")


def test_each_task_gets_its_own_page_and_its_own_parts():
    root, records = build_house({"one": sound("one"), "two-b": sound("two-b")})
    assert [page[0] for page in root.pages] == ["", "one", "two-b", "plugins"]
    assert "page one" in values(root, "one") and "page one" not in values(root, "two-b")
    assert public(root) == ["one", "two_b"]
    assert {r.state for r in records.values()} == {"ready"}


@pytest.mark.parametrize("error", [RuntimeError("gave up"), SystemExit(3)])
def test_a_failing_build_leaves_only_its_card(error):
    def failing(ctx):
        gr.Textbox("remains")
        raise error

    root, records = build_house({"bad": failing, "good": sound("good")})
    shown = values(root, "bad")
    assert "remains" not in shown and any(type(error).__name__ in str(v) for v in shown)
    assert (records["bad"].state, records["bad"].stage) == ("failed", "build")
    assert records["good"].state == "ready" and "page good" in values(root, "good")


def test_a_failing_nested_blocks_does_not_cost_the_later_pages():
    root, records = build_house({"bad": failing_nested, "good": sound("good")})
    assert records["bad"].error == "RuntimeError: gave up"
    assert public(root) == ["good"] and "page good" in values(root, "good")
    assert "remains" not in values(root, "bad")
    # What is left in the layout is what is left in the list of components.
    laid_out = str(root.config["page"]["bad"]["layout"])
    assert all(str(n) in laid_out for n in root.config["page"]["bad"]["components"])
    assert Context.root_block is None and Context.block is None


def test_a_build_that_opens_a_page_of_its_own_costs_only_itself():
    def straying(ctx):
        sound("bad")(ctx)
        Context.root_block.pages.append(("elsewhere", "Elsewhere", True))
        Context.root_block.current_page = "elsewhere"
        gr.Textbox("remains")

    root, records = build_house({"bad": straying, "good": sound("good")})
    assert "left a layout or page open" in records["bad"].error
    assert [page[0] for page in root.pages] == ["", "bad", "good", "plugins"]
    assert any("left a layout or page open" in str(value) for value in values(root, "bad"))
    assert "page good" in values(root, "good") and public(root) == ["good"]


def test_the_front_page_shows_the_card_of_a_failed_build():
    root, _ = build_house({"bad": failing_nested, "good": sound("good")})
    front = "".join(str(v) for v in values(root, ""))
    assert 'href="./good"' in front and 'href="./bad"' not in front
    assert "Failed while its page was built" in front and "RuntimeError: gave up" in front


def test_a_build_that_swallows_a_failed_blocks_is_itself_failed():
    def swallowing(ctx):
        sound("bad")(ctx)
        try:
            with gr.Blocks():
                raise ValueError
        except ValueError:
            pass

    _, records = build_house({"bad": swallowing, "good": sound("good")})
    assert "left a layout or page open" in records["bad"].error
    assert records["good"].state == "ready"


def test_strict_raises_the_error_of_a_build():
    with pytest.raises(RuntimeError, match="gave up"):
        build_house({"bad": failing_nested}, strict=True)
    Context.root_block = Context.block = None  # What gradio leaves after an error.


def with_events(*names, visibility="public"):
    def build(ctx):
        text = gr.Textbox()
        for name in names:
            text.submit(lambda t: t, text, text, api_name=name, api_visibility=visibility)

    return build


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (with_events("bad", "bad"), 'api_name="bad" is used by two events'),
        (with_events("bad", "bad_x", "bad_x"), 'api_name="bad_x" is used by two events'),
        (with_events("bad", "predict"), 'api_name="predict" is not this task\'s to give'),
        (with_events("bad", "bad_luck"), 'api_name="bad_luck" is not this task\'s to give'),
        (with_events("bad_x"), 'No event has api_name="bad", which a task needs; it has bad_x'),
        (with_events(), 'No event has api_name="bad", which a task needs'),
        (with_events("bad", visibility="private"), 'No event has api_name="bad"'),
    ],
)
def test_a_wrong_name_of_an_event_is_a_failed_build(build, says):
    root, records = build_house({"bad": build, "bad-luck": sound("bad-luck")})
    assert says in records["bad"].error
    assert records["bad-luck"].state == "ready" and public(root) == ["bad_luck"]


def test_an_event_without_a_name_is_no_endpoint():
    def build(ctx):
        sound("good")(ctx)
        text = gr.Textbox(lambda: "loaded")
        text.submit(sound, text, text)
        text.change(lambda t: t, text, text, api_name="")
        text.blur(lambda t: t, text, text, api_name="other", api_visibility="undocumented")
        gr.Examples([["a"], ["b"]], text)

    root, records = build_house({"good": build})
    assert records["good"].state == "ready" and public(root) == ["good"]
    undocumented = {f.api_name for f in root.fns.values() if f.api_visibility == "undocumented"}
    assert undocumented == {"good_other", "good_load_example"}


def test_a_blocks_made_elsewhere_brings_no_endpoint_of_a_foreign_name():
    with gr.Blocks(analytics_enabled=False) as elsewhere:
        text = gr.Textbox("from elsewhere")
        text.submit(lambda t: t, text, text, api_name="predict")

    def build(ctx):
        elsewhere.render()
        sound("good")(ctx)

    root, _ = build_house({"good": build})
    assert public(root) == ["good"] and "from elsewhere" in values(root, "good")


def test_a_callable_value_is_loaded_on_its_own_page():
    def build(ctx):
        sound("good")(ctx)
        gr.Textbox(lambda: "loaded")

    root, _ = build_house({"good": build})
    loads = [f for f in root.fns.values() if f.targets == [(root._id, "load")]]
    assert sorted(f.page for f in loads) == ["", "good"]  # The front page's own, and this one.


def test_a_component_that_cannot_describe_itself_fails_its_own_page_only():
    class Mute(gr.Textbox):
        def api_info(self):
            raise NotImplementedError("no description")

    def build(ctx):
        sound("bad")(ctx)
        Mute()

    _, records = build_house({"bad": build, "good": sound("good")})
    assert records["bad"].error == "NotImplementedError: no description"
    assert records["good"].state == "ready"


def test_texts_of_plug_ins_are_shown_as_text():
    def failing(ctx):
        raise ValueError("<script>alert(1)</script>")

    root, _ = build_house({"bad": failing})
    shown = "".join(str(v) for v in values(root, "bad") + values(root, ""))
    assert "<script>" not in shown and "&lt;script&gt;" in shown
