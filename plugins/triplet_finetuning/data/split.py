"""Divide a set by identity: anyone who is tested was never trained on."""

from __future__ import annotations

import numpy as np

from plugins.shared.faces.align import whole_size
from plugins.triplet_finetuning.data.digits import HELD_OUT as digit_names
from plugins.triplet_finetuning.data.digits import digits
from plugins.triplet_finetuning.data.objects import HELD_OUT as object_names
from plugins.triplet_finetuning.data.objects import objects
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.settings import Settings
from weights.errors import ParagoneError
from weights.messages import say

DIGITS, OBJECTS = "digits", "objects"
LEAST = 2
"""Identities on either side: a triplet needs a negative."""


def split(
    pictures: PictureSet, share: float, seed: int, held_out: tuple[str, ...] = ()
) -> tuple[PictureSet, PictureSet]:
    """Pictures to train on, and those of other identities to test on.

    Args:
        share: Of the identities that are held out, 0..1; at least two, and at least two remain.
        seed: Of the choice.
        held_out: These are held out instead, by name.

    Raises:
        ParagoneError: There are fewer than four identities, or a name is unknown.
    """
    many = len(pictures.names)
    if many < 2 * LEAST:
        what = say(
            "The set shows {many} identit{many_2} with two pictures or more",
            many=many,
            many_2=say("y" if many == 1 else "ies"),
        )
        todo = "Bring four or more: two to train on, and two others to test on."
        raise ParagoneError(what, where=pictures.title, todo=todo)
    if unknown := sorted(set(held_out) - set(pictures.names)):
        todo = say("Known are: {names}.", names=", ".join(pictures.names[:10]))
        raise ParagoneError(
            say("There is no identity {unknown}", unknown=repr(unknown[0])),
            where="held out",
            todo=todo,
        )
    if held_out:
        chosen = np.array([pictures.names.index(name) for name in held_out])
    else:
        count = int(np.clip(round(share * many), LEAST, many - LEAST))
        chosen = np.random.default_rng(seed).permutation(many)[:count]
    test = np.isin(pictures.labels, chosen)
    return pictures.only(~test), pictures.only(test)


def built_in(name: str, alignment: str, settings: Settings) -> tuple[PictureSet, PictureSet]:
    """A built-in set: the digits 0 to 6 or sixteen categories of objects to train on, and 7, 8, 9
    or the other eight categories to test on.

    Args:
        name: A key of `BUILT_IN`.

    Raises:
        ParagoneError: The backbone wants faces.
    """
    size = whole_size(alignment)
    if not size:
        what = "This backbone was made for faces, and these pictures have none"
        todo = "Choose the small ConvNet, or an ImageNet backbone."
        raise ParagoneError(what, where="backbone", todo=todo)
    pictures, held_out = BUILT_IN[name]
    return split(pictures(size), settings.test_share, settings.seed, held_out)


BUILT_IN = {DIGITS: (digits, digit_names), OBJECTS: (objects, object_names)}
