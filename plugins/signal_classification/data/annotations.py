"""Beats of WFDB records, cut where an annotation file (.atr) says that they lie.

The format is that of the WFDB Applications Guide (annot(5)): pairs of bytes with a code and the
time since the last one; codes from 59 on are no beats but say how to go on.
"""

from __future__ import annotations

import numpy as np

from plugins.signal_classification.errors import SignalError

BEATS = {
    1: "N normal", 2: "L left bundle branch block", 3: "R right bundle branch block",
    4: "a aberrated atrial premature", 5: "V premature ventricular contraction",
    6: "F fusion of ventricular and normal", 7: "J nodal premature", 8: "A atrial premature",
    9: "S supraventricular premature", 10: "E ventricular escape", 11: "j nodal escape",
    12: "/ paced", 13: "Q unclassifiable", 34: "e atrial escape",
    38: "f fusion of paced and normal",
}  # fmt: skip
"""Names of the codes that are beats; MIT-BIH's own letters before them."""
SKIP, NUM, SUB, CHN, AUX = 59, 60, 61, 62, 63
BEFORE, AFTER = 0.3, 0.5
"""Seconds of a beat before and after its annotation."""


def beats_in(data: bytes, where: str) -> list[tuple[int, str]]:
    """The sample and the class of each annotated beat.

    Raises:
        SignalError: The file is damaged.
    """
    words = np.frombuffer(data[: len(data) // 2 * 2], "<u2").tolist()
    at, i, found = 0, 0, []
    while i < len(words):
        code, step = words[i] >> 10, words[i] & 0x3FF
        i += 1
        if code == 0 and step == 0:
            return found
        if code == SKIP:
            if i + 1 >= len(words):
                break
            far = words[i] << 16 | words[i + 1]
            at += far - 2**32 if far >= 2**31 else far
            i += 2
        elif code == AUX:
            i += (step + 1) // 2
        elif code not in (NUM, SUB, CHN):
            at += step
            if code in BEATS:
                found.append((at, BEATS[code]))
    raise SignalError(
        "The annotation file is cut short", where=where, todo="Copy or download it again."
    )


def cut(
    signal: np.ndarray, beats: list[tuple[int, str]], rate: float
) -> tuple[list[np.ndarray], list[str]]:
    """The annotated beats of a record (channels, samples), and their classes; those at its ends
    that are not whole are left out.
    """
    before, after = round(BEFORE * rate), round(AFTER * rate)
    kept = [(at, name) for at, name in beats if before <= at <= signal.shape[1] - after]
    return [signal[:, at - before : at + after] for at, _ in kept], [name for _, name in kept]
