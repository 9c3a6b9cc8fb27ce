"""One frame of the theatre, put together from a run: what the page redraws several times a second,
and what it shows at the end.
"""

from __future__ import annotations

import math
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.triplet_finetuning.training.projection import SIDE, into_map, to_scale
from plugins.triplet_finetuning.views.anchor_plane import plane
from plugins.triplet_finetuning.views.contact_sheet import Sheet
from plugins.triplet_finetuning.views.curves import plots
from plugins.triplet_finetuning.views.encoding_map import encoding_map
from plugins.triplet_finetuning.views.status import DONE, PAUSED, RUNNING, STOPPED, status
from plugins.triplet_finetuning.views.triplet_cards import formula, triplets
from weights.messages import say

if TYPE_CHECKING:
    from plugins.triplet_finetuning.recorded import Recorded
    from plugins.triplet_finetuning.training.run import Run, Track
    from plugins.triplet_finetuning.views.moment import Moment

    Seen = Run | Recorded | Moment

TITLES = {"pca": "PCA", "tsne": "t-SNE"} | ({"umap": "UMAP"} if find_spec("umap") else {})
LEAST = 6
"""Fewer pictures than this have no neighbourhoods to keep: PCA draws them."""


def frame(run: Seen, over: bool = False) -> dict[str, str]:
    """All parts of a frame by name."""
    track, settings = run.track, run.settings
    scene, margin = track.scene, settings.margin
    first = scene.hardest[0] if scene and scene.hardest else None
    runs = {mining: one.steps for mining, one in run.tracks.items()}
    return {
        "status": _status(run, over),
        "formula": formula(settings, first),
        "triplets": triplets(scene, run.pictures, margin, run.followed),
        "plane": plane(scene, run.pictures, margin),
        "map": _map(run, track),
        "plots": plots(runs, settings, run.best),
    }


def _status(run: Seen, over: bool) -> str:
    steps, last = run.track.steps, run.learnt
    state = PAUSED if run.paused else RUNNING
    if over:
        state = DONE if last >= run.settings.steps else STOPPED
    pace = last / steps[-1].seconds if steps and steps[-1].seconds else math.nan
    warning = steps[-1].warning if steps else ""
    best = run.best if last else None
    return status(last, run.settings.steps, state, run.remaining, pace, best, warning)


def _map(run: Seen, track: Track) -> str:
    """The held-out pictures on their two main directions, to scale, turned so that they move little
    from look to look.
    """
    if not track.looks:
        return ""
    held, shown = run.held_out, run.shown
    if run.thumbs is None:
        run.thumbs = Sheet.of(held.chips[shown], range(len(shown)))
    words = say(
        "Never trained on: {names} identities, {shown} pictures. To scale: an encoding has length "
        "1, the map is {side:g} wide",
        names=len(held.names),
        shown=len(shown),
        side=SIDE,
    )
    flat = to_scale(track.looks[-1].points)
    return encoding_map(flat, held.labels[shown], held.called, run.thumbs, words, scale=0.5)


def map_by(run: Seen, method: str) -> str:
    """The map by another method: `pca`, `tsne` (van der Maaten and Hinton 2008), or `umap` where it
    is installed.
    """
    track = run.track
    if method == "pca" or track.map is None or len(track.map) < LEAST:
        return _map(run, track)
    flat = into_map(embedded(track.map, method))
    held, shown = run.held_out, run.shown
    words = say(
        "{titles}: near pictures stay near; far distances mean little", titles=TITLES[method]
    )
    return encoding_map(flat, held.labels[shown], held.called, run.thumbs, words)


def embedded(encodings: np.ndarray, method: str) -> np.ndarray:
    """(N, 128) encodings as (N, 2), by neighbourhoods; the same seed gives the same map."""
    if method == "umap":
        import umap

        near = min(15, len(encodings) - 1)
        return umap.UMAP(n_neighbors=near, random_state=0).fit_transform(encodings)
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(encodings) - 1) / 3)
    return TSNE(2, perplexity=perplexity, init="pca", random_state=0).fit_transform(encodings)


def said(words: str) -> Markup:
    """A line for the page."""
    return Markup('<p class="pv-model">{}</p>').format(words)


def link(url: str) -> Markup:
    """An address to go to."""
    return Markup('<p class="pv-model">It lies at <a href="{url}">{url}</a></p>').format(url=url)
