"""Every private part of gradio that the house replaces, and what it stands for.

Each replacement is made when a page is built, and holds for the whole process. A test notices when
gradio changes what is replaced (tests/registry/server/test_gradio_patches.py), and requirements.txt
admits only the versions that were tried. One part is replaced before gradio is imported, in
registry/quick_start.py. What is used of gradio's private parts without replacing
it is written down in tests/registry/test_gradio_facts.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from gradio import blocks, mcp, queueing, route_utils, routes, state_holder
from gradio.utils import get_upload_folder
from starlette.responses import HTMLResponse

from registry.server import callers, sessions
from registry.server.guard import GuardedBlocks
from registry.server.hosts import HostRule
from registry.server.late_app import LateApp
from registry.server.temp_folder import CarefulParser


class _OwnFolder(route_utils.GradioUploadFile):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.sha.update(secrets.token_bytes(16))


def keep_uploads_apart() -> None:
    """Two uploads of the same content are two files: the folder of an upload is named after its
    content and a random number. Replaces `route_utils.GradioUploadFile`.
    """
    route_utils.GradioUploadFile = _OwnFolder


def read_uploads_with_care(most: int) -> None:
    """An upload that finds no room is answered 507, and one that is cut leaves no file. Replaces
    `GradioMultiPartParser` in `route_utils` and `routes`.

    Args:
        most: Bytes that the folder for uploads may hold.
    """
    parser = type("CarefulParser", (CarefulParser,), {"most": most})
    for module in (route_utils, routes):
        module.GradioMultiPartParser = parser


def keep_sessions_lean() -> None:
    """A session costs no more than the page that is used, a call without a session leaves none,
    and a visit that makes room for others is forgotten. Replaces `SessionState` in three modules,
    and `__getitem__` and `update` of `StateHolder`.
    """
    for module in (state_holder, route_utils, blocks):
        module.SessionState = sessions.LeanSession
    state_holder.StateHolder.__getitem__ = sessions.session_of
    state_holder.StateHolder.update = sessions.make_room


def watch_callers() -> None:
    """A handler can ask whether its caller has left, cancelled, or never listened. Replaces
    `AsyncQueue` in `queueing`, and `remove_from_queue` and `reset_iterators` of its `Queue`.
    """
    queueing.AsyncQueue = callers.Mailbox
    queueing.Queue.remove_from_queue = callers.cancelled
    queueing.Queue.reset_iterators = callers.ended


_create_app = routes.App.create_app


def create_app_once() -> None:
    """The application of a page is made when it is launched or mounted; gradio also makes one at
    the end of the build, and another one with the queue, and describes the whole page for each.
    Replaces `App.create_app` in `routes`.
    """

    def create_app(page: Any, *details: Any, **named: Any) -> Any:
        early = isinstance(page, LateApp) and not details and named == {"mcp_server": False}
        return None if early else _create_app(page, *details, **named)

    routes.App.create_app = staticmethod(create_app)


_known_origin = route_utils.CustomCORSMiddleware.is_valid_origin


def guard_origins(rule: HostRule) -> None:
    """A server that is bound to loopback names no foreign origin as allowed; by itself gradio
    knows two names of loopback, and allows every origin beside another one. Replaces
    `CustomCORSMiddleware.is_valid_origin`.
    """

    def is_valid_origin(middleware: Any, headers: Any) -> bool:
        allowed = rule.admits_origin(headers.get("host", ""), headers["Origin"])
        return allowed and _known_origin(middleware, headers)

    route_utils.CustomCORSMiddleware.is_valid_origin = is_valid_origin


_templates = routes.templates


def dress_pages(dressed: Callable[..., str]) -> None:
    """Each page of ours is sent with a head of ours. Replaces `routes.templates`.

    Args:
        dressed: Takes the HTML, the request, the Blocks and gradio's config of the page; gives the
            HTML to send.
    """

    class Templates:
        @staticmethod
        def TemplateResponse(request: Any, name: str, context: dict[str, Any]) -> HTMLResponse:
            """What gradio answers to the address of a page."""
            html = _templates.get_template(name).render({"request": request, **context})
            page = request.app.get_blocks()
            ours = isinstance(page, GuardedBlocks)
            return HTMLResponse(dressed(html, request, page, context["config"]) if ours else html)

    routes.templates = Templates


def keep_tools_private(tools: type) -> None:
    """The tools of assistants answer as `tools` says, and what they decode lies in our folder for
    uploads: gradio reads its place when it is imported, before ours is made. Replaces
    `mcp.GradioMCPServer` and `mcp.DEFAULT_TEMP_DIR`.
    """
    mcp.DEFAULT_TEMP_DIR = get_upload_folder()
    if not issubclass(mcp.GradioMCPServer, tools):
        mcp.GradioMCPServer = type(tools.__name__, (tools, mcp.GradioMCPServer), {})
