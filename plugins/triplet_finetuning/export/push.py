"""A result to the Hub, with the token of the person who asks for it, in one commit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plugins.triplet_finetuning.export.files import files
from plugins.triplet_finetuning.export.result import FILES, HEADS, Result, load
from weights.publish import PublishError, publish

SUMMARY = "Fine-tuned with triplet loss by Paragone"
DOWNLOAD = "The result can still be downloaded as files."


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
        PublishError: The token or the name cannot be used, the Hub refused, or the repository is
            there already and differs in who may see it.
        HubUnreachable: There was no answer, or none that makes sense. All of it is there then, or
            none.
        ResultError: The folder holds no whole result.
    """
    contents = files(result) if isinstance(result, Result) else _saved(Path(result))

    def outdated(there: Any) -> list[str]:
        if bool(there.private) != private:
            seen, wanted = ("everyone", "private") if private else ("only its owner", "public")
            raise PublishError(
                f"The repository is there already and {seen} can see it",
                where=there.id,
                todo=f"Make it {wanted} on its page, choose another name, or choose what it is.",
            )
        return [file.rfilename for file in there.siblings or () if file.rfilename == HEADS]

    return publish(
        repo_id,
        contents,
        token,
        SUMMARY,
        outdated=outdated,
        private=private,
        endpoint=endpoint,
        otherwise=DOWNLOAD,
    )


def _saved(folder: Path) -> dict[str, bytes]:
    """The files of a saved result, as they are, after a check that they belong together."""
    heads = load(folder).heads
    names = [name for name in FILES if name != HEADS or heads]
    try:
        return {name: (folder / name).read_bytes() for name in names}
    except OSError as error:
        what = f"A file of the result cannot be read: {error.strerror}"
        raise PublishError(
            what, where=str(error.filename), todo="Save the result again."
        ) from error
