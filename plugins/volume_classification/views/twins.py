"""A phantom and its twin side by side: one central slice, the cuts along the axis of the spot that
differ, and what each network says of either. HTML text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from PIL import Image

from plugins.shared.page.plots import percent
from plugins.volume_classification.views.html import Verdict
from plugins.volume_classification.views.viewer_data import webp
from weights.messages import say

SIDE = 192
"""Pixels of a picture."""
CUTS = ("central slice", "cut along the spot, seen from the front", "seen from the side")
WHY = (
    "Both have the same central slice, voxel for voxel. Whatever a 2-D network says of one it says "
    "of the other, so it is wrong about one of the two, however long it learns. What tells them "
    "apart lies above and below."
)


def twins(
    pair: Sequence[tuple[np.ndarray, str, Sequence[Verdict]]],
    axis: np.ndarray,
    window: tuple[float, float],
) -> Markup:
    """Two phantoms with one central slice.

    Args:
        pair: Of each the values (depth, height, width), the class, and what the networks say.
        axis: (depth, 2): where the spot is in each slice, (y, x).
        window: Values shown black and white.
    """
    shown = Markup().join(_one(*one, axis, window) for one in pair)
    return Markup(
        '<section class="vc-twins" aria-label="{}"><div>{}</div><p>{}</p></section>'
    ).format(say("The phantom and its twin"), shown, WHY)


def _one(
    values: np.ndarray,
    truth: str,
    verdicts: Sequence[Verdict],
    axis: np.ndarray,
    window: tuple[float, float],
) -> Markup:
    pictures = Markup().join(
        Markup('<figure><img src="{}" alt=""><figcaption>{}</figcaption></figure>').format(
            _picture(cut, window), name
        )
        for cut, name in zip(cuts(values, axis), CUTS, strict=True)
    )
    answers = Markup().join(_answer(one, truth) for one in verdicts)
    return Markup("<article><h3>{}</h3><div>{}</div><ul>{}</ul></article>").format(
        say("A {truth}", truth=say(truth)), pictures, answers
    )


def _answer(one: Verdict, truth: str) -> Markup:
    right = one.answer == truth
    kind, mark = ("is-right", "✓ right") if right else ("is-wrong", "✗ wrong")
    return Markup('<li><b>{}</b> <span>{}</span> <i class="vc-mark {}">{}</i></li>').format(
        one.name,
        say(
            "{answer}, {share}",
            answer=say(one.answer),
            share=percent(max(one.probabilities)),
        ),
        kind,
        mark,
    )


def cuts(values: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The central slice, and the two cuts along an axis, head up: what lies beside it to the left
    and right, and to the front and back.
    """
    deep = np.arange(len(values))
    down, across = np.clip(np.rint(axis).astype(int), 0, values.shape[1] - 1).T
    return values[len(values) // 2], values[deep, down][::-1], values[deep, :, across][::-1]


def _picture(cut: np.ndarray, window: tuple[float, float]) -> str:
    low, high = window
    grey = (np.clip((cut - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    return webp(np.asarray(Image.fromarray(grey).resize((SIDE, SIDE), Image.BICUBIC)), False)
