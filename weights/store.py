"""A card becomes a verified local file: from the cache, from the Hub, or from a package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from weights.messages import say

from .catalog import SESSION, Card
from .errors import (
    HubUnreachable,
    LocalFileMissing,
    PackageDamaged,
    WeightsError,
    WrongDigest,
)
from .files import packaged_file, sha256_of
from .hub import Hub


@dataclass(frozen=True)
class Origin:
    """Where a file came from, and how far it was checked.

    Attributes:
        via: "hub", "cache", "package", "local", or "session" for what was trained in a visit.
        name: The card that really runs: a twin's, when a twin stands in.
        source: As on that card.
        revision: The commit, for files of the Hub.
        sha256: The file's digest.
        pinned: Whether the digest was checked against the catalogue.
        why: Why a twin stands in; "" when none does.
    """

    via: str
    name: str
    source: str
    revision: str
    sha256: str
    pinned: bool
    why: str = ""

    @property
    def sentence(self) -> str:
        """One plain sentence for the page, or two when a twin stands in."""
        if self.via == SESSION:  # Without the name, which is the key to it.
            return "This network was fine-tuned in this visit; it is in memory only."
        address = self.source.partition(":")[2]
        at = say(" at commit {revision}", revision=self.revision[:12]) if self.revision else ""
        place = {
            "hub": say("fetched from the Hub ({address}{at})", address=address, at=say(at)),
            "cache": say(
                "read from the local cache of the Hub ({address}{at})", address=address, at=say(at)
            ),
            "package": say(
                "read from the installed package {partition}", partition=address.partition("/")[0]
            ),
            "local": say("read from the local path {address}", address=address),
        }[self.via]
        if self.pinned:
            check = "its SHA-256 is the one in our catalogue"
        elif self.via in ("hub", "cache"):
            check = "it was checked only against the digest that the Hub itself declares"
        else:
            check = "no digest is known to check it against"
        why = f"{self.why} " if self.why else ""
        return say(
            "{why}{name} was {place}; {check}.",
            why=why,
            name=self.name,
            place=say(place),
            check=say(check),
        )


@dataclass(frozen=True)
class Located:
    """A verified local file; `path` is None for what lies in memory only."""

    path: Path | None
    origin: Origin


@dataclass(frozen=True)
class Availability:
    """Whether weights can be had now: `via` is as in `Origin`, or ""."""

    ready: bool
    via: str
    why: str


class Store:
    """Finds and checks the file of a card.

    Args:
        hub: The Hub with its cache.
        card_of: Gives the card of a name; asked for twins.
    """

    def __init__(self, hub: Hub, card_of: Callable[[str], Card]):
        self.hub, self._card_of = hub, card_of

    def locate(self, card: Card) -> Located:
        """The file of a card, or of its packaged twin when the Hub cannot be reached.

        Raises:
            WeightsError: The subclass says what is wrong.
        """
        if card.scheme == "package":
            return self._packaged(card)
        if card.scheme == "local":
            return self._local(card)
        try:
            return self._from_hub(card)
        except HubUnreachable as error:
            if not card.twin:
                raise
            twin = self._packaged(self._card_of(card.twin))
            return replace(twin, origin=replace(twin.origin, why=_stands_in(card, error)))

    def config(self, card: Card, located: Located) -> Path:
        """The config.json that belongs to the weights: beside a local file, or of the same commit.

        Raises:
            WeightsError: As `locate`.
        """
        if card.scheme != "local":
            return self.hub.fetch(card.repo, "config.json", located.origin.revision).path
        path = located.path.with_name("config.json")
        if not path.is_file():
            raise LocalFileMissing("The file does not exist", where=str(path))
        return path

    def availability(self, card: Card) -> Availability:
        """Whether the card's file can be had, without reading or downloading it. Never raises."""
        try:
            if card.scheme == "package":
                packaged_file(card.address)
                return Availability(True, "package", "It is in an installed package.")
            if card.scheme == "local":
                _local_path(card)
                return Availability(True, "local", "It is on this machine.")
            if self.hub.in_cache(card.repo, card.filename, card.revision):
                return Availability(True, "cache", "It is in the local cache of the Hub.")
            self.hub.declared(card.repo, card.filename, card.revision)
            return Availability(True, "hub", "It will be fetched from the Hub at first use.")
        except HubUnreachable as error:
            if card.twin:
                twin = self.availability(self._card_of(card.twin))
                return replace(twin, why=_stands_in(card, error) if twin.ready else twin.why)
            return Availability(False, "", error.for_people)
        except WeightsError as error:
            return Availability(False, "", error.for_people)

    def _from_hub(self, card: Card) -> Located:
        file = self.hub.fetch(card.repo, card.filename, card.revision, card.sha256)
        return Located(file.path, _origin(card, file.via, file.sha256, file.commit))

    def _packaged(self, card: Card) -> Located:
        path = packaged_file(card.address)
        digest = sha256_of(path)
        if card.sha256 and digest != card.sha256:
            package = card.address.partition("/")[0]
            raise PackageDamaged(
                say(
                    "The packaged file is not the pinned one: its digest is {digest}…, not "
                    "{sha256}…",
                    digest=digest[:12],
                    sha256=card.sha256[:12],
                ),
                where=str(path),
                todo=say(
                    "Run: pip install --force-reinstall --no-cache-dir {package}", package=package
                ),
            )
        return Located(path, _origin(card, "package", digest))

    def _local(self, card: Card) -> Located:
        path = _local_path(card)
        digest = sha256_of(path)
        if card.sha256 and digest != card.sha256:
            raise WrongDigest(
                "The local file is not the pinned one", where=str(path), todo="Put it back."
            )
        return Located(path, _origin(card, "local", digest))


def _origin(card: Card, via: str, sha256: str, revision: str = "") -> Origin:
    return Origin(via, card.name, card.source, revision, sha256, bool(card.sha256))


def _local_path(card: Card) -> Path:
    path = Path(card.address).expanduser()
    path = path / card.filename if path.is_dir() else path
    if not path.is_file():
        raise LocalFileMissing(
            "The file does not exist",
            where=str(path),
            todo=say("Check the source of {name}.", name=card.name),
        )
    return path


def _stands_in(card: Card, error: WeightsError) -> str:
    return say(
        "{name} is not available ({what}), so its packaged twin stands in.",
        name=card.name,
        what=error.what,
    )
