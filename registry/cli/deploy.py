"""Put this repository on the Hugging Face Hub as a Space, in one commit.

What goes is listed, and not what stays: a file that is not named here, such as a key, a gallery or
a test, cannot slip through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

from registry.cli.space_check import check_space
from registry.limits import SettingError

FILES = ("README.md", "LICENSE", "app.py", "requirements.txt")
ROOMS = ("plugins", "registry", "weights")
KINDS = (
    *(".py", ".toml", ".json", ".css", ".js", ".md", ".txt", ".mit"),
    *(".webp", ".svg", ".safetensors", ".npz", ".gz"),
)
NAMES = ("LICENSE",)
SECRET = re.compile(rb"\b(hf_[A-Za-z0-9]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY-----)")
SUMMARY = "Paragone"
TOKENS = "huggingface.co/settings/tokens"


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
        SettingError: There is none.
    """
    given = stdin.readline() if stdin is not None else environ.get("HF_TOKEN", "")
    if token := given.strip():
        return token
    where = "the input" if stdin is not None else "HF_TOKEN"
    todo = f"Make one that may write at {TOKENS}; set HF_TOKEN, or pipe it in with --token-stdin."
    raise SettingError(f"There is no token in {where}. {todo}")


def deploy(
    root: Path,
    name: str,
    token: str,
    publish: Callable[..., str],
    private: bool = False,
    update: bool = False,
    endpoint: str | None = None,
) -> str:
    """Make a Space of this repository, or bring one up to date.

    Args:
        name: "OWNER/NAME" of the Space.
        publish: Puts files on the Hub: `weights.publish.publish`.
        private: Whether only its owner may see it.
        update: Replace the files of a Space that is there already.
        endpoint: Address of the Hub. None: HF_ENDPOINT, or the public one.

    Returns:
        The address of its page.

    Raises:
        SettingError: The repository is not fit to be a Space.
        ParagoneError: The name is taken or none, or the Hub refused or did not answer. All of it
            is there then, or nothing.
    """
    if wrong := check_space(root):
        raise SettingError("This is not fit to be a Space:\n  " + "\n  ".join(wrong))
    contents = {path.as_posix(): (root / path).read_bytes() for path in published(root)}
    if leaks := [path for path, body in contents.items() if SECRET.search(body)]:
        raise SettingError(f"There is a secret in {', '.join(leaks)}. Nothing was sent.")

    def ours(there: Any) -> list[str]:
        names = [file.rfilename for file in there.siblings or ()]
        return [name for name in names if PurePosixPath(name).parts[0] in ROOMS]

    return publish(
        name,
        contents,
        token,
        SUMMARY,
        outdated=ours,
        kind="space",
        update=update,
        private=private,
        endpoint=endpoint,
        space_sdk="gradio",
    )
