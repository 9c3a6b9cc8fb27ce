"""A local server answers to local names alone."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

from registry.server.hosts import REFUSED, HostRule, is_loopback, name_in

LOCAL = ("localhost", "localhost:7860", "127.0.0.1:7860", "127.9.9.9", "[::1]:7860", "LOCALHOST")
FOREIGN = ("evil.example", "evil.example:7860", "127.0.0.1.evil.example", "10.0.0.7", "[::2]", "")
FOREIGN += ("localhost.evil.example", "[::1", "0.0.0.0", "evil.example@localhost@evil.example")


@pytest.fixture(scope="module")
def local(serve):
    return serve({"PARAGONE_PLUGINS": "", "PARAGONE_ALLOWED_HOSTS": "page.example, other.example"})


def page(bound: str | None, share: bool = False):
    return SimpleNamespace(server_name=bound, share=share)


def ask(server, host: str, origin: str = "", method: str = "GET") -> httpx.Response:
    headers = {"Host": host, **({"Origin": origin} if origin else {})}
    if method == "OPTIONS":
        headers["Access-Control-Request-Method"] = "POST"
    return httpx.request(method, f"{server.url}config", headers=headers, timeout=300)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "10.0.0.7"])
def test_another_name_is_refused_in_words_and_no_origin_is_allowed(local, host, method):
    for origin in ("", f"http://{host}", "http://localhost", "null"):
        answer = ask(local, host, origin, method)
        assert "access-control-allow-origin" not in answer.headers, (origin, answer.headers)
        if method == "GET":
            assert (answer.status_code, answer.text) == (421, REFUSED)


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "127.0.0.9:80", "[::1]:80"])
def test_local_names_answer_and_only_to_pages_of_this_machine(local, host):
    assert ask(local, host).status_code == 200
    for foreign in ("http://evil.example", "https://127.0.0.1.evil.example", "null"):
        answer = ask(local, host, foreign)
        assert "access-control-allow-origin" not in answer.headers, (foreign, answer.headers)
    assert ask(local, host, "http://localhost:3000").headers["access-control-allow-origin"]


def test_a_name_that_was_added_answers(local):
    assert ask(local, "page.example").status_code == 200
    assert ask(local, "OTHER.example:443").status_code == 200
    assert ask(local, "third.example").status_code == 421


@pytest.mark.parametrize("host", LOCAL)
def test_what_is_local(host):
    assert is_loopback(name_in(host)) and HostRule(page("127.0.0.1"), {}).admits(host)


@pytest.mark.parametrize("host", FOREIGN)
def test_what_is_not(host):
    for bound in ("127.0.0.1", "localhost", "::1", "127.0.0.2"):
        assert not HostRule(page(bound), {}).admits(host)
    anybody = {"PARAGONE_ALLOWED_HOSTS": "*"}
    assert HostRule(page("127.0.0.1"), anybody).admits(host)


@pytest.mark.parametrize("host", [*LOCAL, *FOREIGN])
def test_a_server_for_others_answers_to_every_name(host):
    """On Spaces and in containers, with gradio's tunnel, and before it is launched."""
    for each in (page("0.0.0.0"), page("192.168.1.2"), page("::"), page("127.0.0.1", share=True)):
        assert HostRule(each, {}).admits(host)
    assert HostRule(SimpleNamespace(share=False), {}).admits(host)
