"""One file from a Hub repository, through the `huggingface_hub` client, never unchecked.

The client reads HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE by itself. What it does not do
is give up soon, say what to do, or check digests; that is here.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weights.messages import say

from .errors import DownloadCut, HubError, HubUnreachable, OfflineNotCached, WrongDigest
from .files import digest_in, discard, known_digest, matches, note_digest, sha256_of
from .refusals import translated, unreachable

log = logging.getLogger("paragone.weights")

# Seconds that a first answer may take. A slow link can raise it with the client's own variable.
LIMIT = 3.0
# Seconds for which an answer about the Hub is believed without asking again.
BELIEVE = 60.0


@dataclass(frozen=True)
class Fetched:
    """A checked file: `via` is "hub" or "cache", `commit` the revision that it belongs to."""

    path: Path
    via: str
    commit: str
    sha256: str


@dataclass(frozen=True)
class Declared:
    """What the Hub says of a file before it is downloaded; `digest` may be "" on a mirror."""

    commit: str
    digest: str


class Hub:
    """The Hub and its local cache.

    Args:
        endpoint: Address of the Hub. None: HF_ENDPOINT, or the public one.
        token: None: HF_TOKEN, or the one stored by `hf auth login`.
        cache_dir: None: below HF_HOME.
        offline: None: as HF_HUB_OFFLINE says.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | None = None,
        cache_dir: str | Path | None = None,
        offline: bool | None = None,
    ):
        self._endpoint, self._token, self._offline = endpoint, token, offline
        self._cache_dir = cache_dir
        self._answers: dict[Any, tuple[float, Any]] = {}

    @property
    def offline(self) -> bool:
        """Whether nothing may be asked over the network."""
        from huggingface_hub import constants

        return constants.HF_HUB_OFFLINE if self._offline is None else self._offline

    @property
    def endpoint(self) -> str:
        """The address of the Hub, without a slash at the end."""
        from huggingface_hub import constants

        return (self._endpoint or constants.ENDPOINT).rstrip("/")

    @property
    def limit(self) -> float:
        """Seconds that a first answer may take."""
        try:
            return max(1.0, float(os.environ["HF_HUB_ETAG_TIMEOUT"]))
        except (KeyError, ValueError):
            return LIMIT

    def in_cache(self, repo: str, filename: str, revision: str = "") -> Path | None:
        """Where the cache holds the file, unchecked; None if it does not."""
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(
            repo, filename, cache_dir=self._cache_dir, revision=revision or "main"
        )
        return Path(found) if isinstance(found, str) else None

    def fetch(self, repo: str, filename: str, revision: str = "", sha256: str = "") -> Fetched:
        """The file from the cache, or else from the Hub, checked.

        Args:
            repo: "owner/name".
            filename: Path inside the repository.
            revision: A commit. "": `main`.
            sha256: What the file must be. "": what the Hub declares it to be.

        Raises:
            HubError: No usable answer; the subclass says which kind.
            WrongDigest: The file is not what was promised.
            CacheNotWritable: The file could not be stored.
        """
        if path := self.in_cache(repo, filename, revision):
            own = known_digest(path)
            if (sha256 or own) and matches(path, sha256 or own):
                return Fetched(path, "cache", _commit(path, filename), sha256_of(path))
            # A whole file that is another than the pinned one stays: it may be someone else's.
            if own and not matches(path, own):
                log.warning("%s is damaged: removed from the cache", path)
                discard(path)
            elif not own and not sha256 and self.offline:
                raise OfflineNotCached(
                    "The file is in the local cache, which does not tell what it must be",
                    where=f"{repo}/{filename}",
                    todo="Fetch it once while online, or pin its sha256 in weights/catalog.toml.",
                )
        where = f"{repo}/{filename}"
        declared = self.declared(repo, filename, revision)
        if not (sha256 or declared.digest):
            raise HubError(
                "The Hub declares no digest for the file, so it cannot be checked",
                where=where,
                todo="Pin its sha256 in weights/catalog.toml.",
            )
        if sha256 and len(declared.digest) == 64 and declared.digest != sha256:
            raise _wrong(where, sha256, declared.digest)
        path = Path(self._download(repo, filename, revision, where))
        # `main` may have moved since we asked: the client names what it fetched by its digest.
        wanted = sha256 or known_digest(path) or declared.digest
        if not matches(path, wanted):
            found = sha256_of(path)
            discard(path)
            raise _wrong(where, wanted, found)
        note_digest(path, wanted)
        return Fetched(path, "hub", _commit(path, filename), sha256_of(path))

    def declared(self, repo: str, filename: str, revision: str = "") -> Declared:
        """Ask the Hub for a file's commit and digest, in one short request.

        An answer is believed for a minute; so is the lack of one, for every file of the Hub.

        Raises:
            HubError: As `fetch`.
        """
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        where = f"{repo}/{filename}"
        if self.offline:
            raise OfflineNotCached(
                "Offline mode is on and the file is not in the local cache",
                where=where,
                todo="Unset HF_HUB_OFFLINE, or fetch the file once while online.",
            )

        def ask() -> Declared:
            url = hf_hub_url(repo, filename, revision=revision or "main", endpoint=self._endpoint)
            answer = get_hf_file_metadata(
                url, token=self._token, timeout=self.limit, endpoint=self._endpoint
            )
            if not answer.commit_hash:
                raise unreachable("it does not answer like a Hub", self.endpoint)
            return Declared(answer.commit_hash, digest_in(answer.etag or ""))

        key = (repo, filename, revision)
        for known in (self._known("hub"), self._known(key)):
            if isinstance(known, HubError):
                raise known
            if known is not None:
                return known
        try:
            answer = self._within(self.limit + 1, lambda: translated(ask, where, self.endpoint))
        except HubUnreachable as error:
            self._answers["hub"] = (time.monotonic(), error)
            raise
        except HubError as error:
            self._answers[key] = (time.monotonic(), error)
            raise
        self._answers[key] = (time.monotonic(), answer)
        return answer

    def _known(self, key: Any) -> Declared | HubError | None:
        asked, answer = self._answers.get(key, (0.0, None))
        return answer if time.monotonic() - asked < BELIEVE else None

    def _download(self, repo: str, filename: str, revision: str, where: str) -> str:
        from huggingface_hub import hf_hub_download

        def download() -> str:
            return hf_hub_download(
                repo,
                filename,
                revision=revision or "main",
                cache_dir=self._cache_dir,
                endpoint=self._endpoint,
                token=self._token,
                etag_timeout=self.limit,
            )

        try:
            return translated(download, where, self.endpoint)
        except HubUnreachable as error:
            # The Hub had just answered, so this is not a dead host but a broken transfer.
            raise DownloadCut(
                "The download broke off", where=where, todo="Try again; nothing was kept."
            ) from error

    def _within(self, seconds: float, call: Callable[[], Any]) -> Any:
        """Wait no longer, whatever hangs: name look-up and connecting know no common limit."""
        box: queue.SimpleQueue = queue.SimpleQueue()

        def run() -> None:
            try:
                box.put((call(), None))
            except Exception as error:
                box.put((None, error))

        threading.Thread(target=run, daemon=True, name="hub-probe").start()
        try:
            value, error = box.get(timeout=seconds)
        except queue.Empty:
            raise unreachable(
                say("there was no answer within {seconds:.0f} s", seconds=seconds), self.endpoint
            ) from None
        if error is not None:
            raise error
        return value


def _commit(path: Path, filename: str) -> str:
    return path.parts[-1 - len(Path(filename).parts)]


def _wrong(where: str, wanted: str, found: str) -> WrongDigest:
    return WrongDigest(
        say(
            "The file is not the promised one: its digest is {found}…, not {wanted}…",
            found=found[:12],
            wanted=wanted[:12],
        ),
        where=where,
        todo="Try again; if it persists, the repository changed or someone tampers with it.",
    )
