"""How a message calls a file: its name, its size, and what its content seems to be."""

from __future__ import annotations

import codecs
import unicodedata

from weights.messages import CLOSE, OPEN, say

NAME_LENGTH = 60
MARKUP = frozenset('<>"`' + OPEN + CLOSE)
HEIC = "a HEIC picture"
FTYP_KINDS = {b"avif": "an AVIF picture", b"avis": "an AVIF picture"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC
)
MAGIC = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"8BPS", "a Photoshop picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1aE\xdf\xa3", "a video (WebM or Matroska)"),
    (b"ID3\x03", "a sound"),
    (b"ID3\x04", "a sound"),
    (b"OggS", "a sound or video (Ogg)"),
)


def printable(text: str) -> str:
    """A text without control characters and the characters that markup is made of."""
    shown = (c for c in text if unicodedata.category(c)[0] != "C")
    return "".join("_" if c in MARKUP else c for c in shown)


def plain_name(path: str) -> str:
    """The last part of a path, printable, at most `NAME_LENGTH` characters."""
    name = printable(path.replace("\\", "/").rstrip("/").rpartition("/")[2]).strip()
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 13]}…{name[-12:]}"


def size_text(count: int) -> str:
    """A number of bytes as people read it, such as `64 MiB`."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return say("{count} bytes", count=count)


def guess_kind(data: bytes) -> str:
    """What some bytes seem to be, as a noun with its article."""
    head = data[:1024]
    if head[4:8] == b"ftyp":
        return FTYP_KINDS.get(head[8:12], "a video (MP4 or MOV)")
    if head[:4] == b"RIFF":
        return {b"WAVE": "a sound", b"WEBP": "a WebP picture"}.get(head[8:12], "a video (AVI)")
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "a BMP picture"
    for start, kind in MAGIC:
        if head.startswith(start):
            return kind
    coding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:  # Incrementally, since a character may be cut in two where the head ends.
        text = codecs.getincrementaldecoder(coding)().decode(head, final=head == data)
    except UnicodeDecodeError:
        return "data of an unknown kind"
    if any(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f" for c in text):
        return "data of an unknown kind"
    lower = text.lower()
    if "<svg" in lower:
        return "an SVG drawing"
    return "a web page" if "<html" in lower or "<!doctype html" in lower else "plain text"
