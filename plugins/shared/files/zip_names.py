"""How the names in a zip are encoded, where the zip does not say so.

A name is UTF-8 by its entry's flag, or by an Info-ZIP Unicode path field beside it. Otherwise it is
in the code page of whoever packed it, and the names of the archive, all together, tell which: for
each code page that they can be decoded by, the share of letters that are common in its script.
Detectors of encodings need a text; with two names in an archive they are right in 59 to 85 of 100.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weights.messages import say

UTF8_NAME = 0x800  # A bit of a zip entry's flags.
UNICODE_PATH = 0x7075
ENCODINGS = {
    "cp949": "Korean (EUC-KR)",
    "gb18030": "Chinese, simplified (GBK)",
    "big5hkscs": "Chinese, traditional (Big5)",
    "cp932": "Japanese (Shift JIS)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp866": "Cyrillic (DOS, CP866)",
    "cp437": "Western European (DOS, CP437)",
    "cp850": "Western European (DOS, CP850)",
    "cp1252": "Western European (Windows-1252)",
}
"""Python's name of an encoding -> what visitors read. Of equally likely ones the first is taken:
Korean names pass for Chinese ones, but hardly the other way round."""
# The lead bytes of two-byte codes where the standards put what is common.
COMMON = {
    "cp949": ("euc_kr", 0xB0, 0xC8),
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5hkscs": ("big5", 0xA4, 0xC6),
    "cp932": ("shift_jis", 0x88, 0x97),
}
SCRIPTS = {
    "cp949": {"HANGUL": 0.1},
    "gb18030": {"CJK": 0.5},
    "big5hkscs": {"CJK": 0.5},
    "cp932": {"CJK": 0.3, "HIRAGANA": 1.0, "KATAKANA": 1.0, "IDEOGRAPHIC": 1.0},
    "cp1251": "CYRILLIC",
    "cp866": "CYRILLIC",
    "cp437": "LATIN",
    "cp850": "LATIN",
    "cp1252": "LATIN",
}
"""What names in an encoding are written in, by the first word of a character's Unicode name; of the
two-byte codes with what a rare character counts, where a common one counts 1."""
BETWEEN_WORDS = re.compile(r"[ ._/()\[\]&'-]+")


@dataclass(frozen=True)
class Reading:
    """One way in which the names may be meant.

    Attributes:
        encoding: Of `ENCODINGS`.
        names: The parts of paths that are not plain ASCII, so decoded, sorted, each once.
        score: 0 to 1: the share of letters that are common.
    """

    encoding: str
    names: tuple[str, ...]
    score: float

    @property
    def title(self) -> str:
        """What visitors read for the encoding."""
        return say(ENCODINGS[self.encoding])


def spelled(infos: Sequence[zipfile.ZipInfo], encoding: str = "") -> list[str]:
    """The names of a zip's entries.

    Args:
        encoding: Of those that the zip does not say; empty: the likeliest.

    Raises:
        UnicodeDecodeError: They are not in that encoding.
    """
    unsaid = [name for info in infos if isinstance(name := _stored(info), bytes)]
    if not encoding:
        likely = readings(unsaid)
        encoding = likely[0].encoding if likely else "utf-8"
    stored = map(_stored, infos)
    return [name if isinstance(name, str) else name.decode(encoding) for name in stored]


def undeclared(infos: Sequence[zipfile.ZipInfo]) -> list[Reading]:
    """What the names may be, the likeliest first; none where there is no doubt."""
    return readings([name for info in infos if isinstance(name := _stored(info), bytes)])


def readings(names: Sequence[bytes]) -> list[Reading]:
    """The ways to read names of unknown encoding, the likeliest first; none where they are UTF-8 or
    ASCII. Of two that give the same names, only the first.
    """
    parts = {part for name in names for part in name.split(b"/") if not part.isascii()}
    if not parts or _decoded(names, "utf-8") is not None:
        return []
    found: dict[tuple[str, ...], Reading] = {}
    for encoding in ENCODINGS:
        # Whole names are decoded, then split: a slash may be half of a character.
        if (whole := _decoded(names, encoding)) is not None:
            shown = tuple(sorted({p for n in whole for p in n.split("/") if not p.isascii()}))
            counts = [count for name in shown for count in _counts(name, encoding)]
            found.setdefault(shown, Reading(encoding, shown, sum(counts) / len(counts)))
    return sorted(found.values(), key=lambda one: -one.score)


def _stored(info: zipfile.ZipInfo) -> str | bytes:
    """The name, or its bytes where the zip does not say how they are meant."""
    if info.flag_bits & UTF8_NAME:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")  # As Python reads it.
    return raw.decode("ascii") if raw.isascii() else _unicode_path(info.extra, raw) or raw


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name that an Info-ZIP Unicode path field gives; empty where there is none, or where it is
    of another name: some program renamed the entry and left the field.
    """
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNICODE_PATH and len(field) == size > 5:
            version, checksum = struct.unpack_from("<BL", field)
            if version == 1 and checksum == zlib.crc32(raw):
                try:
                    return field[5:].decode("utf-8")
                except UnicodeDecodeError:
                    return ""
    return ""


def _decoded(names: Sequence[bytes], encoding: str) -> list[str] | None:
    """The names; None where they cannot be in that encoding."""
    try:
        texts = [name.decode(encoding) for name in names]
    except UnicodeDecodeError:
        return None
    strange = any(unicodedata.category(c) in ("Cn", "Co") for text in texts for c in text)
    return None if strange else texts


def _counts(name: str, encoding: str) -> Iterator[float]:
    """How well each character that is not ASCII fits a name in that encoding, 0 to 1."""
    for word in BETWEEN_WORDS.split(name):
        strange = [c for c in word if not c.isascii()]
        if encoding in COMMON:
            yield from (_count(c, encoding) for c in strange)
        else:
            letters = [c for c in word if not c.isdecimal()]
            alike = {_script(c) for c in letters} == {SCRIPTS[encoding]}
            cased = word[1:].islower() or word.isupper() or len(letters) == 1
            yield from (float(alike and cased) for _ in strange)


def _count(c: str, encoding: str) -> float:
    codec, first, last = COMMON[encoding]
    code = c.encode(codec, "ignore")
    rare = SCRIPTS[encoding].get(_script(c), 0.0)
    return 1.0 if rare and len(code) == 2 and first <= code[0] <= last else rare


def _script(c: str) -> str:
    return unicodedata.name(c, "?").split()[0].partition("-")[0]
