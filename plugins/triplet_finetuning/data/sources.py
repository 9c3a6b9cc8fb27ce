"""Where the pictures come from: built in, brought, or fetched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from plugins.shared.faces.engine import Engine
from plugins.shared.faces.view import left_out
from plugins.shared.files.image_folder import open_labelled
from plugins.triplet_finetuning.data.folder import read_set
from plugins.triplet_finetuning.data.lfw_and_hub import hub_pictures, lfw_pictures
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.data.split import BUILT_IN, DIGITS, OBJECTS, built_in, split
from plugins.triplet_finetuning.settings import SCRATCH, Settings, alignment_for
from weights.errors import ParagoneError
from weights.messages import say

if TYPE_CHECKING:
    from plugins.shared.page.widgets import Upload
    from plugins.triplet_finetuning.session import Session

BROUGHT, LFW, HUB = "brought", "lfw", "hub"
SOURCES = [
    ("Objects (built in)", OBJECTS),
    ("Handwritten digits (built in)", DIGITS),
    ("My pictures", BROUGHT),
    ("Labelled Faces in the Wild (fetched)", LFW),
    ("A dataset on the Hub", HUB),
]


def bring(upload: Upload, session: Session, limits: Any) -> Markup:
    """Take a zip into the visit's memory, delete the file, and say what is in it.

    Raises:
        LabelledError: It cannot be used.
    """
    with upload.taken() as path:
        with open_labelled(path, limits, upload.encoding) as labelled:
            many, people = len(labelled.items), len(labelled.people)
            skipped = labelled.skipped
        session.brought = labelled.title, path.read_bytes(), upload.encoding
        session.pictures = None
    words = say(
        "{title}: {people} folders with {many} pictures.",
        title=labelled.title,
        people=people,
        many=many,
    )
    return Markup('<p class="pv-model">{}</p>{}').format(words, left_out(skipped))


def pictures_for(
    engine: Engine, session: Session, source: str, dataset: str, settings: Settings
) -> Iterator[tuple[str, tuple[PictureSet, PictureSet]]]:
    """Read what shall be trained on; tells how far it is, and ends with the two parts.

    Yields:
        Words for the page, and the parts (training, held out), which are None until the last.

    Raises:
        ParagoneError: There is nothing to read, or it cannot be used.
    """
    card = None if settings.backbone == SCRATCH else engine.cards.get(settings.backbone)
    alignment = alignment_for(card)
    if source in BUILT_IN:
        yield "", built_in(source, alignment, settings)
        return
    key = (source, (dataset or "").strip(), alignment)
    if session.pictures is None or session.pictures[0] != key:
        limits = engine.ctx.limits
        if source == LFW:
            offline = engine.ctx.offline
            steps = lfw_pictures(alignment, engine.find_faces, offline, limits)
        elif source == HUB:
            steps = hub_pictures(dataset or "", alignment, engine.find_faces, limits)
        else:
            steps = _brought(session, alignment, engine, limits)
        for step in steps:
            if isinstance(step, PictureSet):
                session.pictures = (key, step)
            else:
                yield say("{step} of {step_2} pictures read", step=step[0], step_2=step[1]), None
    pictures = session.pictures[1]
    yield "", split(pictures, settings.test_share, settings.seed)


def _brought(session: Session, alignment: str, engine: Engine, limits: Any) -> Iterator[Any]:
    if session.brought is None:
        todo = "Drop a zip, or choose a folder, with one folder an identity."
        raise ParagoneError("No pictures were brought", where="My pictures", todo=todo)
    name, data, encoding = session.brought
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        with open_labelled(path, limits, encoding) as labelled:
            yield from read_set(labelled, alignment, engine.find_faces, limits)
