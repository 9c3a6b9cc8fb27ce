"""What a DICOM file says of its values, and pictures whose places are told in a way of their own:
the slices in a Siemens mosaic, and the planes of a dose grid.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from plugins.volume_classification.data.dicom_slice import Slice
from plugins.volume_classification.data.units import HOUNSFIELD, OTHER

TILES, MAKER = 0x0019100A, 0x00190010
"""Private tags of Siemens: how many slices lie in a mosaic, and whose tags these are."""
MOST_TILES = 1024


def laid_out(dataset: Any, found: list[Slice]) -> list[Slice]:
    """The pictures with their places; those of a mosaic one by one."""
    first = found[0]
    offsets = plain(dataset.get("GridFrameOffsetVector"), len(found))
    if offsets and first.towards and (place := plain(dataset.get("ImagePositionPatient"), 3)):
        normal = _normal(first)
        # As from the first plane, or, where the first is not 0, as places along the body.
        offsets = [one - offsets[0] for one in offsets]
        places = (np.array(place) + offset * normal for offset in offsets)
        return [
            replace(one, place=tuple(map(float, at))) for one, at in zip(found, places, strict=True)
        ]
    many = _tiles(dataset)
    if len(found) > 1 or many < 2:
        return found
    across = math.ceil(math.sqrt(many))
    high, wide = (side // across for side in first.shape)
    if min(high, wide) < 1:
        return found
    known = first.place is not None and first.towards is not None and first.spacing is not None
    step = first.apart or 1.0
    tiles = []
    for i in range(many):
        place = None
        if known:
            # The file's place is that of a picture as large as the mosaic, with the same centre.
            along, down = np.array(first.towards[:3]), np.array(first.towards[3:])
            corner = (
                np.array(first.place)
                + along * first.spacing[1] * (first.shape[1] - wide) / 2
                + down * first.spacing[0] * (first.shape[0] - high) / 2
            )
            place = tuple(map(float, corner + i * step * _normal(first)))
        at = (i // across * high, i % across * wide)
        tiles.append(replace(first, shape=(high, wide), tile=at, place=place, number=float(i)))
    return tiles


def _tiles(dataset: Any) -> int:
    """How many slices lie in a mosaic; 0: it is none."""
    kinds = [str(part).upper() for part in dataset.get("ImageType") or ()]
    if "MOSAIC" not in kinds or TILES not in dataset:
        return 0
    value = dataset[TILES].value
    if isinstance(value, bytes):  # Without a dictionary its type is not known.
        value = int.from_bytes(value[:2], "little")
    many = plain(value, 1)
    return int(many[0]) if many and 1 < many[0] <= MOST_TILES else 0


def _normal(one: Slice) -> np.ndarray:
    normal = np.cross(one.towards[:3], one.towards[3:])
    return normal / max(float(np.linalg.norm(normal)), 1e-9)


def padding_of(dataset: Any) -> tuple[int, int] | None:
    """The stored values that stand for nothing; None: there are none."""
    value = plain(dataset.get("PixelPaddingValue"), 1)
    if value is None:
        return None
    other = plain(dataset.get("PixelPaddingRangeLimit"), 1) or value
    return int(min(value[0], other[0])), int(max(value[0], other[0]))


def units_of(dataset: Any, photometric: str) -> str:
    """Hounsfield units where it is CT with a rescale to them, as the standard wants it."""
    modality = str(dataset.get("Modality") or "").upper()
    if not modality:
        return ""
    kind = str(dataset.get("RescaleType") or "HU").upper()
    if modality == "CT" and kind == "HU" and photometric != "MONOCHROME1":
        shared = dataset.get("SharedFunctionalGroupsSequence")
        return HOUNSFIELD if "RescaleIntercept" in dataset or shared else ""
    return "" if modality == "CT" else OTHER


def plain(value: Any, count: int) -> tuple[float, ...] | None:
    """This many finite numbers; None where a tag does not hold them."""
    if value is None or isinstance(value, str):
        return None
    try:
        found = tuple(float(v) for v in value) if count > 1 else (float(value),)
    except (TypeError, ValueError):
        return None
    return found if len(found) == count and all(map(math.isfinite, found)) else None
