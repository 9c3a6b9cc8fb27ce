"""Put this repository on the Hugging Face Hub as a Space, in one commit.

What goes is listed, and not what stays: a file that is not named here, such as a key, a gallery or
a test, cannot slip through. The token goes into the requests and nowhere else.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TextIO

from registry.cli.space_check import check_space
from registry.limits import SettingError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

FILES = ("README.md", "LICENSE", "app.py", "requirements.txt")
ROOMS = ("plugins", "registry", "weights")
KINDS = (
    *(".py", ".toml", ".json", ".css", ".js", ".md", ".txt", ".mit"),
    *(".webp", ".svg", ".safetensors", ".npz"),
)
NAMES = ("LICENSE",)
SECRET = re.compile(rb"\b(hf_[A-Za-z0-9]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY-----)")
SUMMARY = "Paragone"
TOKENS = "huggingface.co/settings/tokens"
WHY = {
    401: f"it does not know the token. Make one that may write at {TOKENS}.",
    403: "the token may not write there. Use a token of OWNER that may write.",
    404: "the token does not reach the Space. Use a token of OWNER.",
    409: "the Space changed in between. Try again.",
    412: "the Space changed in between. Try again.",
    429: "it was asked too often. Wait some minutes and try again.",
}


def published(root: Path) -> Iterator[Path]:
    """The files of a Space, relative to the repository."""
    for name in FILES:
        yield Path(name)
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            name = path.relative_to(root)
            hidden = any(part.startswith((".", "__pycache__")) for part in name.parts)
            sound = path.suffix in KINDS or path.name in NAMES
            if sound and not hidden and path.is_file() and not path.is_symlink():
                yield name


def token_from(environ: Mapping[str, str], stdin: TextIO | None) -> str:
    """The token, from the input or else from HF_TOKEN.

    Raises:
        SettingError: There is none, or it is none. The text does not quote it.
    """
    given = stdin.readline() if stdin is not None else environ.get("HF_TOKEN", "")
    token, where = given.strip(), "the input" if stdin is not None else "HF_TOKEN"
    todo = f"Make one that may write at {TOKENS}; set HF_TOKEN, or pipe it in with --token-stdin."
    if not token:
        raise SettingError(f"There is no token in {where}. {todo}")
    if not re.fullmatch(r"[\x21-\x7e]{1,4096}", token):
        raise SettingError(f"What is in {where} is no token. {todo}")
    return token


def deploy(
    root: Path,
    name: str,
    token: str,
    private: bool = False,
    update: bool = False,
    endpoint: str | None = None,
) -> str:
    """Make a Space of this repository, or bring one up to date.

    Args:
        name: "OWNER/NAME" of the Space.
        private: Whether only its owner may see it.
        update: Replace the files of a Space that is there already.
        endpoint: Address of the Hub. None: HF_ENDPOINT, or the public one.

    Returns:
        The address of its page.

    Raises:
        SettingError: The repository is not fit to be a Space, the name is taken, or the Hub refused
            or did not answer. All of it is there then, or nothing.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    _check_name(name)
    if wrong := check_space(root):
        raise SettingError("This is not fit to be a Space:\n  " + "\n  ".join(wrong))
    contents = {path.as_posix(): (root / path).read_bytes() for path in published(root)}
    if leaks := [path for path, body in contents.items() if SECRET.search(body)]:
        raise SettingError(f"There is a secret in {', '.join(leaks)}. Nothing was sent.")
    api = HfApi(endpoint=endpoint or os.environ.get("HF_ENDPOINT") or None, token=token)
    old = _there(api, name)
    if old is not None and not update:
        raise SettingError(
            f"There is a Space {name} already. Choose another name, or replace its files with "
            "--update."
        )
    # As an open buffer each file goes by plain HTTP. By a path it would go through the client's Xet
    # part, which keeps a cache of what it sent on this machine.
    steps = [CommitOperationAdd(path, io.BytesIO(body)) for path, body in contents.items()]
    ours = [path for path in old or () if PurePosixPath(path).parts[0] in ROOMS]
    steps += [CommitOperationDelete(path) for path in ours if path not in contents]
    if old is None:
        _asked(
            lambda: api.create_repo(name, repo_type="space", space_sdk="gradio", private=private),
            name,
        )
    _asked(lambda: api.create_commit(name, steps, commit_message=SUMMARY, repo_type="space"), name)
    return f"{api.endpoint}/spaces/{name}"


def _there(api: HfApi, name: str) -> list[str] | None:
    """The files of a Space; None where there is none that the token reaches."""
    from huggingface_hub.errors import RepositoryNotFoundError

    def ask() -> list[str] | None:
        try:
            return [file.rfilename for file in api.space_info(name).siblings or ()]
        except RepositoryNotFoundError:
            return None

    return _asked(ask, name)


def _asked(call, name: str):
    """Run a call of the client; its refusals become one line each. None of them is chained, since
    the client's own errors can hold addresses with a signature.
    """
    try:
        return call()
    except SettingError:
        raise
    except Exception as error:
        cause = error.__cause__ if type(error) is RuntimeError and error.__cause__ else error
        status = getattr(getattr(cause, "response", None), "status_code", 0)
        said = _line(getattr(cause, "server_message", None) or "")
        kind = type(cause).__name__
    if not status:
        raise SettingError(
            f"The Hub did not answer ({kind}), or HF_HUB_OFFLINE is set. Nothing was published, or "
            "all of it: see the Space's page, and try again."
        )
    why = WHY.get(status, f"it refused{f': {said}' if said else ''}.")
    raise SettingError(f"The Hub answered {status}: {why.replace('OWNER', name.partition('/')[0])}")


def _check_name(name: str) -> None:
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(name)
        sound = all(name.partition("/"))
    except HFValidationError:
        sound = False
    if not sound:
        raise SettingError(
            f"{name!r} is no name of a Space. Write OWNER/NAME with letters, digits, '-', '_' and "
            "'.', at most 96 in all."
        )


def _line(text: str) -> str:
    """One line without addresses and a full stop."""
    return " ".join(re.sub(r"https?://\S+", "", text).split())[:200].rstrip(".")
