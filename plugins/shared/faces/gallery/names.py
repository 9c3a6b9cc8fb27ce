"""How enrolled faces and people are called."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from plugins.shared.faces.gallery.stores.contract import GalleryError
from plugins.shared.files.file_kinds import printable
from weights.messages import say

NAME_LENGTH = 80
LETTERS = {7, 8, 9}
"""Canonical combining classes of marks that make another letter: nukta, the voicing of kana, and
virama. All other marks are accents."""


def face_id(digest: str, index: int) -> str:
    """The id of a face: a hash of its picture's content (`Picture.digest`) and the face's number
    there, so that enrolling it again changes nothing.
    """
    return hashlib.sha256(f"{digest}:{index}".encode()).hexdigest()[:32]


def name_key(name: str) -> str:
    """What two spellings of one name have in common: case, width and accents are left out."""
    if name.isascii():
        return name.lower()
    marked = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kinds = {0, *LETTERS}
    plain = "".join(mark for mark in marked if unicodedata.combining(mark) in kinds)
    return unicodedata.normalize("NFKC", plain)


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name."""
    return one == other or name_key(one) == name_key(other)


def person_name(text: str) -> str:
    """A name as it is kept: printable, single spaces, composed characters.

    Raises:
        GalleryError: Nothing is left of it, or it is too long.
    """
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text or "")).strip()
    name = printable(name)
    if not name:
        raise GalleryError("The name is empty", where="name", todo="Type a name.")
    if len(name) > NAME_LENGTH:
        what = "The name has {n} characters, and at most {most} are kept"
        what = say(what, n=len(name), most=NAME_LENGTH)
        raise GalleryError(what, where=f"{name[:20]}…", todo="Type a shorter one.")
    return name
