"""Classes that a table beside the records tells, such as REFERENCE.csv of the challenges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from plugins.signal_classification.data.tables import plain_label, read_table

NAMES = ("reference", "labels", "label", "classes")
ENDINGS = (".csv", ".tsv", ".txt")


def listed(
    known: Iterable[str], used: Sequence[str], read: Callable[[str], bytes]
) -> dict[str, str]:
    """The class of each file: the first column names it, the second one its class. {}: there is no
    such table.

    Args:
        known: All files. `used`: those that are signals. `read`: gives the bytes of one.
    """
    stems = {PurePosixPath(name).stem.lower(): name for name in used}
    for name in known:
        path = PurePosixPath(name)
        if path.suffix.lower() not in ENDINGS or path.stem.lower() not in NAMES:
            continue
        table = read_table(read(name), name)
        found = {}
        for row in (table.header, *table.rows):
            stem = PurePosixPath(row[0].strip().lower()).name if row else ""
            stem = stem if stem in stems else PurePosixPath(stem).stem
            if len(row) > 1 and stem in stems and row[1].strip():
                found[stems[stem]] = plain_label(row[1])
        if len(found) > 1:
            return found
    return {}
