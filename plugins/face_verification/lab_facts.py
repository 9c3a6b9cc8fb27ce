"""The laboratory's figures and settings as a table."""

from __future__ import annotations

import math

from markupsafe import Markup

from plugins.face_verification.laboratory import LabResult
from plugins.shared.faces.detect import DETECTOR
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.measured.operating_curves import OperatingCurve, Rate
from plugins.shared.faces.measured.prediction import people_for, resolved
from plugins.shared.faces.measured.stored_curves import StoredCurve
from plugins.shared.page.plots import number
from plugins.shared.page.report import facts
from weights import Card
from weights.messages import say

WANTED = {"10 %": 0.1, "1 %": 0.01, "0.1 %": 0.001, "0.01 %": 0.0001}
"""The rates for which tau is looked for, as they are shown."""


def lab_facts(lab: LabResult, metric: str, card: Card) -> Markup:
    """What was measured with what, tau and the errors for each wanted FMR, versions."""
    curve = lab.curve.by_metric[metric]
    finder = card.alignment if lab.curve.whole else f"{DETECTOR}, {card.alignment}"
    rows = [
        ("Set", lab.curve.sentence),
        ("Network", say(card.title)),
        ("Weights (sha256)", card.sha256),
        ("Detector and alignment", finder),
        ("Distance", say(METRICS[metric].title)),
        ("EER", _ranged(Rate(curve.eer, *(curve.eer_interval or (float("nan"),) * 2)))),
        ("Area under the ROC", f"{curve.area:.4f}"),
        *(
            (say("FMR of at most {rate}", rate=words), _point(lab.curve, curve, metric, words))
            for words in WANTED
        ),
    ]
    return facts(rows, "All figures and settings")


def too_few(stored: StoredCurve, wanted: str) -> str:
    """That a set cannot show so small a rate, and what it would take; "" where it can."""
    each, rate = stored.faces / stored.people, WANTED[wanted]
    if rate >= resolved(stored.people, each):
        return ""
    few = "{people} people cannot show an FMR of {rate}: about {needed} would."
    return say(few, people=stored.people, rate=wanted, needed=people_for(rate, each))


def _point(stored: StoredCurve, curve: OperatingCurve, metric: str, wanted: str) -> str:
    if few := too_few(stored, wanted):
        return few
    point = curve.at(METRICS[metric].snap(curve.threshold_for_fmr(WANTED[wanted]), down=True))
    return say(
        "τ = {tau:.3f}: FMR {fmr}, FNMR {fnmr}",
        tau=point.threshold,
        fmr=_ranged(point.fmr),
        fnmr=_ranged(point.fnmr),
    )


def _ranged(rate: Rate) -> str:
    value, low, high = (f"{number(100 * v, 2)} %" for v in (rate.value, rate.low, rate.high))
    if math.isnan(rate.low):  # Too few people.
        return value
    return say("{value} ({low} – {high})", value=value, low=low, high=high)
