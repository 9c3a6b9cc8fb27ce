"""Files to the Hub in one commit, with the token of the person who asks for it.

The token goes into the requests and nowhere else, and the server's own token into none of them.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from weights.errors import HubError, ParagoneError
from weights.hub import Hub
from weights.refusals import translated, unreachable

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")


class PublishError(ParagoneError):
    """Nothing was pushed: the repository is as it was before, or new and empty."""

    def __init__(self, what: str, *, where: str = "", todo: str = ""):
        super().__init__(what, where=where, todo=f"Nothing was pushed. {todo}".rstrip())


def publish(
    repo_id: str,
    contents: Mapping[str, bytes],
    token: str,
    summary: str,
    *,
    outdated: Callable[[Any], Iterable[str]] = lambda there: (),
    kind: str = "model",
    update: bool = True,
    private: bool = True,
    endpoint: str | None = None,
    otherwise: str = "",
    **options: Any,
) -> str:
    """Put files into a repository of the Hub.

    Args:
        repo_id: "owner/name". It is made when it is not there; its other files stay.
        contents: The files by their names.
        token: A token of the owner's that may write. It is used for this call only.
        summary: Of the commit.
        outdated: Takes what the Hub tells of the repository, and gives the names of files that are
            to go; it raises where nothing may be written.
        kind: "model" or "space".
        update: Whether files of a repository that is there already may be replaced.
        private: Whether only the owner may see a repository that is made.
        endpoint: Address of the Hub. None: HF_ENDPOINT, or the public one.
        otherwise: What can be done where the Hub does not take the files, as a sentence.
        options: Of the repository, where it is made.

    Returns:
        The address of the repository's page.

    Raises:
        PublishError: The token or the name cannot be used, or the Hub refused.
        HubUnreachable: There was no answer, or none that makes sense. All of it is there then, or
            none.
    """
    from huggingface_hub import HfApi

    token, repo_id, hub = sound_token(token), _sound_name(repo_id), Hub(endpoint)
    if hub.offline:
        todo = f"Unset HF_HUB_OFFLINE. {otherwise}"
        raise PublishError("Offline mode is on", where=hub.endpoint, todo=todo)
    api = HfApi(endpoint=hub.endpoint, token=token)

    def push() -> None:
        there = _there(api, repo_id, kind)
        if there is None:
            api.create_repo(repo_id, repo_type=kind, private=private, **options)
            there = api.repo_info(repo_id, repo_type=kind)
        elif not update:
            todo = "Choose another name, or replace its files with --update."
            raise PublishError(f"There is a {kind} of this name already", where=repo_id, todo=todo)
        _commit(api, repo_id, kind, contents, outdated(there), summary)

    _in_words(push, repo_id, hub.endpoint, otherwise)
    return f"{hub.endpoint}/{'' if kind == 'model' else f'{kind}s/'}{repo_id}"


def sound_token(token: str | None) -> str:
    """The token without white space around it.

    Raises:
        PublishError: It is none. The text does not quote it.
    """
    token = (token or "").strip()
    todo = "Make one that may write at huggingface.co/settings/tokens and paste it here."
    if not token:
        raise PublishError("There is no token", where="token", todo=todo)
    # The client would put anything else into its own error, and that into the log.
    if not re.fullmatch(r"[\x21-\x7e]{1,4096}", token):
        raise PublishError("This is no token", where="token", todo=todo)
    return token


def _sound_name(repo_id: str | None) -> str:
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    repo_id = (repo_id or "").strip()
    try:
        validate_repo_id(repo_id)
        sound = all(repo_id.partition("/"))
    except HFValidationError:
        sound = False
    if not sound:
        todo = "Write OWNER/NAME with letters, digits, '-', '_' and '.', at most 96 in all."
        raise PublishError("This is no name of a repository", where=repo_id or "name", todo=todo)
    return repo_id


def _there(api: HfApi, repo_id: str, kind: str) -> Any:
    """What the Hub tells of a repository; None where there is none that the token reaches."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return api.repo_info(repo_id, repo_type=kind)
    except RepositoryNotFoundError:
        return None


def _commit(
    api: HfApi,
    repo_id: str,
    kind: str,
    contents: Mapping[str, bytes],
    outdated: Iterable[str],
    summary: str,
) -> None:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    # As an open buffer each file goes by plain HTTP. By a path or as bytes it would go through the
    # client's Xet part, which keeps a cache of what it sent on this machine.
    added = [CommitOperationAdd(name, io.BytesIO(body)) for name, body in contents.items()]
    gone = [CommitOperationDelete(name) for name in outdated if name not in contents]
    api.create_commit(repo_id, [*added, *gone], commit_message=summary, repo_type=kind)


def _in_words(call: Callable[[], T], repo_id: str, endpoint: str, otherwise: str) -> T:
    """Run a call of the client; say its refusals in the words of someone who publishes.

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
        raise _refused(response.status_code, cause, repo_id, otherwise)
    if isinstance(cause, (json.JSONDecodeError, KeyError)):
        raise unreachable("it does not answer like a Hub", endpoint)
    if isinstance(cause, ValueError):
        what = f"The Hub does not take the files: {_line(str(cause))}"
        raise PublishError(what, where=repo_id, todo=otherwise)

    def again() -> T:
        raise cause

    try:
        return translated(again, repo_id, endpoint)
    except HubError as known:
        said = known
    todo = f"{said.todo} There is all of it on the Hub now, or nothing of it."
    raise type(said)(said.what, where=said.where, todo=todo)


def _refused(status: int, error: BaseException, repo_id: str, otherwise: str) -> PublishError:
    owner = repo_id.partition("/")[0]
    changed = ("the repository changed in between", "Try again.")
    why, todo = {
        401: ("it does not know the token", "Paste the whole token, or make a new one."),
        403: ("the token may not write there", f"Use a token of {owner} that may write."),
        404: ("the token does not reach the repository", f"Use a token of {owner}."),
        409: changed,
        412: changed,
        413: ("the files are too large", otherwise),
        429: ("it was asked too often", "Wait some minutes and try again."),
    }.get(status, ("it refused", otherwise))
    says = _line(getattr(error, "server_message", None) or "")
    what = f"The Hub answered {status}: {why}" + (f"; it says: {says}" if says else "")
    return PublishError(what, where=repo_id, todo=todo)


def _line(text: str) -> str:
    """One line without markup, addresses and a full stop."""
    return " ".join(re.sub(r"https?://\S+|[<>]", "", text).split())[:300].rstrip(".")
