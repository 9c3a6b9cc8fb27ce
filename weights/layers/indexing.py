"""Where two dimensions of a tensor go when it is viewed or indexed."""

from __future__ import annotations

import math
from typing import Any

Steps = tuple[tuple[int, int], tuple[int, int]]


def viewed(
    before: tuple[int, ...], after: tuple[int, ...], axes: tuple[int, int]
) -> tuple[int, int] | None:
    """The dimensions under which a view has the same two axes; None: it merged or split them.

    Args:
        before, after: The shapes. Numbers keep their order in a view, so an axis is the same where
            as many numbers as before come ahead of it, and it has the same length.
    """
    found = []
    for axis in axes:
        ahead = math.prod(before[:axis])
        places = [
            i
            for i, length in enumerate(after)
            if length == before[axis] and math.prod(after[:i]) == ahead and i not in found
        ]
        if not places:
            return None
        # Of equal places, which only axes of length 1 have, the one that keeps the distance from
        # the end.
        found.append(min(places, key=lambda i: abs((len(after) - i) - (len(before) - axis))))
    return found[0], found[1]


def indexed(
    shape: tuple[int, ...], index: Any, axes: tuple[int, int]
) -> tuple[tuple[int, int], Steps] | None:
    """The two axes after `tensor[index]`, and (start, step) of what was taken along each.

    None: an axis is gone, or it was indexed with something other than a slice.
    """
    items = list(index) if isinstance(index, tuple) else [index]
    if any(not (i is None or i is Ellipsis or isinstance(i, (int, slice))) for i in items):
        return None
    taken = sum(i is not None and i is not Ellipsis for i in items)
    rest = [slice(None)] * (len(shape) - taken)
    at = items.index(Ellipsis) if Ellipsis in items else len(items)
    items = items[:at] + rest + items[at + 1 :]
    places, steps, here, there = {}, {}, 0, 0
    for item in items:
        if item is None:
            there += 1
        elif isinstance(item, slice):
            start, _, step = item.indices(shape[here])
            places[here], steps[here] = there, (start, step)
            here, there = here + 1, there + 1
        else:
            here += 1
    if any(axis not in places for axis in axes):
        return None
    first, second = axes
    return (places[first], places[second]), (steps[first], steps[second])
