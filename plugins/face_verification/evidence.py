"""How strong the evidence of a comparison is, as data for the page's scripts: the likelihood ratio
of the visitor's own set in words, on a scale, and with a prior.
"""

from __future__ import annotations

from typing import Any

from plugins.face_verification.laboratory import LabResult
from plugins.shared.faces.measured.likelihood_ratio import LikelihoodRatio, Reading, support
from plugins.shared.faces.measured.prediction import FEWEST
from weights.messages import say

EVEN = 0.3
"""log10 LR: below, a distance is about as likely either way."""


def evidence(lab: LabResult | None, metric: str, distance: float) -> dict[str, Any]:
    """The value of the evidence component.

    Args:
        lab: The visitor's own set, if the chosen curve is that of it.
        distance: Of the comparison, in units of the metric.
    """
    if lab is None:
        return {
            "message": say(
                "How strong this evidence is can only be told from a set like your pictures: "
                "survey one in the threshold laboratory. On other people's sets the answer is "
                "wrong by a factor of about 100 near τ."
            )
        }
    ratio = lab.ratios[metric]
    if ratio is None:
        return {"message": _too_few()}
    reading = ratio.read(distance)
    return {
        "log10": [reading.value, reading.low, reading.high],
        "cap": list(ratio.cap),
        "said": said(reading),
        "detail": _detail(reading, ratio, lab.curve.title),
    }


def calibration(lab: LabResult, metric: str) -> dict[str, Any]:
    """The value of the laboratory's Tippett plot."""
    if lab.example:
        return {"message": say("The likelihood ratio needs a set of your own.")}
    ratio = lab.ratios[metric]
    if ratio is None:
        return {"message": _too_few()}
    return {
        "cap": list(ratio.cap),
        "points": ratio.points.tolist(),
        "genuine": ratio.tippett[0].tolist(),
        "impostor": ratio.tippett[1].tolist(),
        "said": say(
            "Cllr {cost:.3f} bits, where each person was left out; the best calibration of these "
            "distances would have {least:.3f}. 0 is perfect, 1 tells nothing.",
            cost=ratio.cllr,
            least=ratio.cllr_min,
        ),
    }


def _too_few() -> str:
    few = "Fewer than {fewest} people with two pictures carry no likelihood ratio."
    return say(few, fewest=FEWEST)


def said(reading: Reading) -> str:
    """What a log10 LR means, in one sentence."""
    times = _plain(10 ** abs(reading.value))
    if abs(reading.value) < EVEN:
        return say(
            "This distance is about as likely if both pictures show one person as if they show two."
        )
    if reading.value > 0:
        about = (
            "This distance is about {times} times more likely if both pictures show one person "
            "than if they show two."
        )
        most = (
            "This distance is at least {times} times more likely if both pictures show one person "
            "than if they show two."
        )
    else:
        about = (
            "This distance is about {times} times more likely if the pictures show two people "
            "than if both show one."
        )
        most = (
            "This distance is at least {times} times more likely if the pictures show two people "
            "than if both show one."
        )
    return say(most, times=times) if reading.capped else say(about, times=times)


def _detail(reading: Reading, ratio: LikelihoodRatio, title: str) -> str:
    figures = {"value": reading.value, "low": reading.low, "high": reading.high}
    return say(
        "log₁₀ LR {value:.1f} [{low:.1f}, {high:.1f}] (95 %): {support}. Measured on {set}; "
        "{people} people cannot show more than {for_one} to 1 for one person and {for_two} to 1 "
        "for two. The two people are random ones of this set; relatives are more alike.",
        support=say(support(reading.value)),
        set=title,
        people=ratio.people,
        for_one=_plain(10 ** ratio.cap[1]),
        for_two=_plain(10 ** -ratio.cap[0]),
        **figures,
    )


def _plain(times: float) -> str:
    """Two significant digits: 190, 7.5."""
    return f"{float(f'{times:.2g}'):,g}"
