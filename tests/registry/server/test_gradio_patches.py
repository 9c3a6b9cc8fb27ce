"""What the house replaces of gradio is still there, and still called where it was."""

from __future__ import annotations

import inspect
from pathlib import Path

import gradio as gr
import pytest
from gradio import blocks, mcp, queueing, route_utils, routes, state_holder

from registry.server import callers, gradio_patches
from registry.server.guard import GuardedBlocks
from registry.server.hosts import HostRule

SAID = "gradio changed this: read registry/server/gradio_patches.py before lifting its version"


def source(thing) -> str:
    return inspect.getsource(thing)


def test_an_upload_is_named_after_its_sha_and_made_by_the_parser():
    text = source(route_utils)
    assert "self.sha = hashlib.sha256()" in text and "sha.hexdigest()" in text, SAID
    assert "self._current_part.file = GradioUploadFile(" in text, SAID


def test_uploads_are_read_by_a_parser_that_is_looked_up_in_two_modules():
    assert "GradioMultiPartParser(" in source(route_utils.upload_fn), SAID
    assert source(routes).count("GradioMultiPartParser(") >= 2, SAID
    kinds = {kind.__name__: kind for kind in route_utils.GradioMultiPartParser.__mro__}
    parser = kinds["GradioMultiPartParser"]
    assert {"headers", "stream", "upload_dir"} <= set(inspect.signature(parser).parameters), SAID
    for used in ("async for chunk in self.stream", "_files_to_close_on_error.append(tempfile)"):
        assert used in source(parser), SAID
    assert "dir=self.upload_dir" in source(parser), SAID


@pytest.mark.parametrize("module", [state_holder, route_utils, blocks])
def test_a_session_is_begun_by_a_name_that_is_looked_up_in_three_modules(module):
    assert "SessionState(" in source(module), SAID


def test_the_holder_of_sessions_is_asked_by_key_and_told_by_update():
    holder = state_holder.StateHolder
    assert list(inspect.signature(holder.__getitem__).parameters)[1:] in (["name"], ["session_id"])
    assert len(inspect.signature(holder.update).parameters) == 2, SAID
    assert "state_holder[" in source(route_utils) + source(routes), SAID


def test_the_origins_that_are_allowed_are_decided_by_one_method():
    cors = route_utils.CustomCORSMiddleware
    assert source(cors).count("self.is_valid_origin(request_headers)") == 2, SAID
    assert list(inspect.signature(cors.is_valid_origin).parameters)[1:] in (
        ["request_headers"],
        ["headers"],
    ), SAID
    assert HostRule.admits_origin.__doc__


def test_the_tools_keep_what_they_decode_in_the_folder_of_that_name():
    kept = "processing_utils.save_base64_to_cache(node, DEFAULT_TEMP_DIR)"
    assert kept in source(mcp), SAID
    assert "gradio.mcp.GradioMCPServer(blocks)" in source(routes.App.setup_mcp_server), SAID


def test_a_queue_looks_up_its_messages_and_tells_of_calls_that_are_cancelled_or_left():
    assert "] = AsyncQueue()" in source(queueing), SAID
    assert list(inspect.signature(callers._remove).parameters) == ["self", "event_id"], SAID
    assert list(inspect.signature(callers._reset).parameters) == ["self", "event_id"], SAID
    text = source(routes)
    assert "_queue.remove_from_queue(" in text, SAID
    assert "await self.reset_iterators(event._id)" in source(queueing), SAID


def test_a_page_is_written_by_one_template_that_is_looked_up_in_the_module():
    text = source(routes)
    assert text.count("templates.TemplateResponse(") == 1, SAID
    for used in ("request=request,", "name=template,", '"config": config,'):
        assert used in text, SAID
    assert '<meta property="og:title"' in _index(), SAID
    assert "<script" in _index() and "<title>" not in _index(), SAID


def test_the_applications_before_the_launch_are_told_by_how_they_are_asked_for():
    early = "self.app = App.create_app(self, mcp_server=False)"
    for method in (blocks.Blocks.__exit__, blocks.Blocks.queue):
        assert source(method).count("create_app(") == source(method).count(early) == 1, SAID
    assert "create_app(\n            self,\n            app=_app," in source(
        blocks.Blocks.launch
    ), SAID
    assert "blocks,\n        app_kwargs=app_kwargs," in source(routes.mount_gradio_app), SAID


def test_the_application_is_made_once_at_the_launch(monkeypatch):
    made = []
    create = gradio_patches._create_app
    monkeypatch.setattr(
        gradio_patches, "_create_app", lambda *a, **k: made.append(create(*a, **k)) or made[-1]
    )
    monkeypatch.setattr(routes.App, "create_app", routes.App.create_app)
    gradio_patches.create_app_once()
    with GuardedBlocks(analytics_enabled=False) as page:
        gr.Textbox()
    page.queue()
    assert made == []
    try:
        page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
        assert made == [page.app]
    finally:
        page.close()
    with GuardedBlocks(analytics_enabled=False) as mounted:
        gr.Textbox()
    assert mounted.app is mounted.app and mounted.app.get_blocks() is mounted


def _index() -> str:
    folder = Path(routes.STATIC_TEMPLATE_LIB)
    return (folder / "frontend" / "index.html").read_text(encoding="utf-8")
