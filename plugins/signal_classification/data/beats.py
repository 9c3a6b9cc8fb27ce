"""Long recordings for networks that know short signals: beats of an ECG, or windows.

The detector is Pan and Tompkins' in its plain form ("A Real-Time QRS Detection Algorithm", 1985):
a band-pass, the squared slope, a moving mean, peaks of it. `neurokit2` and `wfdb` have better ones,
and bring pandas models, plots and a web client along; a clean strip needs no more than this.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

BAND = (5.0, 20.0)
"""Hertz in which a QRS complex stands out."""
MEAN, APART, NEAR = 0.12, 0.25, 0.1
"""Seconds: of the moving mean, least between two beats, and from a peak of it to the complex."""
SHARE = 0.15
"""Of the usual peak's height that a peak must have."""
PULSE = 0.8
"""Seconds that a beat is taken to last where no rate is told."""
BEFORE = 0.035
"""Of a beat, by which it begins before its largest deflection, as ECG5000's do."""
FEWEST = 3


@dataclass(frozen=True, eq=False)
class Strip:
    """A recording that was cut, to be drawn whole.

    Attributes:
        signal: (samples,) its first channel.
        rate: Samples a second; 0: not known.
        pieces: (N, 2) first sample, and the one after the last, of each piece.
        marks: (N,) the sample that each piece is named at.
        beats: Whether the pieces are beats.
    """

    signal: np.ndarray = field(repr=False)
    rate: float
    pieces: np.ndarray = field(repr=False)
    marks: np.ndarray = field(repr=False)
    beats: bool


def peaks(signal: np.ndarray, rate: float) -> np.ndarray:
    """The largest deflection of each QRS complex, in samples, rising.

    Args:
        signal: (samples,) without gaps.
        rate: Samples a second, 40 at least.
    """
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import butter, find_peaks, sosfiltfilt

    high = min(BAND[1], 0.45 * rate)
    if len(signal) < 2 * rate or high <= BAND[0]:
        return np.empty(0, int)
    band = butter(2, (BAND[0], high), "bandpass", fs=rate, output="sos")
    sharp = sosfiltfilt(band, signal - signal.mean())
    power = uniform_filter1d(np.gradient(sharp) ** 2, max(1, round(MEAN * rate)))
    tops, _ = find_peaks(power, distance=max(1, round(APART * rate)))
    seconds = max(1, int(2 * rate))
    usual = np.median([part.max() for part in np.array_split(power, max(1, len(power) // seconds))])
    tops = tops[power[tops] >= SHARE * usual]
    reach = max(1, round(NEAR * rate))
    found = []
    for top in tops:
        first = max(0, top - reach)
        found.append(first + int(np.abs(sharp[first : top + reach + 1]).argmax()))
    return np.unique(found).astype(int)


def guessed_rate(signal: np.ndarray) -> float:
    """A rate at which the signal's rhythm is that of a heart; 0: it has none."""
    steep = np.gradient(signal - signal.mean()) ** 2
    steep = steep - steep.mean()
    power = np.abs(np.fft.rfft(steep, 2 * len(steep))) ** 2
    alike = np.fft.irfft(power)[: len(steep) // 3]
    least = 24
    if len(alike) <= least or alike[0] <= 0:
        return 0.0
    again = least + int(alike[least:].argmax())
    return again / PULSE if alike[again] > 0.2 * alike[0] else 0.0


def beats_of(signal: np.ndarray, rate: float) -> Strip | None:
    """A strip (channels, samples) as beats, each from just before its complex to the next one;
    None: fewer than `FEWEST` are found.
    """
    lead = signal[0]
    rate = rate or guessed_rate(lead)
    found = peaks(lead, rate) if rate else np.empty(0, int)
    if len(found) < FEWEST + 1:
        return None
    lasting = np.diff(found)
    starts = found[:-1] - np.round(BEFORE * lasting).astype(int)
    ends = starts + lasting
    kept = (starts >= 0) & (ends <= len(lead)) & (lasting < 3 * np.median(lasting))
    pieces = np.stack([starts, ends], 1)[kept]
    return Strip(lead, rate, pieces, found[:-1][kept], True)


def windows_of(signal: np.ndarray, length: int, rate: float) -> Strip:
    """A recording (channels, samples) as windows of one length; the last one ends where it ends."""
    total = signal.shape[1]
    starts = np.arange(0, total - length + 1, length)
    if starts[-1] + length < total:
        starts = np.append(starts, total - length)
    pieces = np.stack([starts, starts + length], 1)
    return Strip(signal[0], rate, pieces, starts + length // 2, False)
