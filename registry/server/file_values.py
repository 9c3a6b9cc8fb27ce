"""Files that a caller names: an upload of this server or a file that it handed out, and no other.

gradio compares a path with its folder for uploads only where the value carries gradio's own mark,
and not at all where the page is mounted on another server. Its components then open whatever they
are given, and a component in a chat message is even built with the caller's own options. So the
values are searched here before any component sees them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from gradio.utils import get_upload_folder, is_static_file

from registry.messages import say

OWN_FOLDER = re.compile(r"[0-9a-f]{16,64}")
"""Uploads and outputs lie in folders that are named after a salted hash or a random number, so a
path is known to those who were told it."""
OPTIONS = "constructor_args"
"""Where a chat message holds the options of a component, of which some are files to be read."""


class ForeignFile(Exception):
    """A value that names a file which is no upload; the text is meant for the caller."""

    @property
    def for_people(self) -> str:
        """One line that a visitor may read."""
        return str(self.args[0])


def is_upload(path: str, folder: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a file in a folder of its own beneath the folder for uploads."""
    real = _real(path)
    try:
        inside = os.path.relpath(real, os.path.realpath(folder)).split(os.sep)
    except ValueError:  # It is no path, or on another drive.
        return False
    return len(inside) == 2 and bool(OWN_FOLDER.fullmatch(inside[0])) and os.path.isfile(real)


def refuse_foreign_files(value: Any) -> None:
    """Search a raw value, however deeply nested, for files that are neither uploads nor public.

    Raises:
        ForeignFile: It names another one, or an address.
    """
    for path, name in _named(value):
        if not is_upload(path, get_upload_folder()) and not is_static_file(_real(path) or None):
            shown = re.split(r"[\\/]", name)[-1][:100]
            raise ForeignFile(
                say(
                    "The file “{shown}” is no upload of this server, or is no longer kept. "
                    "Upload it again; other paths and addresses are not opened.",
                    shown=shown,
                )
            )


def uploads_in(value: Any, folder: str | os.PathLike[str]) -> set[str]:
    """The real paths of all files in a raw value that lie beneath the folder for uploads."""
    return {_real(path) for path, _ in _named(value) if is_upload(path, folder)}


def _real(path: str) -> str:
    """Where a path leads, through all links; empty where it goes upwards or is none."""
    try:
        return "" if _goes_up(path) else os.path.realpath(path)
    except (OSError, ValueError):
        return ""


def _goes_up(path: str) -> bool:
    return ".." in re.split(r"[\\/]", path)


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """Every path in a value, with the name that the caller has for the file."""
    # Each path, text and option once: a request may repeat or nest one a million times.
    left, options, seen = [(value, False)], [], set()
    while left:
        each, inside = left.pop()
        if isinstance(each, dict):
            path = each.get("path")
            if isinstance(path, str) and path and path not in seen:
                seen.add(path)
                yield path, str(each.get("orig_name") or path)
            if not inside:
                options.append(each.get(OPTIONS))
            left.extend((part, inside or key == OPTIONS) for key, part in each.items())
        elif isinstance(each, (list, tuple)):
            left.extend((p, inside) for p in each if isinstance(p, (dict, list, tuple)))
    yield from ((text, text) for text in set(_texts(options)) if _is_path(text))


def _texts(values: list[Any]) -> Iterator[str]:
    left = list(values)
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, (list, tuple)):
            left.extend(each)


def _is_path(text: str) -> bool:
    return os.path.isabs(text) or _goes_up(text) or os.path.exists(text)
