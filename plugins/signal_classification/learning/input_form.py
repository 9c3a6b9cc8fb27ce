"""The one form in which a network takes signals: channels, length and scale.

It is found on the training signals and then kept: whatever is classified later gets the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from plugins.signal_classification.data.resampling import filled, resampled
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.errors import SignalError
from weights.messages import say

LEAST, MOST = 16, 1024
"""Samples that a network is given: shorter signals are stretched, longer ones are condensed."""
LONG = 2
"""Times as long as the longest training signal, from where on a signal is cut."""
FLAT = 1e-6
"""A signal that varies by less than this share of its size is constant."""
SCALES = {
    "each": "each signal has mean 0 and standard deviation 1",
    "set": "the training signals together have mean 0 and standard deviation 1, so that a strong "
    "signal stays strong",
    "none": "as it is",
}


@dataclass(frozen=True)
class Form:
    """What a network takes in.

    Attributes:
        channels: Of a signal.
        length: Samples of a signal.
        scale: A key of `SCALES`.
        mean, deviation: Of each channel over the training signals, where `scale` is `set`.
        natural: Samples of the longest training signal, as it was brought; 0: not known.
    """

    channels: int
    length: int
    scale: str = "each"
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    natural: int = 0

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            what = say("There is no scale called {scale}", scale=repr(self.scale))
            raise SignalError(
                what, where="scale", todo=say("Choose one of: {scales}.", scales=", ".join(SCALES))
            )
        for name, most in (("channels", 4096), ("length", 1_000_000)):
            value = getattr(self, name)
            if not isinstance(value, int) or not 1 <= value <= most:
                todo = say("Give a whole number from 1 to {most:,}.", most=most)
                raise SignalError(say("It is {value}", value=repr(value)), where=name, todo=todo)

    def is_long(self, samples: int) -> bool:
        """Whether a signal is so long that it holds several such as were trained on."""
        return samples > LONG * (self.natural or self.length)

    def plain(self) -> dict:
        """As plain values; `Form(**values)` reads them."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    def apply(
        self, series: Sequence[np.ndarray], names: Sequence[str] = ()
    ) -> tuple[np.ndarray, tuple[str, ...]]:
        """Signals in this form, (N, channels, length) float32, and what was done to them.

        Args:
            series: Each (channels, any length); NaN are gaps.
            names: Of the signals, for errors.

        Raises:
            SignalError: One has other channels.
        """
        names = names or tuple(f"signal {i + 1}" for i in range(len(series)))
        result = np.empty((len(series), self.channels, self.length), np.float32)
        gaps = silent = constant = 0
        for i, (name, one) in enumerate(zip(names, series, strict=True)):
            if len(one) != self.channels:
                what = say(
                    "It has {value} channels, and the network takes {channels}",
                    value=len(one),
                    channels=self.channels,
                )
                raise SignalError(what, where=name, todo="Bring signals with the same channels.")
            missing = np.isnan(one)
            silent += bool(missing.all(1).any())
            gaps += bool((missing.any(1) & ~missing.all(1)).any())
            even = resampled(filled(np.asarray(one, np.float64)), self.length)
            constant += bool(_constant(even).all())
            result[i] = self._scaled(even)
        return result, self._notes(series, gaps, silent, constant)

    def _scaled(self, one: np.ndarray) -> np.ndarray:
        if self.scale == "none":
            return one
        if self.scale == "set":
            return (one - np.array(self.mean)[:, None]) / np.array(self.deviation)[:, None]
        centred = one - one.mean(1, keepdims=True)
        deviation = np.where(_constant(one), 1, one.std(1))
        return np.where(_constant(one)[:, None], 0, centred / deviation[:, None])

    def _notes(
        self, series: Sequence[np.ndarray], gaps: int, silent: int, constant: int
    ) -> tuple[str, ...]:
        notes = []
        lengths = np.array([one.shape[1] for one in series])
        if (shorter := int((lengths < self.length).sum())) > 0:
            notes.append(
                say(
                    "{n:,} signals were stretched to {length} samples (the shortest has "
                    "{lengths:,}).",
                    one="One signal was stretched to {length} samples (it has {lengths:,}).",
                    n=shorter,
                    length=self.length,
                    lengths=lengths.min(),
                )
            )
        if (longer := int((lengths > self.length).sum())) > 0:
            notes.append(
                say(
                    "{n:,} signals were condensed to {length} samples, after a low-pass filter "
                    "(the longest has {lengths:,}); anything finer is lost.",
                    one="One signal was condensed to {length} samples, after a low-pass filter (it "
                    "has {lengths:,}); anything finer is lost.",
                    n=longer,
                    length=self.length,
                    lengths=lengths.max(),
                )
            )
        if gaps:
            notes.append(
                say("Gaps in {signals} were filled with straight lines.", signals=_signals(gaps))
            )
        if silent:
            notes.append(
                say(
                    "In {signals} a channel has no value; it counts as 0.", signals=_signals(silent)
                )
            )
        if constant:
            notes.append(
                say(
                    "{n:,} signals are constant: nothing in them can be told apart.",
                    one="One signal is constant: nothing in it can be told apart.",
                    n=constant,
                )
            )
        return tuple(notes)


def form_of(signals: SignalSet, scale: str = "", length: int = 0) -> Form:
    """The form for a set.

    Args:
        signals: Those that are trained on.
        scale: A key of `SCALES`; "": `each` for one channel, `set` for several, whose strengths
            belong together.
        length: Samples; 0: of the longest signal, within `LEAST` and `MOST`.
    """
    longest = int(np.clip(signals.lengths.max(), LEAST, MOST))
    kind, natural = scale or ("each", "set")[signals.channels > 1], int(signals.lengths.max())
    form = Form(signals.channels, length or longest, kind, natural=natural)
    if form.scale != "set":
        return form
    whole, _ = replace(form, scale="none").apply(signals.series, signals.names)
    mean = whole.mean((0, 2), dtype=np.float64)
    deviation = whole.std((0, 2), dtype=np.float64)
    deviation = np.where(deviation > FLAT * (1 + np.abs(mean)), deviation, 1)
    return replace(form, mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()))


def _constant(one: np.ndarray) -> np.ndarray:
    """(channels,) whether each varies by less than rounding would make it."""
    return one.std(1) <= FLAT * (np.abs(one).max(1) + 1e-12)


def _signals(count: int) -> str:
    return say("one signal") if count == 1 else say("{count:,} signals", count=count)
