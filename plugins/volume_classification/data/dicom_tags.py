"""What is read of a DICOM file: its picture and where that lies. Nothing else is looked at.

A DICOM file says who the patient is in dozens of places. So only the tags in `TAGS` are read, the
data set is dropped at once, and pydicom is kept from logging and warning, since its messages may
hold values.
"""

from __future__ import annotations

import io
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plugins.volume_classification.data.assembly import MOST_SIDE
from plugins.volume_classification.data.dicom_layout import (
    MAKER,
    TILES,
    laid_out,
    padding_of,
    plain,
    units_of,
)
from plugins.volume_classification.data.dicom_slice import PASSES, Slice

PLACES = (
    "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "ImagerPixelSpacing",
    "SpacingBetweenSlices", "SliceThickness", "InstanceNumber", "RescaleSlope", "RescaleIntercept",
    "SliceLocation", "GridFrameOffsetVector", "DoseGridScaling",
)  # fmt: skip
PIXELS = (
    "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration",
)  # fmt: skip
FRAMES = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
VALUES = ("Modality", "RescaleType", "ModalityLUTSequence", "PixelPaddingValue",
          "PixelPaddingRangeLimit")  # fmt: skip
TAGS = (
    "SeriesInstanceUID", "ImageType", *PLACES, *PIXELS, *FRAMES, *PASSES, *VALUES, TILES, MAKER,
)  # fmt: skip
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
    common = {
        "series": series,
        "inverted": photometric == "MONOCHROME1",
        "signed": bool(dataset.get("PixelRepresentation")),
        "bits": int(dataset.get("BitsStored") or dataset.get("BitsAllocated") or 16),
        "syntax": syntax,
        "passes": tuple(str(dataset.get(name) or "")[:64] for name in PASSES),
        "padding": padding_of(dataset),
        "looked_up": bool(dataset.get("ModalityLUTSequence")),
        "units": units_of(dataset, photometric),
    }
    dose = plain(dataset.get("DoseGridScaling"), 1)
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
        scale = (slope or (1.0,))[0] or 1.0, (intercept or (0.0,))[0]
        found.append(
            Slice(
                piece=piece,
                frame=frame,
                shape=shape,
                towards=get("ImageOrientationPatient", 6),
                place=place,
                spacing=get("PixelSpacing", 2) or get("ImagerPixelSpacing", 2),
                apart=abs(apart[0]) or None if apart else None,
                number=number[0] if number else None,
                scale=(dose[0], 0.0) if dose else scale,
                location=(get("SliceLocation", 1) or (None,))[0] if many == 1 else None,
                **common,
            )
        )
    return laid_out(dataset, found)


def _numbers(dataset: Any, sources: tuple, name: str, count: int) -> tuple[float, ...] | None:
    """This many finite numbers under a tag, of a frame, of all frames, or of the file."""
    for source in sources:
        group = source.get(GROUPS[name]) if source is not None and name in GROUPS else None
        if group and (found := plain(group[0].get(name), count)):
            return found
    return plain(dataset.get(name), count)


def guessed(dataset: Any) -> str:
    """The transfer syntax of a file that does not say it."""
    implicit = dataset.original_encoding[0]
    return "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
