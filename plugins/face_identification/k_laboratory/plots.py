"""The K laboratory as data for the page's script, and as rows for readers of JSON and of text.

Every rate is prepared here on a grid of thresholds, so that moving tau or K needs neither the
network nor the server.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from plugins.face_identification.k_laboratory.open_set import KCurve
from plugins.face_identification.k_laboratory.stored import UNIT, StoredKCurve
from plugins.shared.faces.distances import metric_named


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
            "message": Markup(
                "How the errors of {} grow with K has not been measured with these weights. "
                "Measure it here on your own pictures."
            ).format(name),
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
        "source": Markup("{} Source: {}. Bands: 95 % of the galleries. {}").format(
            stored.sentence, stored.source, _ends(curve)
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
    lines = [stored.sentence, f"At tau = {tau:g}:"]
    for row in k_rows(stored, tau):
        fpir = _words(row["fpir"]) if row["fpir"] else "no stranger is left"
        fnir = _words(row["fnir"]) if row["fnir"] else "nobody to search for"
        holds = row["tau_for_fpir_1_percent"]
        held = f"{holds[0]:.3f} ({holds[1]:.3f} to {holds[2]:.3f})" if holds else "not measured"
        lines.append(
            f"K = {row['k']}: FPIR {fpir}, predicted {100 * row['fpir_predicted']:.2f} %; "
            f"FNIR {fnir}; rank-1 {_words(row['rank1']) if row['rank1'] else 'not measured'}; "
            f"tau for FPIR = 1 %: {held}"
        )
    return "\n".join(lines)


def _ends(curve: KCurve) -> str:
    """What a reader must know about the largest galleries."""
    few = curve.faces / curve.people * (curve.people - curve.ks) < 100
    known = curve.ks[few & (curve.ks <= curve.reach)]
    words = f"At K = {curve.people} everybody is enrolled, so no stranger is left."
    if len(known):
        words = (
            f"From K = {known[0]} on fewer than 100 strangers' photos are left, and one gallery "
            f"alone cannot show an FPIR of 1 %. {words}"
        )
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


def _words(rate: list[float]) -> str:
    mean, low, high = (100 * end for end in rate)
    return f"{mean:.2f} % ({low:.2f} to {high:.2f})"
