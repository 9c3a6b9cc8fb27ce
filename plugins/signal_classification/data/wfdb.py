"""Records in the format of the WaveForm DataBase (PhysioNet): a header (.hea) and samples (.dat).

Written from the format's description (signal(5) and header(5) of the WFDB Applications Guide).
Formats 16, 24, 32, 61, 80 and 212 are read, which nearly all records of PhysioNet are in, and
records of several segments. The package `wfdb` reads more (FLAC), but brings a web client and a
sound library along.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from plugins.signal_classification.errors import SignalError
from weights.messages import say

GAIN = 200.0
"""Units of the converter a physical unit, where a header does not say."""
INVALID = {16: -32768, 24: -(2**23), 32: -(2**31), 61: -32768, 80: -128, 212: -2048}
"""The sample that stands for no value."""
TODO = "Bring the .hea file and the .dat file that it names, unchanged, in one folder."


@dataclass(frozen=True)
class Lead:
    """One line of a header: a signal in a file."""

    file: str
    format: int
    skip: int
    gain: float
    baseline: float
    skew: int
    name: str


def read_record(
    header: bytes, sibling: Callable[[str], bytes], where: str
) -> tuple[np.ndarray, tuple[str, ...], float]:
    """A record as (channels, samples) float32 in physical units, its channels, and its rate in Hz.

    Args:
        header: The .hea file.
        sibling: Gives a file in the header's folder by name, or raises SignalError.

    Raises:
        SignalError: The header is damaged, says what is not read here, or a file is missing or
            cut short.
    """
    lines = [line.strip() for line in header.decode("latin-1").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    words = lines[0].split() if lines else []
    if len(words) < 2 or not words[1].isdigit():
        raise SignalError("The header's first line is damaged", where=where, todo=TODO)
    if "/" in words[0]:
        return _segments(lines, sibling, where)
    count = int(words[1])
    if not 1 <= count <= 4096 or len(lines) <= count:
        what = say(
            "The header announces {count} signals and describes {lines}",
            count=count,
            lines=len(lines) - 1,
        )
        raise SignalError(what, where=where, todo=TODO)
    rate = re.match(r"[\d.]+", words[2]) if len(words) > 2 else None
    samples = int(words[3]) if len(words) > 3 and words[3].isdigit() else 0
    leads = [_lead(line, where) for line in lines[1 : count + 1]]
    rows: list[np.ndarray] = []
    while len(rows) < count:  # Leads of one file stand together in the header.
        first = leads[len(rows)]
        group = [lead for lead in leads[len(rows) :] if lead.file == first.file]
        raw = _samples(
            sibling(first.file),
            first,
            len(group),
            samples,
            say("{file} of {where}", file=first.file, where=where),
        )
        for lead, numbers in zip(group, raw, strict=True):
            values = (numbers - lead.baseline) / lead.gain
            values = np.where(numbers == INVALID[lead.format], np.nan, values)
            # A lead with skew was stored so many samples late.
            rows.append(
                np.append(values[lead.skew :], np.full(min(lead.skew, len(values)), np.nan))
            )
    if len({len(row) for row in rows}) > 1:
        raise SignalError("Its files are of different lengths", where=where, todo=TODO)
    names = tuple(lead.name or f"channel {i + 1}" for i, lead in enumerate(leads))
    return np.stack(rows).astype(np.float32), names, float(rate.group()) if rate else 250.0


def _segments(
    lines: list[str], sibling: Callable[[str], bytes], where: str
) -> tuple[np.ndarray, tuple[str, ...], float]:
    """A record of several segments, one after another; a segment `~` is a gap. Leads are joined by
    name, and one that a segment lacks is a gap there.
    """
    rate = float(found.group()) if (found := re.match(r"[\d.]+", lines[0].split()[2])) else 250.0
    names: list[str] = []
    parts: list[tuple[np.ndarray, tuple[str, ...], int]] = []
    for line in lines[1:]:
        words = line.split()
        if len(words) < 2 or not words[1].isdigit():
            raise SignalError("A line of the header is damaged", where=where, todo=TODO)
        name, samples = words[0], int(words[1])
        if not samples:  # It only lays out which leads there may be.
            continue
        if name == "~":
            parts.append((np.empty((0, samples), np.float32), (), samples))
            continue
        if PurePosixPath(name).name != name or "\\" in name or name == "..":
            what = "The header names a file that lies elsewhere"
            raise SignalError(what, where=where, todo=TODO)
        header = sibling(f"{name}.hea")
        if b"/" in header.split(maxsplit=1)[0]:
            raise SignalError("A segment has segments of its own", where=where, todo=TODO)
        signal, its, _ = read_record(header, sibling, f"{name}.hea")
        parts.append((signal, its, signal.shape[1]))
        names += [one for one in its if one not in names]
    if not names:
        raise SignalError("None of its segments has a signal", where=where, todo=TODO)
    whole = np.full((len(names), sum(count for *_, count in parts)), np.nan, np.float32)
    at = 0
    for signal, its, count in parts:
        for row, name in zip(signal, its, strict=True):
            whole[names.index(name), at : at + count] = row
        at += count
    return whole, tuple(names), rate


def _lead(line: str, where: str) -> Lead:
    words = re.sub(r"\s+\(", "(", line).split(maxsplit=8)
    spelled = (
        re.fullmatch(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?", words[1]) if words[1:] else None
    )
    if not spelled:
        raise SignalError("A line of the header is damaged", where=where, todo=TODO)
    kind, frames, skew, skip = (
        int(part or default) for part, default in zip(spelled.groups(), (0, 1, 0, 0), strict=True)
    )
    if kind not in INVALID or frames != 1:
        what = say(
            "Its samples are in format {words}; formats 16, 24, 32, 61, 80 and 212 are read here",
            words=words[1],
        )
        raise SignalError(what, where=where, todo="Convert it, or bring it as CSV.")
    name = words[0]
    if PurePosixPath(name).name != name or "\\" in name or name in ("-", "~", ".."):
        what = "The header names a file that lies elsewhere"
        raise SignalError(what, where=where, todo=TODO)
    number = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    scale = re.match(rf"({number})?(?:\(({number})\))?", words[2] if len(words) > 2 else "")
    gain = float(scale.group(1) or 0) or GAIN
    zero = float(words[4]) if len(words) > 4 and re.fullmatch(r"[-+]?\d+", words[4]) else 0.0
    baseline = float(scale.group(2)) if scale.group(2) else zero
    return Lead(name, kind, skip, gain, baseline, skew, words[8] if len(words) > 8 else "")


def _samples(data: bytes, lead: Lead, channels: int, samples: int, where: str) -> np.ndarray:
    """(channels, samples) as the converter gave them."""
    data = data[lead.skip :]
    if lead.format == 16:
        numbers = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float64)
    elif lead.format == 61:
        numbers = np.frombuffer(data[: len(data) // 2 * 2], ">i2").astype(np.float64)
    elif lead.format == 32:
        numbers = np.frombuffer(data[: len(data) // 4 * 4], "<i4").astype(np.float64)
    elif lead.format == 24:
        parts = np.frombuffer(data[: len(data) // 3 * 3], np.uint8).reshape(-1, 3).astype(np.int32)
        numbers = parts @ np.array([1, 2**8, 2**16], np.int32)
        numbers = np.where(numbers >= 2**23, numbers - 2**24, numbers).astype(np.float64)
    elif lead.format == 80:  # Offset binary: 128 is zero.
        numbers = np.frombuffer(data, np.uint8).astype(np.float64) - 128
    else:
        numbers = _pairs(data)
    have = len(numbers) // channels
    if have < max(samples, 1):
        what = say(
            "The file is cut short: {have:,} of {samples:,} samples are there",
            have=have,
            samples=samples,
        )
        raise SignalError(what, where=where, todo=TODO)
    return numbers[: (samples or have) * channels].reshape(-1, channels).T


def _pairs(data: bytes) -> np.ndarray:
    """Format 212: two samples of 12 bits in three bytes; the middle one holds both high parts."""
    odd = len(data) % 3 == 2  # A last sample may stand alone in two bytes.
    data = data[: len(data) // 3 * 3] if not odd else data + b"\0"
    low, middle, high = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32).T
    pairs = np.stack([low | (middle & 0x0F) << 8, high | (middle & 0xF0) << 4], 1)
    numbers = np.where(pairs > 2047, pairs - 4096, pairs).reshape(-1).astype(np.float64)
    return numbers[:-1] if odd else numbers
