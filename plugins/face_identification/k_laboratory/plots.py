"""The K laboratory as data for the page's script, and as rows for readers of JSON and of text.

Every rate is prepared here on a grid of thresholds, so that moving tau or K needs neither the
network nor the server.
"""

from __future__ import annotations

import numpy as np
from markupsafe import escape

from plugins.face_identification.k_laboratory.open_set import KCurve
from plugins.face_identification.k_laboratory.stored import UNIT, StoredKCurve
from plugins.shared.faces.distances import metric_named
from weights.messages import say


def k_lab(stored: StoredKCurve | None, tau: float, k: int, name: str) -> dict:
    """The value of the K laboratory's component.

    Args:
        stored: What is shown; None where nothing was measured.
        k: The K that is marked.
        name: The network's title, for the words where nothing was measured.
    """
    if stored is None:
        return {
            "tau": tau,
            "k": k,
            "message": escape(
                say(
                    "How the errors of {network} grow with K has not been measured with these "
                    "weights. Measure it here on your own pictures.",
                    network=say(name),
                )
            ),
        }
    curve = stored.curve
    grid = np.linspace(0, curve.taus[-1], len(curve.taus))
    return {
        "tau": tau,
        "k": k,
        "step": float(grid[1]),
        "digits": 3 if metric_named(stored.metric).step < 0.01 else 2,
        "ks": curve.ks.tolist(),
        "reach": curve.reach,
        "fmr": [float(f"{rate:.4g}") for rate in np.interp(grid, curve.taus, curve.fmr)],
        "fpir": _bands(curve.fpir, curve.taus, grid),
        "fnir": _bands(curve.fnir, curve.taus, grid),
        "rank1": [_plain(row, 5) for row in curve.rank1],
        "tau_at": [_plain(row, 4) for row in curve.tau_at],
        "source": escape(
            " ".join(
                [
                    stored.sentence,
                    say("Source: {source}.", source=say(stored.source)),
                    say("Bands: 95 % of the galleries."),
                    *_ends(curve),
                ]
            )
        ),
    }


def k_rows(stored: StoredKCurve, tau: float) -> list[dict]:
    """The errors at one threshold, one row a K; None where nothing could be measured.

    `fpir`, `fnir`, `rank1` and `tau_for_fpir_1_percent` are [mean, 2.5 %, 97.5 %] over the
    galleries; `fpir_predicted` is 1 - (1 - FMR)^K.
    """
    curve = stored.curve
    predicted = curve.predicted()
    return [
        {
            "k": int(k),
            "fpir": _at(curve.fpir[i], curve.taus, tau),
            "fpir_predicted": round(float(np.interp(tau, curve.taus, predicted[i])), 6),
            "fnir": _at(curve.fnir[i], curve.taus, tau),
            "rank1": _plain(curve.rank1[i], 6),
            "tau_for_fpir_1_percent": _plain(curve.tau_at[i], 6),
        }
        for i, k in enumerate(curve.ks)
    ]


def k_text(stored: StoredKCurve, tau: float) -> str:
    """The same as text, one line a K, for screen readers and downloads."""
    lines = [stored.sentence, say("At tau = {tau:g}:", tau=tau)]
    for row in k_rows(stored, tau):
        mean, low, high = row["tau_for_fpir_1_percent"] or (None, None, None)
        held = "not measured" if mean is None else f"{mean:.3f} ({low:.3f} – {high:.3f})"
        lines.append(
            say(
                "K = {k}: FPIR {fpir}, predicted {predicted:.2f} %; FNIR {fnir}; rank-1 {rank1}; "
                "tau for FPIR = 1 %: {held}",
                k=row["k"],
                fpir=_words(row["fpir"], "no stranger is left"),
                predicted=100 * row["fpir_predicted"],
                fnir=_words(row["fnir"], "nobody to search for"),
                rank1=_words(row["rank1"], "not measured"),
                held=say(held),
            )
        )
    return "\n".join(lines)


def _ends(curve: KCurve) -> list[str]:
    """What a reader must know about the largest galleries."""
    few = curve.faces / curve.people * (curve.people - curve.ks) < 100
    known = curve.ks[few & (curve.ks <= curve.reach)]
    words = [say("At K = {k} everybody is enrolled, so no stranger is left.", k=curve.people)]
    if len(known):
        sparse = say(
            "From K = {k} on fewer than 100 strangers' photos are left, and one gallery alone "
            "cannot show an FPIR of 1 %.",
            k=known[0],
        )
        words.insert(0, sparse)
    return words


def _bands(rates: np.ndarray, taus: np.ndarray, grid: np.ndarray) -> list:
    """(K, T, 3) rates as (K, 3, T) whole numbers of 0.01 %; None for a K without them."""
    return [
        None
        if np.isnan(row).any()
        else [np.rint(np.interp(grid, taus, end) * UNIT).astype(int).tolist() for end in row.T]
        for row in rates
    ]


def _at(row: np.ndarray, taus: np.ndarray, tau: float) -> list[float] | None:
    return _plain(np.array([np.interp(tau, taus, end) for end in row.T]), 6)


def _plain(row: np.ndarray, digits: int) -> list[float] | None:
    return None if np.isnan(row).any() else [round(float(v), digits) for v in row]


def _words(rate: list[float] | None, otherwise: str) -> str:
    if rate is None:
        return say(otherwise)
    mean, low, high = (100 * end for end in rate)
    return f"{mean:.2f} % ({low:.2f} – {high:.2f})"
