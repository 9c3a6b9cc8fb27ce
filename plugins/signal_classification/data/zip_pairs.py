"""Zips that hold a set as its archive gives it: SET_TRAIN and SET_TEST, two files of one kind."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from plugins.shared.files.entries import LabelledError
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import files_in_zip
from plugins.signal_classification.data.zip_sets import SIGNALS
from plugins.signal_classification.errors import SignalError

PART = re.compile(r"(.*?)[ _-]?(train|test)", re.IGNORECASE)
KINDS = (".ts", ".tsv", ".csv", ".arff", ".txt")
"""Where a set lies in several, the first of them is taken."""


def pair_in(path: Path, limits: Limits, encoding: str = "") -> list[tuple[str, str, bytes]]:
    """The name, kind and bytes of the file to train on and of that to test on; []: it is no such
    zip.

    Raises:
        SignalError: It cannot be used.
    """
    try:
        with files_in_zip(path, limits, SIGNALS, encoding) as entries:
            for kind in KINDS:
                parts = {}
                for entry in entries:
                    name = PurePosixPath(entry.name)
                    told = PART.fullmatch(name.stem) if name.suffix.lower() == kind else None
                    if told:
                        part = told[2].lower()
                        parts.setdefault((told[1].lower(), part), []).append(entry)
                stems = {stem for stem, _ in parts}
                if len(stems) == 1 and len(parts) == 2 == sum(map(len, parts.values())):
                    (stem,) = stems
                    found = [parts[stem, part][0] for part in ("train", "test")]
                    return [(PurePosixPath(one.name).name, kind, one.read()) for one in found]
    except LabelledError as error:
        raise SignalError(error.what, where=error.where, todo=error.todo) from error
    return []
