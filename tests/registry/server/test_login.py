"""With a login set, every route asks for it; the walk finds those that are added later, too."""

from __future__ import annotations

import re

import httpx
import pytest
from serving import free_port

import app
from registry.server.login import OPEN

OF_THE_HOUSE = ("/words/zh/home.json", "/waiting/abc", f"/leave/{'a' * 32}", "/openapi.json")


@pytest.fixture(scope="module")
def page():
    environ = {"PARAGONE_PLUGINS": "face_verification", "PARAGONE_AUTH": "ann:secret"}
    page = app.build_app(environ=environ)
    page.launch(
        server_name="127.0.0.1", server_port=free_port(), quiet=True, prevent_thread_lock=True
    )
    yield page
    page.close()


@pytest.fixture
def stranger(page):
    with httpx.Client(base_url=page.local_url, timeout=300) as stranger:
        yield stranger


def paths(page) -> list[tuple[str, str]]:
    """Every method and path of the server, filled in, and those of the house."""
    found = [(method, path) for method in ("GET", "POST") for path in OF_THE_HOUSE]
    left = list(page.app.routes)
    while left:
        route = left.pop()
        if inner := getattr(route, "original_router", None):  # Since FastAPI 0.13x.
            left.extend(inner.routes)
        path = re.sub(r"\{[^}]*\}", "1", getattr(route, "path", ""))
        found += [(method, path) for method in getattr(route, "methods", None) or ()]
    return found


def test_without_a_login_every_route_asks_for_it_but_the_login_page(page, stranger):
    pages = {f"/{name}" for name, _, _ in page.pages}
    pages |= {f"{name}/" for name in pages}
    asked, left = 0, []
    for method, path in paths(page):
        if OPEN.fullmatch(path) or path in pages or method == "OPTIONS":
            continue
        status = stranger.request(method, path, follow_redirects=False).status_code
        asked += 1
        if status != 401:
            left.append((method, path, status))
    assert asked > 60 and left == []


def test_the_login_page_has_what_it_needs_and_tells_nothing_else(stranger):
    form = stranger.get("/")
    assert form.status_code == 200 and "auth_required" in form.text
    assert "face_verification" not in form.text and "/gradio_api/call" not in form.text
    assert "auth_required" in stranger.get("/face-verification").text
    for path in ("/words.js", "/waiting.js", "/uploads.js", "/theme.css", "/favicon.ico"):
        assert stranger.get(path).status_code == 200, path
    for path in ("/gradio_api/user", "/gradio_api/app_id", "/gradio_api/token"):
        assert "ann" not in stranger.get(path).text, path
    assert stranger.get("/gradio_api/login_check").status_code == 401
    for open_path in (
        "/assets/../config",
        "/static/..%2fconfig",
        "//config",
        "/config/",
        "/CONFIG",
    ):
        assert "face_verification" not in stranger.get(open_path).text, open_path


def test_who_has_logged_in_gets_all_of_it(page):
    with httpx.Client(base_url=page.local_url, timeout=300) as visitor:
        answer = visitor.post("/login", data={"username": "ann", "password": "secret"})
        assert answer.json() == {"success": True}
        assert visitor.get("/config").status_code == 200
        assert visitor.get("/words/zh/home.json").json()
        assert visitor.get("/waiting/abc").json() == {"waiting": False}
        assert visitor.post(f"/leave/{'a' * 32}").status_code == 204
        visitor.cookies.clear()
        visitor.cookies.set(f"access-token-{page.app.cookie_id}", "None")
        assert visitor.get("/config").status_code == 401


def test_where_no_login_is_set_nobody_is_asked(serve):
    open_server = serve({"PARAGONE_PLUGINS": ""})
    for path in ("config", "words/zh/home.json", "waiting/abc"):
        assert httpx.get(open_server.url + path).status_code == 200, path
