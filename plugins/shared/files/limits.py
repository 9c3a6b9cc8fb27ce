"""How large files may be that a visitor brings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits where no host gives its own; the host's `ctx.limits` has these fields and fits
    wherever this is asked for.

    Attributes:
        upload_bytes: One uploaded file.
        picture_bytes: One picture file, or one file of an archive that is read whole.
        picture_pixels: Width times height of one picture.
        archive_files: Files in one archive.
        archive_bytes: All files of one archive, unpacked.
    """

    upload_bytes: int = 256 * 2**20
    picture_bytes: int = 64 * 2**20
    picture_pixels: int = 100_000_000
    archive_files: int = 5000
    archive_bytes: int = 1024 * 2**20


DEFAULT = Limits()
