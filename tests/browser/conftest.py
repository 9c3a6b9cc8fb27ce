"""One Chromium and one server for all tests here; a fresh context for every visitor."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect
from serving import Server, free_port

from browser.visitor import SLOW, Comparer, Visitor
from browser.walk import Record, Walk

HERE = Path(__file__).parent
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The first draws no window around each visitor's page, which costs as much as the page."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
WIDE = {"width": 1280, "height": 900}
expect.set_options(timeout=SLOW)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, so that `-m "not browser"` leaves it out."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium():
    """The browser. Not of session scope: its event loop would upset the tests that follow."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    named = os.environ.get("PARAGONE_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if named and not Path(named).exists():  # Whoever names one wants these tests to run.
        pytest.fail(f"PARAGONE_CHROMIUM names {named}, where no browser is", pytrace=False)
    if not path or not Path(path).exists():
        pytest.skip(f"no Chromium at {path or 'PATH'}: install it, or name it in PARAGONE_CHROMIUM")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def start(begin_server) -> Iterator[Callable[..., Server]]:
    """Start servers that see no Hub but the one they are told, for one test."""
    servers: list[Server] = []

    def begin(**changes: str) -> Server:
        servers.append(begin_server(**changes))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture(scope="package")
def begin_server(tmp_path_factory) -> Callable[..., Server]:
    """Start servers that see no Hub but the one they are told, and share no cache."""

    def begin(**changes: str) -> Server:
        home = tmp_path_factory.mktemp("server")
        temp = home / "temp"
        temp.mkdir()
        hub = {"HF_HUB_OFFLINE": "0", "HF_HOME": str(home / "hub"), "HF_TOKEN": ""}
        dead = {"HF_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
        server = Server({**hub, **dead, "GRADIO_TEMP_DIR": str(temp), **changes})
        server.temp = temp
        return server

    return begin


@pytest.fixture(scope="package")
def server(chromium, begin_server) -> Iterator[Server]:
    """The server of most tests; its Hub is dead. `temp` is where uploads would lie."""
    server = begin_server()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def record() -> Iterator[Record]:
    """What all visitors meet."""
    record = Record()
    yield record
    record.write()


@pytest.fixture
def visit(chromium, server, start, record, request) -> Iterator[Callable[..., Visitor]]:
    """Come as a new visitor: `visit(kind, at=…, query=…, **context options)`.

    An error in the page's scripts fails the test, and so does what they meet that has no Chinese.
    Where PARAGONE_SCREENSHOTS names a folder, every visitor's last view is kept there. They leave
    before the servers that a test started.
    """
    visitors: list[Visitor] = []
    walks: list[Walk] = []
    names: set[str] = set()

    def come(
        kind: type[Visitor] = Comparer, at: Server = server, query: str = "", **options
    ) -> Visitor:
        context = chromium.new_context(**{"viewport": WIDE, **options})
        context.set_default_timeout(SLOW)
        walks.append(Walk(context, record, names))
        visitors.append(kind(context, at.url, query))
        return visitors[-1]

    yield come
    folder = os.environ.get("PARAGONE_SCREENSHOTS")
    for i, visitor in enumerate(visitors):
        if folder and not visitor.page.is_closed():
            Path(folder).mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "-", f"{request.node.name}-{i}").strip("-")
            visitor.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    left_over = [text for walk in walks for text in walk.left_over()]
    for visitor in visitors:
        for page in visitor.context.pages:  # It says that it is left, but not where it is cut off.
            with suppress(Error):  # A test may have stopped the server.
                page.goto(f"{visitor.url}waiting.js")
        visitor.context.close()
    errors = [error for visitor in visitors for error in visitor.errors]
    assert not errors, f"the page's scripts failed: {errors}"
    assert not left_over, "\n".join(["in English on Chinese pages:", *left_over])
