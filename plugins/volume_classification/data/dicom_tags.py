"""What is read of a DICOM file: its picture and where that lies. Nothing else is looked at.

A DICOM file says who the patient is in dozens of places. So only the tags in `TAGS` are read, the
data set is dropped at once, and pydicom is kept from logging and warning, since its messages may
hold values.
"""

from __future__ import annotations

import io
import logging
import math
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from plugins.volume_classification.data.assembly import MOST_SIDE

PLACES = (
    "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "ImagerPixelSpacing",
    "SpacingBetweenSlices", "SliceThickness", "InstanceNumber", "RescaleSlope", "RescaleIntercept",
)  # fmt: skip
PIXELS = (
    "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration",
)  # fmt: skip
FRAMES = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
TAGS = ("SeriesInstanceUID", "ImageType", *PLACES, *PIXELS, *FRAMES)
DEFLATED = b"1.2.840.10008.1.2.1.99"
GROUPS = {
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "ImagePositionPatient": "PlanePositionSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "SpacingBetweenSlices": "PixelMeasuresSequence",
    "SliceThickness": "PixelMeasuresSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
}
"""Where a file of many frames keeps what others keep in front."""
NO_PICTURE, SURVEY, COLOUR, PACKED = "no picture", "survey", "colour", "packed"
MOST_FRAMES = 5000

OWN = "pydicom."
_lock = threading.Lock()


@dataclass(frozen=True)
class Slice:
    """One picture of a series.

    Attributes:
        piece: Which file. `frame`: which of its pictures.
        series: Which series, counted from 0 as they come up.
        shape: Rows and columns.
        towards: Six cosines: along a row, along a column; to the patient's left, back and head.
        place: mm, of the first voxel, so directed; None where it is not said.
        spacing: mm between rows and between columns; None where it is not said.
        apart: mm between slices or their thickness; None where it is not said.
        number: Its number in the series; None where it is not said.
        scale: Slope and intercept of the values.
        inverted: Whether its lowest value is white.
        signed: Whether stored values may be below zero. `bits`: how many each has.
        syntax: UID of the transfer syntax.
    """

    piece: int
    frame: int
    series: int
    shape: tuple[int, int]
    towards: tuple[float, ...] | None
    place: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    apart: float | None
    number: float | None
    scale: tuple[float, float]
    inverted: bool
    signed: bool
    bits: int
    syntax: str

    @property
    def group(self) -> tuple:
        """What pictures of one volume have in common."""
        towards = self.towards and tuple(round(t, 2) + 0.0 for t in self.towards)
        return self.series, self.shape, towards


def slices_of(data: bytes, piece: int, known: dict[str, int]) -> list[Slice] | str:
    """The pictures of a file, or why it has none: NO_PICTURE, SURVEY, COLOUR or PACKED.

    Args:
        piece: Which file it is.
        known: Series by UID; new ones are added.
    """
    if DEFLATED in data:  # pydicom would unpack it whole, however large it is.
        return PACKED
    with quiet() as pydicom:
        try:
            dataset = pydicom.dcmread(
                io.BytesIO(data), force=True, stop_before_pixels=True, specific_tags=list(TAGS)
            )
            return _slices(dataset, piece, known)
        except Exception:  # Whatever a damaged file brings up; its message may hold values.
            return NO_PICTURE


@contextmanager
def quiet() -> Iterator[Any]:
    """pydicom, while its messages go nowhere."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pydicom
        import pydicom.pixels

        names = ["pydicom", *(n for n in logging.root.manager.loggerDict if n.startswith(OWN))]
        loggers = [one for one in map(logging.getLogger, names) if not one.disabled]
        try:
            for one in loggers:
                one.disabled = True
            yield pydicom
        finally:
            for one in loggers:
                one.disabled = False


def _slices(dataset: Any, piece: int, known: dict[str, int]) -> list[Slice] | str:
    shape = (int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0))
    if min(shape) < 1 or max(shape) > MOST_SIDE:
        return NO_PICTURE
    if "LOCALIZER" in [str(part).upper() for part in dataset.get("ImageType") or ()]:
        return SURVEY
    photometric = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    if int(dataset.get("SamplesPerPixel") or 1) != 1 or not photometric.startswith("MONOCHROME"):
        return COLOUR
    series = known.setdefault(str(dataset.get("SeriesInstanceUID") or ""), len(known))
    many = min(int(dataset.get("NumberOfFrames") or 1), MOST_FRAMES)
    syntax = str(getattr(dataset.file_meta, "TransferSyntaxUID", "")) or guessed(dataset)
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [None])[0]
    frames = dataset.get("PerFrameFunctionalGroupsSequence") or [None] * many
    found = []
    for frame in range(many):
        sources = (frames[frame] if frame < len(frames) else None, shared)

        def get(name: str, count: int, sources: tuple = sources) -> tuple[float, ...] | None:
            return _numbers(dataset, sources, name, count)

        place = get("ImagePositionPatient", 3)
        if many > 1 and frames[0] is None:
            place = None  # It is that of the first frame.
        apart = get("SpacingBetweenSlices", 1) or get("SliceThickness", 1)
        number = (frame,) if many > 1 else get("InstanceNumber", 1)
        slope, intercept = get("RescaleSlope", 1), get("RescaleIntercept", 1)
        found.append(
            Slice(
                piece=piece,
                frame=frame,
                series=series,
                shape=shape,
                towards=get("ImageOrientationPatient", 6),
                place=place,
                spacing=get("PixelSpacing", 2) or get("ImagerPixelSpacing", 2),
                apart=abs(apart[0]) or None if apart else None,
                number=number[0] if number else None,
                scale=((slope or (1.0,))[0] or 1.0, (intercept or (0.0,))[0]),
                inverted=photometric == "MONOCHROME1",
                signed=bool(dataset.get("PixelRepresentation")),
                bits=int(dataset.get("BitsStored") or dataset.get("BitsAllocated") or 16),
                syntax=syntax,
            )
        )
    return found


def _numbers(dataset: Any, sources: tuple, name: str, count: int) -> tuple[float, ...] | None:
    """This many finite numbers under a tag, of a frame, of all frames, or of the file."""
    for source in sources:
        group = source.get(GROUPS[name]) if source is not None and name in GROUPS else None
        if group and (found := _plain(group[0].get(name), count)):
            return found
    return _plain(dataset.get(name), count)


def _plain(value: Any, count: int) -> tuple[float, ...] | None:
    if value is None or isinstance(value, str):
        return None
    try:
        found = tuple(float(v) for v in value) if count > 1 else (float(value),)
    except (TypeError, ValueError):
        return None
    return found if len(found) == count and all(map(math.isfinite, found)) else None


def guessed(dataset: Any) -> str:
    """The transfer syntax of a file that does not say it."""
    implicit = dataset.original_encoding[0]
    return "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
