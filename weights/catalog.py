"""What we know of weights before they are loaded: the cards, and the file they come from."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from weights.messages import say

from .errors import CatalogError

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

CATALOG = Path(__file__).with_name("catalog.toml")
SOURCES = ("timm", "hub", "package", "local")
SESSION = "session"
"""The scheme of what a visitor trained: it lies in memory, and no catalogue may list it."""
ALIGNMENT = r"(dlib-150|arcface-112|whole-[1-9]\d{1,2})?"
DISTANCES = ("", "euclidean", "cosine")
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Card:
    """One set of weights: where it comes from, what it expects, and what its makers say of it.

    Attributes:
        name: "architecture.tag", as in timm.
        source: "timm:NAME", "hub:OWNER/REPO", "package:DISTRIBUTION/PATH" or "local:PATH";
            "session:memory" for what was trained in a visit.
        title: A short name for people.
        kind: "backbone", or "file" for what is no network of ours, such as landmark models.
        revision: The commit that is pinned. "": whatever `main` is.
        filename: The file in the repository.
        sha256: The digest that is pinned. "": the file is checked against what the Hub declares.
        licence: The licence of the weights.
        training_data: What they were trained on.
        note: What else a user of these weights should know.
        input_size: (channels, height, width). None: read from the repository when loaded.
        mean: Per channel, for pixels in 0..1. None: as for `input_size`.
        std: Per channel, for pixels in 0..1. None: as for `input_size`.
        encoding_size: Length of the output. 0: not known before loading.
        figure: A published figure, with the benchmark's name.
        figure_source: Who published it, where.
        url: The page of the weights.
        twin: Name of the packaged card that stands in when the Hub cannot be reached.
        alignment: How an encoder wants its chips cut: around a face ("dlib-150", "arcface-112"),
            from the whole picture ("whole-S", S pixels a side, 10 to 999), or "".
        normalise: Whether encodings are scaled to length 1 before they are compared.
        distance: "euclidean", "cosine" or "".
        threshold: The distance under which two faces count as one person, if someone stated it.
        threshold_source: Who stated it, where.
    """

    name: str
    source: str
    title: str = ""
    kind: str = "backbone"
    revision: str = ""
    filename: str = "model.safetensors"
    sha256: str = ""
    licence: str = NOT_STATED
    training_data: str = NOT_STATED
    note: str = ""
    input_size: tuple[int, int, int] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    encoding_size: int = 0
    figure: str = ""
    figure_source: str = ""
    url: str = ""
    twin: str = ""
    alignment: str = ""
    normalise: bool = False
    distance: str = ""
    threshold: float | None = None
    threshold_source: str = ""

    def __post_init__(self) -> None:
        for field in ("input_size", "mean", "std"):
            if getattr(self, field) is not None:
                object.__setattr__(self, field, tuple(getattr(self, field)))
        if not self.title:
            object.__setattr__(self, "title", self.name)
        for ok, field, todo in self._checks():
            if not ok:
                raise CatalogError(
                    say(
                        "The field {field} = {getattr} cannot be used",
                        field=field,
                        getattr=repr(getattr(self, field)),
                    ),
                    where=say("weights entry {name}", name=repr(self.name)),
                    todo=todo,
                )

    def _checks(self) -> list[tuple[bool, str, str]]:
        channels = len(self.mean or ()) or 3
        return [
            (_is(r"[\w-]+\.[\w.-]+", self.name), "name", "Write it as architecture.tag."),
            (
                _is(rf"({'|'.join((*SOURCES, SESSION))}):\S.*", self.source),
                "source",
                "Start it with timm:, hub:, package: or local:.",
            ),
            (
                self.scheme != "hub" or _is(r"[\w.-]+/[\w.-]+", self.address),
                "source",
                "Write hub:OWNER/REPO.",
            ),
            (
                self.scheme != "package" or "/" in self.address,
                "source",
                "Write package:DISTRIBUTION/PATH.",
            ),
            (self.kind in ("backbone", "file"), "kind", "Use backbone or file."),
            (_is(r"([0-9a-f]{64})?", self.sha256), "sha256", "Give 64 hexadecimal digits or none."),
            (_is(r"([0-9a-f]{40})?", self.revision), "revision", "Give a commit or nothing."),
            (_is(r"[\w./-]+", self.filename), "filename", "Give a path inside the repository."),
            (
                self.input_size is None
                or (len(self.input_size) == 3 and all(_count(n) for n in self.input_size)),
                "input_size",
                "Give channels, height and width.",
            ),
            (
                (self.mean is None) == (self.std is None)
                and all(_number(v) for v in self.mean or ()),
                "mean",
                "Give mean and std, numbers for pixels in 0..1, or neither.",
            ),
            (
                self.std is None
                or (len(self.std) == channels and all(_number(v) and v > 0 for v in self.std)),
                "std",
                "Give as many numbers above 0 as there are means.",
            ),
            (
                _is(ALIGNMENT, self.alignment),
                "alignment",
                "Use dlib-150, arcface-112, whole-S with S from 10 to 999, or nothing.",
            ),
            (
                self.distance in DISTANCES,
                "distance",
                say("Use one of {distances}.", distances=DISTANCES),
            ),
            (
                self.threshold is None or (_number(self.threshold) and self.threshold > 0),
                "threshold",
                "Give a number above 0.",
            ),
        ]

    @property
    def architecture(self) -> str:
        """The part of the name before the first dot."""
        return self.name.partition(".")[0]

    @property
    def scheme(self) -> str:
        """The part of the source before the colon."""
        return self.source.partition(":")[0]

    @property
    def address(self) -> str:
        """The part of the source after the colon."""
        return self.source.partition(":")[2]

    @property
    def repo(self) -> str:
        """The Hub repository, "" for packaged and local weights. timm keeps its own under timm/."""
        if self.scheme == "timm":
            return self.address if "/" in self.address else f"timm/{self.address}"
        return self.address if self.scheme == "hub" else ""


def make_card(entry: dict[str, Any]) -> Card:
    """A card from plain fields.

    Raises:
        CatalogError: A field is unknown, missing, or holds what it cannot.
    """
    known = {field.name: field for field in fields(Card)}
    name = str(entry.get("name", "?"))
    if unknown := sorted(set(entry) - set(known)):
        raise CatalogError(
            say("Unknown field {unknown}", unknown=repr(unknown[0])),
            where=say("weights entry {name}", name=repr(name)),
            todo=say("The fields are {known}.", known=", ".join(known)),
        )
    for field in known.values():
        value = entry.get(field.name, field.default)
        if value is MISSING:
            raise CatalogError(
                say("The field {name} is missing", name=field.name),
                where=say("weights entry {name}", name=repr(name)),
                todo="Every entry needs a name and a source.",
            )
        wanted = {"str": str, "bool": bool, "int": int}.get(field.type, object)
        if not isinstance(value, wanted):
            raise CatalogError(
                say(
                    "The field {name} = {value} is no {name__}",
                    name=field.name,
                    value=repr(value),
                    name__=wanted.__name__,
                ),
                where=say("weights entry {name}", name=repr(name)),
            )
    card = Card(**entry)
    if card.scheme == SESSION:
        raise CatalogError(
            say("The field source = {source} cannot be used", source=repr(card.source)),
            where=say("weights entry {name}", name=repr(name)),
            todo="What is trained in a visit is adopted and never listed.",
        )
    return card


def read_catalog(path: Path = CATALOG) -> dict[str, Card]:
    """The cards of a catalogue file, by name, in the file's order.

    Raises:
        CatalogError: The file is no TOML, an entry is malformed, or two have one name.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogError(
            say("The catalogue cannot be read: {error}", error=error), where=str(path)
        ) from error
    cards: dict[str, Card] = {}
    for entry in table.get("weights", []):
        card = make_card(entry)
        if card.name in cards:
            raise CatalogError("Two entries have one name", where=card.name)
        cards[card.name] = card
    for card in cards.values():
        if card.twin and (card.twin not in cards or cards[card.twin].scheme != "package"):
            raise CatalogError(
                say("The twin {twin} is no packaged entry", twin=repr(card.twin)), where=card.name
            )
    return cards


def _is(pattern: str, text: str) -> bool:
    return isinstance(text, str) and re.fullmatch(pattern, text) is not None


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
