"""The verdict and the operating curves as data for the page's scripts, which only look up and draw.

Everything is computed here on the slider's grid, so that moving tau needs neither the network nor
the server.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from plugins.face_verification.model import Comparison
from plugins.shared.faces.distances import metric_named
from plugins.shared.faces.measured.operating_curves import OperatingCurve
from plugins.shared.faces.measured.prediction import FEWEST
from plugins.shared.faces.measured.stored_curves import StoredCurve
from weights.messages import say

BARS = 50  # `reach` ends at a twentieth of the 1000 bins, so every bar has as many bins.
DET_RANGE = (0.0005, 0.6)
DET_TICKS = (0.001, 0.01, 0.05, 0.2, 0.5)


def verdict(comparison: Comparison | None, tau: float, reach: float, message: str = "") -> dict:
    """The value of the verdict component; its script redraws it while tau moves."""
    return {
        "distance": comparison and comparison.distance,
        "metric": metric_named(comparison.metric).title if comparison else "",
        "step": metric_named(comparison.metric).step if comparison else 0,
        "tau": tau,
        "reach": reach,
        "message": message,
    }


def reach(curve: OperatingCurve | None, top: float) -> float:
    """The end of the threshold slider."""
    return curve.reach if curve else top


def curves(
    stored: StoredCurve | None, metric: str, tau: float, distance: float | None, name: str
) -> dict:
    """The value of the curves component: every rate on the slider's grid, so that the page only
    looks up.
    """
    if stored is None:
        unknown = (
            "No operating curve has been measured for {network} with these weights, so what a "
            "threshold costs is not known. Measure one on your own pictures in the threshold "
            "laboratory."
        )
        return {"tau": tau, "message": Markup.escape(say(unknown, network=name))}
    curve = stored.by_metric[metric]
    end = reach(curve, curve.top)
    cells = round(end / curve.top * len(curve.genuine))
    step = metric_named(metric).step
    # The slider's own grid, so that every rate is that of the very tau shown.
    grid = np.arange(0, cells + 1, round(step / curve.top * len(curve.genuine)))
    rates = {"fmr": curve.fmr[grid], "fnmr": curve.fnmr[grid]}
    rates["fmr_low"], rates["fmr_high"] = curve.fmr_interval()[:, grid]
    rates["fnmr_low"], rates["fnmr_high"] = curve.fnmr_interval()[:, grid]
    det = {key: _rounded(_det(rate)) for key, rate in rates.items()}
    det["ticks"] = [[float(_det(np.array(p))), f"{100 * p:g} %"] for p in DET_TICKS]
    bars = np.linspace(0, cells, BARS + 1).round().astype(int)[:-1]
    heights = {
        "genuine": np.add.reduceat(curve.genuine[:cells], bars) / curve.genuine.sum(),
        "impostor": np.add.reduceat(curve.impostor[:cells], bars) / curve.impostor.sum(),
    }
    tallest = max(h.max() for h in heights.values())
    return {
        "tau": tau,
        "distance": distance,
        "reach": end,
        "step": step,
        "best": float(curve.accuracy.max()),
        "best_tau": curve.best_threshold,
        "eer": curve.eer,
        "eer_interval": curve.eer_interval,
        "eer_tau": curve.eer_threshold,
        "accuracy": _rounded(curve.accuracy[grid]),
        "det": det,
        "source": Markup.escape(_how_measured(stored, curve)),
        **{key: _rounded(rate) for key, rate in rates.items()},
        **{key: _rounded(height / tallest) for key, height in heights.items()},
    }


def _how_measured(stored: StoredCurve, curve: OperatingCurve) -> str:
    if curve.eer_interval is None:
        ranges = say("Fewer than {fewest} people carry no range.", fewest=FEWEST)
    else:
        ranges = say(
            "Below each rate stands where it is expected for {people} other people like these "
            "(95 %).",
            people=stored.people,
        )
    return say(
        "{measured} Source: {source}. {ranges}",
        measured=stored.sentence,
        source=say(stored.source),
        ranges=ranges,
    )


def _rounded(values: np.ndarray) -> list[float | None]:
    """For JSON; None where a value is not known."""
    return [None if np.isnan(v) else round(float(v), 6) for v in values]


def _det(rate: np.ndarray) -> np.ndarray:
    """Place of a rate on a DET axis (normal deviates; Martin et al. 1997), 0..1 over
    `DET_RANGE`.
    """
    from scipy.stats import norm

    low, high = norm.ppf(DET_RANGE)
    return np.clip((norm.ppf(np.clip(rate, *DET_RANGE)) - low) / (high - low), 0, 1)
