"""A result to the Hub, by the real client: what arrives, and what each refusal says."""

from __future__ import annotations

import logging
import socket
import traceback
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants, hf_hub_download
from results import result

from plugins.triplet_finetuning.export.files import files, save
from plugins.triplet_finetuning.export.plain import ResultError
from plugins.triplet_finetuning.export.push import push_to_hub
from plugins.triplet_finetuning.export.result import HEADS, load
from tests.hub.server import LocalHub
from weights.errors import HubUnreachable, ParagoneError
from weights.publish import PublishError

pytestmark = pytest.mark.hub

REPO, TOKEN, SERVERS = "alice/faces", "hf_of_alice_writes", "hf_of_the_server"


@pytest.fixture
def hub(monkeypatch):
    """A Hub that knows Alice; the server that pushes for her has a token of its own."""
    monkeypatch.setenv("HF_TOKEN", SERVERS)
    with LocalHub() as hub:
        hub.account(TOKEN, "alice")
        hub.account("hf_reads", "alice", writes=False)
        hub.account(SERVERS, "alice")
        yield hub


def push(hub: LocalHub, what=None, **options) -> str:
    options = {"repo_id": REPO, "token": TOKEN, "endpoint": hub.url, **options}
    return push_to_hub(what or result(), **options)


def pushed(hub: LocalHub) -> dict[str, bytes]:
    return {k: v for k, v in hub.repos[REPO].files.items() if k != ".gitattributes"}


def test_pushed_fetched_and_loaded_again(hub, tmp_path):
    """Every byte comes back through the client's own download, and is a result again."""
    assert push(hub) == f"{hub.url}/{REPO}"
    saved = {path.name: path.read_bytes() for path in save(result(), tmp_path / "saved")}
    options = {"token": TOKEN, "endpoint": hub.url, "cache_dir": tmp_path / "cache"}
    places = {Path(hf_hub_download(REPO, name, **options)).parent for name in saved}
    (place,) = places
    assert {path.name: path.read_bytes() for path in place.iterdir()} == saved
    assert pushed(hub) == saved
    fetched = load(place)
    assert files(fetched) == saved
    assert fetched.settings == result().settings


def test_one_commit_and_only_the_visitors_token(hub, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    push(hub)
    assert len(hub.commits) == 1
    assert hub.commits[0].repo == REPO
    assert set(hub.commits[0].written) == set(files(result()))
    assert set(hub.tokens) == {TOKEN}
    uploads = [seen for seen in hub.log if seen.method == "PUT"]
    assert len(uploads) == 2
    assert not any(seen.authorised for seen in uploads)
    printed = capfd.readouterr()
    assert TOKEN not in caplog.text + printed.out + printed.err


def test_the_xet_part_is_not_used(hub, tmp_path, monkeypatch):
    """It is installed, and would keep what it sends on this machine."""
    from huggingface_hub.utils._runtime import is_xet_available

    if not is_xet_available():
        pytest.skip("hf_xet is not installed")

    def used(**_):
        raise AssertionError("a visitor's result went to hf_xet")

    monkeypatch.setattr(huggingface_hub._commit_api, "_upload_xet_files", used)
    push(hub)
    assert pushed(hub) == files(result())


@pytest.mark.parametrize("private", [True, False])
def test_private_or_public(hub, tmp_path, private):
    push(hub, private=private)
    assert bool(hub.repos[REPO].token) == private
    info = huggingface_hub.HfApi(endpoint=hub.url, token=TOKEN).model_info(REPO)
    assert info.private == private


@pytest.mark.parametrize(("private", "says"), [(True, "everyone"), (False, "only its owner")])
def test_never_to_a_repository_that_others_see(hub, private, says):
    before = {"notes.md": b"mine"}
    hub.add(REPO, before, token=TOKEN if not private else "")
    with pytest.raises(PublishError, match=f"there already and {says} can see it"):
        push(hub, private=private)
    assert hub.repos[REPO].files == before
    assert hub.commits == []


def test_from_a_folder_and_again(hub, tmp_path):
    """A card that its owner rewrote is pushed as it is; what did not change is not sent again."""
    save(result(), tmp_path / "result")
    (tmp_path / "result" / "diary.txt").write_text("not part of it")
    push(hub, tmp_path / "result")
    assert "diary.txt" not in pushed(hub)
    card = tmp_path / "result" / "README.md"
    card.write_text(card.read_text() + "\nMore of my own.\n")
    push(hub, str(tmp_path / "result"))
    assert [len(commit.written) for commit in hub.commits] == [7, 1]
    assert pushed(hub)["README.md"] == card.read_bytes()


def test_heads_of_an_earlier_push_go(hub):
    push(hub)
    hub.repos[REPO].files["notes.md"] = b"mine"
    push(hub, result(heads=False))
    assert hub.commits[1].removed == (HEADS,)
    assert pushed(hub) == {**files(result(heads=False)), "notes.md": b"mine"}


def test_a_damaged_folder_is_not_pushed(hub, tmp_path):
    save(result(), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(ResultError, match="SHA-256"):
        push(hub, tmp_path)
    assert hub.log == []


@pytest.mark.parametrize("token", ["", "  ", None])
def test_no_token_is_never_the_servers(hub, token):
    with pytest.raises(PublishError, match="There is no token"):
        push(hub, token=token)
    assert hub.log == []


@pytest.mark.parametrize(
    "token",
    ["hf_secret\r\nX-Evil: 1", "hf_secret two", "hf_sécret", "x" * 5000],
    ids=["two lines", "two words", "no ASCII", "long"],
)
def test_what_is_no_token_is_not_sent_nor_shown(hub, token):
    with pytest.raises(PublishError, match="This is no token") as caught:
        push(hub, token=token)
    assert hub.log == []
    shown = "".join(traceback.format_exception(caught.value))
    assert token[:9] not in shown.replace("test_what", "")


@pytest.mark.parametrize(
    "repo_id",
    ["", "faces", "alice/", "/faces", "a/b/c", "alice/fa ces", "../etc", "alice/a..b", None],
)
def test_names_that_cannot_be(hub, repo_id):
    with pytest.raises(PublishError, match="no name of a repository") as caught:
        push(hub, repo_id=repo_id)
    assert "OWNER/NAME" in caught.value.todo
    assert hub.log == []


@pytest.mark.parametrize(
    ("options", "says", "todo"),
    [
        ({"token": "hf_wrong"}, "401: it does not know the token", "Paste the whole token"),
        ({"token": "hf_reads"}, "403: the token may not write there", "alice"),
        ({"repo_id": "bob/faces"}, "403: the token may not write there", "Use a token of bob"),
    ],
)
def test_refused(hub, options, says, todo, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PublishError, match=says) as caught:
        push(hub, **options)
    assert todo in caught.value.todo
    assert "Nothing was pushed" in caught.value.for_people
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert options.get("token", TOKEN) not in shown
    assert hub.repos == {}


def test_a_repository_of_someone_else(hub):
    """It is there, and anyone may read it; the commit is what is refused."""
    hub.add("bob/faces", {"a.txt": b"bob's"})
    with pytest.raises(PublishError, match="403"):
        push(hub, repo_id="bob/faces", private=False)
    assert hub.repos["bob/faces"].files == {"a.txt": b"bob's"}


@pytest.mark.parametrize(
    ("failures", "kind", "says"),
    [
        ({"commit": 500}, HubUnreachable, "it answered 500"),
        ({"commit": 412}, PublishError, "changed in between"),
        ({"put": 403}, PublishError, "403"),
        ({"batch": 413}, PublishError, "too large"),
        ({"verify": 404}, PublishError, "404"),
        ({"create": 429}, PublishError, "asked too often"),
        ({"preupload": 400}, PublishError, "it refused; it says: the server was told to fail"),
    ],
)
def test_nothing_half_pushed(hub, failures, kind, says):
    hub.failures = failures
    with pytest.raises(kind, match=says) as caught:
        push(hub)
    assert hub.commits == []
    assert REPO not in hub.repos or pushed(hub) == {}
    shown = "".join(traceback.format_exception(caught.value))
    assert "signature" not in shown
    assert TOKEN not in shown
    hub.failures = {}
    push(hub)
    assert pushed(hub) == files(result())


def test_a_card_that_the_hub_does_not_take(hub, tmp_path):
    save(result(), tmp_path)
    (tmp_path / "README.md").write_text("---\nlicense: [\n---\n# Mine\n")
    with pytest.raises(
        PublishError, match=r"does not take the files: Invalid metadata in README.md"
    ):
        push(hub, tmp_path)
    assert hub.commits == []


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(HubUnreachable, match="cannot be reached") as caught:
        push_to_hub(result(), REPO, TOKEN, endpoint=url)
    assert caught.value.where == url
    assert "or nothing of it" in caught.value.todo


def test_offline(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="Offline mode is on"):
        push(hub)
    assert hub.log == []


def test_errors_are_for_people(hub):
    with pytest.raises(ParagoneError) as caught:
        push(hub, token="hf_wrong")
    assert caught.value.for_people == (
        "alice/faces: The Hub answered 401: it does not know the token; it says: Invalid "
        "credentials in Authorization header. Nothing was pushed. Paste the whole token, or make "
        "a new one."
    )
