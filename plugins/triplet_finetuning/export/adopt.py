"""The trained network enters the house's networks, for its visitor alone."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np

from plugins.shared.faces.align import whole_size
from plugins.shared.faces.measured.trained import MOST_EXAMPLES, remember
from plugins.shared.files.pictures import Picture
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.export.result import digest
from plugins.triplet_finetuning.settings import ENCODING_SIZE, SCRATCH
from plugins.triplet_finetuning.training.evaluate import stored_curve
from plugins.triplet_finetuning.training.run import Outcome, Run
from weights import Card
from weights.messages import say

NOTE = "Fine-tuned in this visit; it is forgotten after an hour without use."

FRESH = Card(
    f"{SCRATCH}.fresh",
    f"timm:{SCRATCH}",
    licence="none is needed: it was trained from random weights",
    training_data="nothing before",
)


def keep(ctx: Any, run: Run, outcome: Outcome, public: str) -> str:
    """Adopt the outcome of a run, with its operating curves and some held-out pictures.

    Args:
        public: As of `Run.result`.

    Returns:
        The name that is the key to it.
    """
    encoder, held, settings = outcome.encoder, run.held_out, run.settings
    base = run.card or FRESH
    own = say(run.pictures.title)
    data = say(
        "{before}; then {pictures:,} pictures of {identities} identities ({set})",
        before=say(base.training_data),
        pictures=len(run.pictures),
        identities=len(run.pictures.names),
        set=own,
    )
    mining = say(settings.mining)
    card = replace(
        base,
        title=say(
            "Fine-tuned: {set}, {mining}, step {step}", set=own, mining=mining, step=outcome.best
        ),
        training_data=data,
        note=NOTE,
        figure="",
        figure_source="",
        input_size=(3, encoder.size, encoder.size),
        mean=encoder.transform.mean,
        std=encoder.transform.std,
        encoding_size=ENCODING_SIZE,
        alignment=encoder.alignment,
        normalise=False,  # The encoder's own last step.
        distance="euclidean",
        threshold=None,
        threshold_source="",
    )
    result = run.result(outcome, None, public)
    kept = ctx.adopt(card, encoder, encoder.transform, digest(result))
    title = say(
        "{title}: the {names} held-out identities", title=say(held.title), names=len(held.names)
    )
    whole = bool(whole_size(encoder.alignment))
    curve = stored_curve(outcome.after, held.labels, title, held.source, whole)
    remember(kept, curve, examples(held))
    return kept.name


def examples(held: PictureSet) -> tuple[Picture, ...]:
    """Held-out pictures to try the network on, two of an identity side by side; none of faces that
    were cut out of their pictures.
    """
    if not whole_size(held.alignment):
        return ()
    per = max(2, MOST_EXAMPLES // len(held.names))
    chosen = [np.flatnonzero(held.labels == i)[:per] for i in range(len(held.names))]
    return tuple(_picture(held, int(i)) for i in np.concatenate(chosen)[:MOST_EXAMPLES])


def _picture(held: PictureSet, index: int) -> Picture:
    pixels = held.chips[index]
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Picture(pixels, held.files[index], digest, (width, height), 1.0)
