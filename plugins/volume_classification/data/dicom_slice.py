"""One picture of a DICOM series, before its pixels are read."""

from __future__ import annotations

from dataclasses import dataclass

PASSES = (
    "AcquisitionNumber", "EchoNumbers", "TemporalPositionIdentifier", "TriggerTime",
    "AcquisitionTime", "ContentTime",
)  # fmt: skip
"""What tells pictures apart that lie in one place, the surest first. Times are compared only."""
SAME_WAY = 0.01
"""Cosines of one direction may differ by this, about half a degree."""


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
        location: mm along some axis, where only that is said.
        passes: What tells it from others in its place, by the names in `PASSES`; "" for each that
            is not said.
        padding: Lowest and highest stored value that stand for nothing; None: there is none.
        looked_up: Whether a table gives its values (Modality LUT) instead of slope and intercept.
        tile: First row and column in the stored picture, of which it is a part.
        units: Of its values, as in `Volume`.
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
    location: float | None = None
    passes: tuple[str, ...] = ("",) * len(PASSES)
    padding: tuple[int, int] | None = None
    looked_up: bool = False
    tile: tuple[int, int] | None = None
    units: str = ""

    def beside(self, other: Slice) -> bool:
        """Whether both can be slices of one volume; directions may differ by half a degree."""
        if (self.series, self.shape) != (other.series, other.shape):
            return False
        if self.towards is None or other.towards is None:
            return self.towards is other.towards
        pairs = zip(self.towards, other.towards, strict=True)
        return all(abs(a - b) < SAME_WAY for a, b in pairs)
