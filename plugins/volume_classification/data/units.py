"""What a volume's values are measured in: Hounsfield units, which are the same for every scanner,
or units of its own, as in MR, where only the differences within one volume mean something.
"""

from __future__ import annotations

import numpy as np

HOUNSFIELD, OTHER = "HU", "other"
"""As a file says it; "" where it does not."""
LOWEST, AIR, HIGHEST = -4096, -500, 32767
"""No scanner gives less; where there is air, there is less than this; none gives more."""


def like_hounsfield(values: np.ndarray, units: str = "") -> bool:
    """Whether values count as Hounsfield units: the file says so, or it says nothing, there is air
    and nothing is beyond what a scanner gives.
    """
    if units:
        return units == HOUNSFIELD
    low, high = float(values.min()), float(values.max())
    return LOWEST <= low <= AIR and 0 < high <= HIGHEST


def all_like_hounsfield(values: np.ndarray, units: str = "") -> bool:
    """The same for every one of volumes (N, ...)."""
    return all(like_hounsfield(one, units) for one in values)
