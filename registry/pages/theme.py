"""The theme and the style sheet (gradio's own theme, with type and contrast mended), and the root
that wears them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import gradio as gr
from gradio.blocks import Block
from starlette.middleware import Middleware

from registry.limits import Limits
from registry.pages import languages, not_found
from registry.pages.head import with_head
from registry.quick_start import read_signatures_once
from registry.server import auth, pictures, queues, sessions, uploads
from registry.server.deep_links import DeepLinks
from registry.server.gradio_patches import (
    create_app_once,
    dress_pages,
    guard_origins,
    keep_uploads_apart,
    read_uploads_with_care,
)
from registry.server.guard import GuardedBlocks
from registry.server.hosts import HostRule, Hosts
from registry.server.login import LoginFirst
from registry.server.memory import Admission
from registry.server.workspace import not_served

FONT_FIRST = (
    '<link rel="preload" as="font" type="font/woff2" crossorigin '
    'href="./static/fonts/SourceSansPro/SourceSansPro-Regular.woff2" '
    "onload=\"document.documentElement.classList.add('is-typed')\" "
    "onerror=\"document.documentElement.classList.add('is-typed')\">"
)
"""Fetched from the start: where it came after the first text, the lines of that text would move."""
SWEEP = 600
"""Every this many seconds, what visitors handed in longer ago than a visit lasts is deleted."""
CSS = "".join(
    Path(__file__).with_name(name).read_text(encoding="utf-8")
    for name in ("look.css", "directory.css")
)


def open_house(
    limits: Limits, rooms: Sequence[Path] = (), environ: Mapping[str, str] = os.environ
) -> GuardedBlocks:
    """The empty root of all pages, with the options that it is served with.

    Args:
        rooms: Folders with catalogues of words, beside those of the plug-ins.
        environ: Where the login and the folders of this house are read.

    Raises:
        SettingError: The login cannot be used.
    """
    seconds = limits.session_minutes * 60
    sweep = (min(SWEEP, seconds), seconds)
    create_app_once()
    read_signatures_once(Block)
    root = GuardedBlocks(title="Paragone", analytics_enabled=False, delete_cache=sweep)
    root.admit = Admission(limits)
    sessions.end_idle_sessions(root, limits.session_minutes)
    uploads.end_old_uploads(root, limits.session_minutes)
    keep_uploads_apart()
    read_uploads_with_care(limits.uploads_bytes)

    catalogues = languages.Catalogues(root, rooms)
    root.words_asked = catalogues.asked
    rule = HostRule(root, environ)
    guard_origins(rule)
    dress_pages(with_head)
    middleware = [
        Middleware(Hosts, rule=rule),
        Middleware(LoginFirst, page=root),
        Middleware(not_found.NotFound, catalogues=catalogues),
        Middleware(DeepLinks),
        Middleware(languages.Words, catalogues=catalogues),
        Middleware(pictures.Pictures, page=root),
        Middleware(queues.Waiting, page=root),
        Middleware(uploads.Uploads, page=root),
    ]
    root.launch_defaults = dict(
        theme=theme(),
        css=CSS,
        head=FONT_FIRST + languages.HEAD + queues.HEAD + uploads.HEAD,
        app_kwargs={"middleware": middleware},
        auth=auth.read_auth(environ),
        auth_message=auth.MESSAGE,
        blocked_paths=not_served(environ),
        ssr_mode=False,
        max_file_size=limits.upload_bytes,
        state_session_capacity=limits.sessions,
        show_error=True,
        run_history=False,
        pwa=False,
        enable_monitoring=False,
        footer_links=["api", "settings"],
    )
    return root


def theme() -> gr.themes.Base:
    """gradio's default theme. Everything it loads is served from this machine."""

    # Of the faces packed with gradio 6.31 the semi-bold ones lack most Latin letters; the regular
    # and the bold are whole.
    def face(name: str) -> gr.themes.LocalFont:
        return gr.themes.LocalFont(name, weights=(400, 700))

    return gr.themes.Default(
        primary_hue="blue",
        neutral_hue="slate",
        font=(face("Source Sans Pro"), "ui-sans-serif", "system-ui", "sans-serif"),
        font_mono=(face("IBM Plex Mono"), "ui-monospace", "Consolas", "monospace"),
    ).set(
        # White on the 600 is 5.2 to 1; gradio's own primary button stays under 3 to 1.
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        button_cancel_background_fill="#dc2626",
        button_cancel_background_fill_hover="#b91c1c",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
    )
