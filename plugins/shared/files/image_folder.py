"""Open a labelled set: a zip or a folder tree with one folder of pictures a person.

What cannot be used is left out with a reason; a set that is dangerous or useless as a whole is an
error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from plugins.shared.files.entries import (
    LAYOUT,
    NAME_LENGTH,
    Entry,
    LabelledError,
    files_below,
)
from plugins.shared.files.file_kinds import plain_name, printable
from plugins.shared.files.folders import Folder, common_root, folded, folder_of, undivided
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import files_in_zip
from weights.messages import listed, say

JPEG = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo")
NETPBM = (".ppm", ".pgm", ".pbm", ".pnm")
OTHER = (".png", ".gif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".jp2")
PICTURES = frozenset((*JPEG, *NETPBM, *OTHER))
ARCHIVES = frozenset((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"))


@dataclass(frozen=True)
class Labelled:
    """One picture of one person.

    Attributes:
        name: Path inside the set, with `/`.
        read: Gives the file's bytes, only while the set is open; raises LabelledError.
    """

    person: str
    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why, as a clause that follows its name."""

    name: str
    why: str


@dataclass(frozen=True)
class LabelledSet:
    """The pictures of a set and their people, sorted by name."""

    items: tuple[Labelled, ...]
    people: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    title: str

    @property
    def genuine_pairs(self) -> int:
        """Number of pairs of pictures of one person."""
        return sum(n * (n - 1) // 2 for n in Counter(item.person for item in self.items).values())

    @property
    def impostor_pairs(self) -> int:
        """Number of pairs of pictures of two people."""
        count = len(self.items)
        return count * (count - 1) // 2 - self.genuine_pairs


@contextmanager
def open_labelled(source: Path, limits: Limits, encoding: str = "") -> Iterator[LabelledSet]:
    """Open a zip or a folder that holds one folder of pictures a person.

    A person is a picture's own folder. Folders above all pictures do not count, and neither do
    folders that divide a set (`PARTS`): who lies in train/ and in test/ is one person. Where two
    people's folders have one name, so much of the path above is kept as tells them apart. Names
    that differ only in capitals are one, as on Windows and macOS, and so are those that differ only
    in blanks.

    Args:
        source: The zip or the folder.
        limits: The most files, bytes in all and bytes a picture.
        encoding: Of the names in a zip, as in `files_in_zip`.

    Raises:
        LabelledError: No such file, no zip, a damaged or dangerous zip, or no usable picture.
    """
    source = Path(source)
    title = plain_name(source.name)
    if source.is_dir():
        yield _arrange(files_below(source, limits), title)
    else:
        with files_in_zip(source, limits, encoding=encoding) as entries:
            yield _arrange(entries, title)


def check_for_pairs(labelled: LabelledSet) -> None:
    """Refuse a set that has no two people, or nobody with two pictures.

    Raises:
        LabelledError: It names some of the people and says what to add.
    """
    if not labelled.impostor_pairs:
        what = "The set shows nobody, so no pair shows two different people"
        if labelled.people:
            only = "The set shows only one person, {name}, so no pair shows two different people"
            what = say(only, name=labelled.people[0])
        todo = f"{say('Add more people.')} {say(LAYOUT)}"
        raise LabelledError(what, where=labelled.title, todo=todo)
    if not labelled.genuine_pairs:
        what = say("No person has two pictures: {some} have one each", some=_some(labelled.people))
        todo = "Put at least two pictures of the same person into that person's folder."
        raise LabelledError(what, where=labelled.title, todo=todo)


def _some(texts: tuple[str, ...] | list[str], most: int = 3) -> str:
    some, rest = listed(texts[:most], "{first}, {second}"), len(texts) - most
    return say("{some} and {rest} more", some=some, rest=rest) if rest > 0 else some


def _arrange(entries: list[Entry], title: str) -> LabelledSet:
    skipped: list[Skipped] = []
    good: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.name):
        key = folded(entry.name)
        fault = entry.fault or _fault_of_kind(entry.name)
        if not fault and key in good:
            fault = say(
                "has the same name as {name}, but for capitals at most", name=good[key].name
            )
        if fault:
            skipped.append(Skipped(printable(entry.name)[:NAME_LENGTH], fault))
        else:
            good[key] = entry
    folders = undivided({key: tuple(map(folded, folder_of(key))) for key in good})
    root = common_root(folders)
    if len(set(folders.values())) > 1:
        for key in [key for key, folder in folders.items() if folder == root]:
            why = "lies beside the people's folders, in none of them"
            skipped.append(Skipped(good.pop(key).name, why))
            del folders[key]
    if not good:
        raise _no_picture(entries, skipped, title)
    if not any(folders.values()):
        what = say(
            "The pictures lie in no folder: {some}",
            some=_some([entry.name for entry in good.values()]),
        )
        raise LabelledError(what, where=title, todo=LAYOUT)
    lengths = _distinct_lengths(set(folders.values()))
    person: dict[Folder, str] = {}
    for key, folder in folders.items():
        spelled = {folded(part): part for part in folder_of(good[key].name)}
        person.setdefault(folder, "/".join(spelled[part] for part in folder[-lengths[folder] :]))
    items = tuple(Labelled(person[folders[key]], e.name, e.read) for key, e in good.items())
    people = tuple(sorted(person.values(), key=lambda name: (folded(name), name)))
    return LabelledSet(items, people, tuple(skipped), title)


def _fault_of_kind(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in ARCHIVES:
        return "is an archive inside the set, which is not opened"
    return "" if suffix in PICTURES else "is no picture that is read, by its name"


def _no_picture(entries: list[Entry], skipped: list[Skipped], title: str) -> LabelledError:
    if not entries:
        return LabelledError("The set is empty", where=title, todo=LAYOUT)
    faults = (say("{name} {fault}", name=file.name, fault=say(file.why)) for file in skipped)
    reasons = _some(list(faults))
    return LabelledError(
        say("The set holds no picture to use: {reasons}", reasons=reasons), where=title, todo=LAYOUT
    )


def _distinct_lengths(folders: set[Folder]) -> dict[Folder, int]:
    """How many parts at the end of each path tell it from every other one."""
    lengths = dict.fromkeys(folders, 1)
    while True:
        uses = Counter(folder[-length:] for folder, length in lengths.items())
        alike = [f for f, n in lengths.items() if uses[f[-n:]] > 1 and n < len(f)]
        if not alike:
            return lengths
        for folder in alike:
            lengths[folder] += 1
