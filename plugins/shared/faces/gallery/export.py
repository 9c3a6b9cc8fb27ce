"""A gallery as one file, to take along or to keep safe: written here, and taken in again.

It is a zip: `gallery.json` says who is in it and how everything is to be found unchanged,
`encodings.npy` holds the numbers, and each face has its chip and, where it was kept, its picture.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from plugins.shared.faces.gallery.gallery import Gallery, Written
from plugins.shared.faces.gallery.import_ import (
    AGAIN,
    CONTENTS,
    ENCODINGS,
    FORMAT,
    VERSION,
    Export,
    read_export,
)
from plugins.shared.faces.gallery.stores.contract import GalleryError, StoreError
from plugins.shared.files.file_kinds import plain_name
from weights.messages import say

__all__ = ["Export", "OtherNetwork", "export_gallery", "import_into", "read_export"]


OTHER_NETWORK = "The export was made with {theirs}, and this gallery uses {network}"
OTHER_REVISION = "The export was made with another revision of {network} ({revision})"
REALIGNED = "The export was made with another detector or alignment of faces, before {network}"
OTHERS_LOST = "Not all its pictures were kept, so choose {network} to import it."
ALL_ANEW = "Not all its pictures were kept, so enrol its people anew from their photos."


class OtherNetwork(GalleryError):
    """The encodings of an export are another network's, or of another revision of it.

    Attributes:
        export: What was read; its faces can be encoded again where `export.pictures_kept`.
    """

    def __init__(self, what: str, export: Export, **more: str):
        super().__init__(what, **more)
        self.export = export


def export_gallery(gallery: Gallery, target: Path | BinaryIO) -> int:
    """Write all faces that the gallery's network has encoded; how many they are.

    Args:
        target: A path, which appears only once it is whole and is its owner's alone; or a file
            that is open for binary writing.

    Raises:
        GalleryError: The gallery is empty, or the file cannot be written.
    """
    if not isinstance(target, (str, os.PathLike)):
        return _write(gallery, target)
    target = Path(target)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with open(handle, "w+b") as file:
                count = _write(gallery, file)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        what = say("The export cannot be written: {reason}", reason=error.strerror or error)
        todo = "Make room, or choose another folder."
        raise StoreError(what, where=plain_name(target.name), todo=todo) from error
    return count


def _write(gallery: Gallery, file: BinaryIO) -> int:
    faces, vectors = [], []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for row in gallery.rows():
            about = {"id": row.id, "person": row.person, "label": row.label}
            about |= {"landmarks": row.landmarks, "chip": "", "picture": ""}
            for part, data in (("chip", row.chip), ("picture", row.picture)):
                if data:
                    archive.writestr(f"{part}s/{row.id}.jpg", data)
                    about[part] = hashlib.sha256(data).hexdigest()
            faces.append(about)
            vectors.append(row.encoding)
        if not faces:
            what = "Nobody is enrolled with {network}, so there is nothing to export"
            what = say(what, network=gallery.space.network)
            raise GalleryError(what, todo="Enrol somebody first.")
        table = io.BytesIO()
        np.save(table, np.stack(vectors).astype("<f4"), allow_pickle=False)
        archive.writestr(ENCODINGS, table.getvalue())
        space = gallery.space
        contents = {
            "format": FORMAT,
            "version": VERSION,
            "network": space.network,
            "revision": space.revision,
            "size": space.size,
            "distance": space.distance,
            "encodings": hashlib.sha256(table.getvalue()).hexdigest(),
            "faces": faces,
        }
        text = json.dumps(contents, ensure_ascii=False)
        archive.writestr(CONTENTS, text, zipfile.ZIP_DEFLATED)
    return len(faces)


def import_into(gallery: Gallery, export: Export) -> Written:
    """Enrol all faces of an export, or none.

    Raises:
        OtherNetwork: Its encodings would not fit the gallery's.
        OtherName: A face of it is enrolled here under another name.
    """
    theirs, ours = export.space, gallery.space
    if (theirs.network, theirs.revision) != (ours.network, ours.revision):
        what, lost = OTHER_NETWORK, say(OTHERS_LOST, network=theirs.network)
        if theirs.realigned(ours):
            what, lost = REALIGNED, ALL_ANEW
        elif theirs.network == ours.network:
            what = OTHER_REVISION
        what = say(what, theirs=theirs.network, revision=theirs.revision[:12], network=ours.network)
        todo = "All its pictures were kept, so they can be encoded again."
        if not export.pictures_kept:
            todo = lost
        raise OtherNetwork(what, export, where="network", todo=todo)
    if (theirs.size, theirs.distance) != (ours.size, ours.distance):
        what = say(
            "The export has {size} numbers and the {distance} distance, and {network} has "
            "{own_size} and the {own_distance} one",
            size=theirs.size,
            distance=theirs.distance,
            network=ours.network,
            own_size=ours.size,
            own_distance=ours.distance,
        )
        raise GalleryError(what, where="network", todo=AGAIN)
    return gallery.enrol(export.rows)
