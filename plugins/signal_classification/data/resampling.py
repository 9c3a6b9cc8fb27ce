"""Signals without gaps, and with another number of samples."""

from __future__ import annotations

import numpy as np

HALF_WIDTH = 4
"""Samples of the result that the filter before condensing reaches to either side."""


def filled(one: np.ndarray) -> np.ndarray:
    """A signal (channels, length) with its gaps bridged by straight lines; beyond its first and
    last value it stays level, and a channel without any value is 0.
    """
    missing = np.isnan(one)
    if not missing.any():
        return one
    places, result = np.arange(one.shape[1]), one.copy()
    for channel, gone in enumerate(missing):
        if gone.all():
            result[channel] = 0
        elif gone.any():
            result[channel, gone] = np.interp(places[gone], places[~gone], one[channel, ~gone])
    return result


def resampled(one: np.ndarray, length: int) -> np.ndarray:
    """A signal (channels, any length) with `length` samples, first on first and last on last.

    What is condensed passes a low-pass filter first (a sinc in a Hann window, its edge at the new
    Nyquist frequency), so that nothing fine turns up as something coarse.
    """
    old = one.shape[1]
    if old == length:
        return one
    if old > length:
        one = _low_passed(one, old / length)
    places = np.linspace(0, old - 1, length)
    return np.stack([np.interp(places, np.arange(old), channel) for channel in one])


def _low_passed(one: np.ndarray, times: float) -> np.ndarray:
    from scipy.signal import oaconvolve

    reach = int(np.ceil(HALF_WIDTH * times))
    taps = np.arange(-reach, reach + 1)
    kernel = np.sinc(taps / times) * np.hanning(len(taps) + 2)[1:-1]
    kernel /= kernel.sum()
    # Turned about its ends: beyond them it goes on as steeply as it came.
    wide = np.pad(one, ((0, 0), (reach, reach)), mode="reflect", reflect_type="odd")
    return oaconvolve(wide, kernel[None], mode="valid", axes=1)
