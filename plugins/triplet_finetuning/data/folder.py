"""Read a set that somebody brought: one folder of pictures an identity, faces or anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import numpy as np

from plugins.shared.faces.align import align, whole_size
from plugins.shared.faces.detect import Face, usable, whole_picture
from plugins.shared.files.image_folder import LabelledError, LabelledSet, Skipped
from plugins.shared.files.limits import Limits
from plugins.shared.files.pictures import Picture, read_picture
from plugins.triplet_finetuning.data.picture_set import PictureSet
from weights.errors import ParagoneError
from weights.messages import say

LEAST = 2
"""Pictures of an identity: an anchor and a positive."""
MOST_BYTES = 2**30
TOLD = 8
"""After this many pictures the reader tells how far it is."""
SIDES = {"dlib-150": 150, "arcface-112": 112}


def read_set(
    labelled: LabelledSet,
    alignment: str,
    detector: Callable[[Picture], tuple[Face, ...]],
    limits: Limits,
) -> Iterator[tuple[int, int] | PictureSet]:
    """Read every picture and cut its chip; tells (done, total), and the `PictureSet` at last.

    A picture that cannot be used is left out with its reason, and so is an identity of which only
    one picture remains.

    Args:
        alignment: `whole-S`, or a face alignment; then the largest face counts.
        detector: Finds faces; not asked where the whole picture counts.

    Raises:
        LabelledError: No identity has two usable pictures, or the chips would need more than 1 GiB.
    """
    side = whole_size(alignment) or SIDES.get(alignment, 150)
    total = len(labelled.items)
    if total * side * side * 3 > MOST_BYTES:
        most = MOST_BYTES // (side * side * 3)
        what = say(
            "The set holds {total:,} pictures, more than the {most:,} that fit into memory",
            total=total,
            most=most,
        )
        todo = "Use fewer pictures an identity, or fewer identities."
        raise LabelledError(what, where=labelled.title, todo=todo)
    find = whole_picture if whole_size(alignment) else detector
    chips, items, skipped = [], [], list(labelled.skipped)
    for done, item in enumerate(labelled.items, 1):
        try:
            picture = read_picture(item.read(), item.name, limits, keep_source=True)
            chips.append(align(picture, usable(picture, find(picture)), alignment))
            items.append(item)
        except ParagoneError as error:
            skipped.append(Skipped(item.name, error.what))
        if done % TOLD == 0 or done == total:
            yield done, total
    yield _together(labelled, alignment, chips, items, skipped)


def _together(
    labelled: LabelledSet, alignment: str, chips: list, items: list, skipped: list[Skipped]
) -> PictureSet:
    counts = Counter(item.person for item in items)
    names = tuple(name for name in labelled.people if counts[name] >= LEAST)
    for name in labelled.people:
        if counts[name] < LEAST:
            found = "only one picture" if counts[name] else "no picture"
            skipped.append(
                Skipped(name, say("has {found} that can be used; two are needed", found=say(found)))
            )
    skipped += _one_spelling(labelled)
    if not names:
        reasons = "; ".join(f"{one.name} {one.why}" for one in skipped[:3])
        what = say("No identity has two pictures that can be used: {reasons}", reasons=reasons)
        todo = "Put two pictures or more of one identity into its folder."
        raise LabelledError(what, where=labelled.title, todo=todo)
    kept = [i for i, item in enumerate(items) if item.person in names]
    return PictureSet(
        labelled.title,
        "your own pictures",
        np.stack([chips[i] for i in kept]),
        np.array([names.index(items[i].person) for i in kept], np.int64),
        names,
        tuple(items[i].name for i in kept),
        alignment,
        tuple(skipped),
    )


def _one_spelling(labelled: LabelledSet) -> list[Skipped]:
    """Say where folders whose names differ only in capitals were taken for one identity."""
    spelled: dict[str, set[str]] = {}
    for item in labelled.items:
        spelled.setdefault(item.person, set()).add(PurePosixPath(item.name).parent.as_posix())
    return [
        Skipped(
            " and ".join(sorted(folders)),
            say("were taken for one identity, {person}", person=person),
        )
        for person, folders in spelled.items()
        if len(folders) > 1
    ]
