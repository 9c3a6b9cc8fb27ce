"""Who may come in: names and passwords, which are never quoted."""

from __future__ import annotations

import logging

import httpx
import pytest
from gradio_client import Client

from registry import SettingError
from registry.server.auth import read_auth

PASSWORD = "correct horse: battery, staple"


@pytest.fixture(scope="module")
def locked(serve, tmp_path_factory):
    file = tmp_path_factory.mktemp("auth") / "pairs"
    file.write_text(f"# who may come in\nann:{PASSWORD}\n\nbob:other\n", encoding="utf-8")
    return serve({"PARAGONE_PLUGINS": "face_verification", "PARAGONE_AUTH": str(file)})


def test_without_a_login_nothing_but_the_login_answers(locked):
    for path in ("config", "gradio_api/info", "gradio_api/file=x"):
        assert httpx.get(locked.url + path).status_code == 401, path
    call = {"data": [], "fn_index": 0, "session_hash": "x"}
    for path in ("queue/join", "call/face_verification", "run/predict", "upload"):
        answer = httpx.post(f"{locked.url}gradio_api/{path}", json=call)
        assert answer.status_code == 401, path
    page = httpx.get(locked.url).text
    assert "auth_required" in page and "Paragone asks for a name" in page
    assert "face-verification" not in page
    with pytest.raises(Exception, match="(?i)auth|login|credential"):
        Client(locked.url, verbose=False)


def test_a_wrong_password_is_refused_in_clear_words_and_a_right_one_opens(locked):
    for name, password in (("ann", "wrong"), ("ann", "other"), ("bob", PASSWORD), ("eve", "")):
        with httpx.Client(base_url=locked.url) as visitor:
            form = {"username": name, "password": password or "-"}
            answer = visitor.post("/login", data=form)
            assert answer.status_code == 400 and "Incorrect credentials" in answer.text
            assert visitor.get("/config").status_code == 401
    with httpx.Client(base_url=locked.url) as visitor:
        answer = visitor.post("/login", data={"username": "ann", "password": PASSWORD})
        assert answer.json() == {"success": True}
        assert visitor.get("/config").status_code == 200
    client = Client(locked.url, auth=("bob", "other"), verbose=False)
    assert "/face_verification" in client.view_api(return_format="dict")["named_endpoints"]
    for secret in (PASSWORD, "battery", "wrong"):
        assert secret not in locked.log


@pytest.mark.parametrize(
    "text", ["ann", "ann:", ":secret", "ann:secret,bob", "ann:secret,ann:other", "/no/such/file"]
)
def test_pairs_that_cannot_be_used_are_refused_without_quoting_them(text, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingError, match="PARAGONE_AUTH") as caught:
        read_auth({"PARAGONE_AUTH": text})
    assert "secret" not in str(caught.value) and "secret" not in caplog.text
    assert "/no/such" not in str(caught.value)


def test_nobody_is_asked_where_no_pairs_are_given():
    assert read_auth({}) is None and read_auth({"PARAGONE_AUTH": " "}) is None
