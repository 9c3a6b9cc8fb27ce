"""What the `huggingface_hub` client raises, said in our words: which kind, where, what to do.

No address with a signature, no header and no token gets into a message.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TypeVar

from weights.messages import say

from .errors import (
    AccessDenied,
    CacheNotWritable,
    HubError,
    HubUnreachable,
    LicenceNotAccepted,
    NotOnHub,
)

T = TypeVar("T")


def translated(call: Callable[[], T], where: str, endpoint: str) -> T:
    """Run a call of the client.

    Args:
        call: What to run.
        where: "owner/name/file", for messages.
        endpoint: Address of the Hub, for messages.

    Raises:
        HubError: The Hub refused, or did not answer; the subclass says which.
        CacheNotWritable: The file could not be stored.
    """
    from huggingface_hub import errors

    try:
        return call()
    except HubError:
        raise
    except Exception as error:
        hidden = isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__
        cause = hidden or error
        response = getattr(cause, "response", None)
        if response is not None:
            raise _refusal(cause, response.status_code, where, endpoint) from error
        if isinstance(cause, errors.OfflineModeIsEnabled):
            raise unreachable("offline mode is on", endpoint) from error
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CacheNotWritable(
                "There is no space left for the file",
                where=where,
                todo="Free some space, or set HF_HOME to a larger disk.",
            ) from error
        if isinstance(cause, OSError) and cause.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise CacheNotWritable(
                "The cache folder cannot be written",
                where=str(cause.filename or where),
                todo="Set HF_HOME to a folder that you may write.",
            ) from error
        if isinstance(cause, (OSError, RuntimeError)) or _is_transport(cause):
            raise unreachable(_reason(cause), endpoint) from error
        raise


def unreachable(reason: str, endpoint: str) -> HubUnreachable:
    """The error for a Hub that gives no sensible answer.

    Args:
        reason: A clause without a capital or a full stop.
        endpoint: Address of the Hub.
    """
    return HubUnreachable(
        say("The Hub cannot be reached: {reason}", reason=say(reason)),
        where=endpoint,
        todo="Check the connection and HF_ENDPOINT, then try again.",
    )


def _refusal(error: BaseException, status: int, where: str, endpoint: str) -> HubError:
    from huggingface_hub import errors

    page = f"{endpoint}/{'/'.join(where.split('/')[:2])}"
    if isinstance(error, errors.GatedRepoError):
        return LicenceNotAccepted(
            say("The Hub answered {status}: the repository is gated", status=status),
            where=where,
            todo=say(
                "Accept its licence at {page} and set HF_TOKEN to a token of that account.",
                page=page,
            ),
        )
    if status in (401, 403):
        return AccessDenied(
            say(
                "The Hub answered {status}: the repository is private, does not exist, "
                "or the token does not reach it",
                status=status,
            ),
            where=where,
            todo=say(
                "Set HF_TOKEN to a token that may read it, or accept its licence at {page}.",
                page=page,
            ),
        )
    if status == 404:
        kinds = {
            errors.RevisionNotFoundError: "revision",
            errors.RepositoryNotFoundError: "repository",
        }
        missing = next((word for kind, word in kinds.items() if isinstance(error, kind)), "file")
        return NotOnHub(
            say("The Hub answered 404: it has no such {missing}", missing=missing),
            where=where,
            todo="Check the name, the revision and the file in weights/catalog.toml.",
        )
    return unreachable(say("it answered {status}", status=status), endpoint)


def _is_transport(error: BaseException) -> bool:
    """Whether the HTTP library raised it. The client changed libraries, so we go by the name."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"RequestError", "XetDownloadError"})


def _reason(error: BaseException) -> str:
    name = type(error).__name__
    if "Timeout" in name:
        return "there was no answer in time"
    return say("no connection could be made ({kind})", kind=name)
