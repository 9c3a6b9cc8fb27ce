"""A result to the Hub, with the token of the person who asks for it, in one commit.

The token goes into the requests and nowhere else, and the server's own token into none of them.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from plugins.triplet_finetuning.export.files import files
from plugins.triplet_finetuning.export.result import FILES, HEADS, Result, load
from weights.errors import HubError, ParagoneError
from weights.hub import Hub
from weights.refusals import translated, unreachable

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")
SUMMARY = "Fine-tuned with triplet loss by Paragone"
DOWNLOAD = "The result can still be downloaded as files."


class PushError(ParagoneError):
    """Nothing was pushed: the repository is as it was before, or new and empty."""

    def __init__(self, what: str, *, where: str = "", todo: str = ""):
        super().__init__(what, where=where, todo=f"Nothing was pushed. {todo}")


def push_to_hub(
    result: Result | str | Path,
    repo_id: str,
    token: str,
    private: bool = True,
    endpoint: str | None = None,
) -> str:
    """Put a result on the Hub, all of its files in one commit.

    Args:
        result: The result, or the folder where one was saved.
        repo_id: "owner/name". It is made when it is not there; its other files stay.
        token: A token of the owner's that may write. It is used for this call only.
        private: Whether only the owner may see the repository.
        endpoint: Address of the Hub. None: HF_ENDPOINT, or the public one.

    Returns:
        The address of the repository's page.

    Raises:
        PushError: The token or the name cannot be used, the Hub refused, or the repository is
            there already and differs in who may see it.
        HubUnreachable: There was no answer, or none that makes sense. All of it is there then, or
            none.
        ResultError: The folder holds no whole result.
    """
    from huggingface_hub import HfApi

    token, repo_id, hub = _sound_token(token), _sound_name(repo_id), Hub(endpoint)
    contents = files(result) if isinstance(result, Result) else _saved(Path(result))
    if hub.offline:
        todo = f"Unset HF_HUB_OFFLINE. {DOWNLOAD}"
        raise PushError("Offline mode is on", where=hub.endpoint, todo=todo)
    api = HfApi(endpoint=hub.endpoint, token=token)
    _in_words(lambda: _push(api, repo_id, contents, private), repo_id, hub.endpoint)
    return f"{hub.endpoint}/{repo_id}"


def _push(api: HfApi, repo_id: str, contents: dict[str, bytes], private: bool) -> None:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        there = api.model_info(repo_id)
    except RepositoryNotFoundError:
        api.create_repo(repo_id, private=private)
        there = api.model_info(repo_id)
    if bool(there.private) != private:
        seen, wanted = ("everyone", "private") if private else ("only its owner", "public")
        raise PushError(
            f"The repository is there already and {seen} can see it",
            where=repo_id,
            todo=f"Make it {wanted} on its page, choose another name, or choose what it is.",
        )
    # As an open buffer each file goes by plain HTTP. By a path or as bytes it would go through the
    # client's Xet part, which keeps a cache of what it sent on this machine.
    steps = [CommitOperationAdd(name, io.BytesIO(body)) for name, body in contents.items()]
    old = {file.rfilename for file in there.siblings or ()}
    if HEADS in old and HEADS not in contents:
        steps.append(CommitOperationDelete(HEADS))
    api.create_commit(repo_id, steps, commit_message=SUMMARY)


def _saved(folder: Path) -> dict[str, bytes]:
    """The files of a saved result, as they are, after a check that they belong together."""
    heads = load(folder).heads
    names = [name for name in FILES if name != HEADS or heads]
    try:
        return {name: (folder / name).read_bytes() for name in names}
    except OSError as error:
        what = f"A file of the result cannot be read: {error.strerror}"
        raise PushError(what, where=str(error.filename), todo="Save the result again.") from error


def _sound_token(token: str) -> str:
    token = (token or "").strip()
    todo = "Make one that may write at huggingface.co/settings/tokens and paste it here."
    if not token:
        raise PushError("There is no token", where="token", todo=todo)
    # The client would put anything else into its own error, and that into the log.
    if not re.fullmatch(r"[\x21-\x7e]{1,4096}", token):
        raise PushError("This is no token", where="token", todo=todo)
    return token


def _sound_name(repo_id: str) -> str:
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    repo_id = (repo_id or "").strip()
    try:
        validate_repo_id(repo_id)
        sound = all(repo_id.partition("/"))
    except HFValidationError:
        sound = False
    if not sound:
        todo = "Write OWNER/NAME with letters, digits, '-', '_' and '.', at most 96 in all."
        raise PushError("This is no name of a repository", where=repo_id or "name", todo=todo)
    return repo_id


def _in_words(call: Callable[[], T], repo_id: str, endpoint: str) -> T:
    """Run a call of the client; say its refusals in the words of someone who pushes.

    No error is chained: the client's can hold the address of a storage with its signature.
    """
    try:
        return call()
    except ParagoneError:
        raise
    except Exception as error:
        # The client wraps what happens on the way to the storage.
        cause = error.__cause__ if type(error) is RuntimeError and error.__cause__ else error
    response = getattr(cause, "response", None)
    if response is not None and 400 <= response.status_code < 500:
        raise _refused(response.status_code, cause, repo_id)
    if isinstance(cause, (json.JSONDecodeError, KeyError)):
        raise unreachable("it does not answer like a Hub", endpoint)
    if isinstance(cause, ValueError):
        what = f"The Hub does not take the files: {_line(str(cause))}"
        raise PushError(what, where=repo_id, todo=DOWNLOAD)

    def again() -> T:
        raise cause

    try:
        return translated(again, repo_id, endpoint)
    except HubError as known:
        said = known
    todo = f"{said.todo} There is all of the result on the Hub now, or nothing of it."
    raise type(said)(said.what, where=said.where, todo=todo)


def _refused(status: int, error: BaseException, repo_id: str) -> PushError:
    owner = repo_id.partition("/")[0]
    changed = ("the repository changed in between", "Try again.")
    why, todo = {
        401: ("it does not know the token", "Paste the whole token, or make a new one."),
        403: ("the token may not write there", f"Use a token of {owner} that may write."),
        404: ("the token does not reach the repository", f"Use a token of {owner}."),
        409: changed,
        412: changed,
        413: ("the files are too large", DOWNLOAD),
        429: ("it was asked too often", "Wait some minutes and try again."),
    }.get(status, ("it refused", DOWNLOAD))
    says = _line(getattr(error, "server_message", None) or "")
    what = f"The Hub answered {status}: {why}" + (f"; it says: {says}" if says else "")
    return PushError(what, where=repo_id, todo=todo)


def _line(text: str) -> str:
    """One line without markup, addresses and a full stop."""
    return " ".join(re.sub(r"https?://\S+|[<>]", "", text).split())[:300].rstrip(".")
