"""What the first part of the identification page shows: the probe is searched for in the gallery,
and the answer becomes the parts of the page, by their names in `tab.py`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from plugins.face_identification import figures, probe_view
from plugins.face_identification.error_rates import (
    Basis,
    Outlook,
    basis,
    outlook,
    threshold_for,
)
from plugins.face_identification.map_view import encoding_map
from plugins.face_identification.model import Identification, comparisons, identify, result
from plugins.face_identification.services import Services, Settings
from plugins.face_identification.session import Session
from plugins.shared.faces.align import whole_size
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.encode import Network
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.view import model_card
from plugins.shared.page.html_parts import error_card
from weights.errors import ParagoneError
from weights.messages import say

FORGOTTEN = (
    "Your visit was forgotten: it had ended, or you did nothing for more than {minutes} minutes."
)


@dataclass(frozen=True)
class PageState:
    """What the settings and the session come to, once computed.

    Attributes:
        known: What was measured with the network.
        found: None where there is no face to search for.
        tau, why: The threshold, and where it comes from.
        people: K, those who are enrolled.
        ahead: The errors to expect of this gallery.
    """

    network: Network
    gallery: Gallery
    known: Basis
    found: Identification | None
    tau: float
    why: str
    people: int
    ahead: Outlook


def threshold_in_use(settings: Settings, known: Basis, templates: int) -> tuple[float, str]:
    """tau as the page has it, and why: the one that follows K, or the visitor's own."""
    return threshold_for(known, templates) if settings.follow else (settings.tau, "set by hand")


def search(services: Services, session: Session, *values: Any) -> PageState:
    """Search for the probe's faces, and set tau where it follows K.

    Raises:
        ParagoneError: The network or the gallery cannot be had.
    """
    settings, network, gallery = services.chosen(session, *values)
    known, found = basis(network.card, session.lab), None
    if session.probe and session.probe.faces:
        found = identify(session.probe, network, gallery, session.cache, settings.template)
    counts = gallery.count()
    templates = comparisons(counts, settings.template)
    tau, why = threshold_in_use(settings, known, templates)
    reach = known.pairs.reach if known.pairs else METRICS[known.metric].top
    ahead = outlook(known, templates, reach)
    return PageState(network, gallery, known, found, tau, why, counts.people, ahead)


def refresh(services: Services, session: Session, *values: Any) -> dict:
    """Search, and give everything that is shown: probe, tau, answer, people, map, card of the
    network, JSON.
    """
    settings = Settings(*values)
    shelf = services.shelf(settings.model)
    try:
        state = search(services, session, *values)
    except ParagoneError as error:
        card = error_card(error)
        return {
            "view": probe_view.slot(session.probe, None, 0, shelf=shelf),
            "answer": {"message": "No answer: see below."},
            "people": card,
            "map": "",
            "about": card,
            "json": None,
        }
    probe, known, found, ahead = session.probe, state.known, state.found, state.ahead
    chosen = probe.chosen if probe else 0
    nearest = found.faces[chosen].candidates if found else ()
    chips = state.gallery.chips([candidate.face for candidate in nearest])
    whole = whole_size(state.network.card.alignment)
    wanted = "Bring a picture." if whole else "Bring a picture of a face."
    message = "" if probe and probe.faces else wanted
    plain = found and result(
        found, probe, state.network, state.tau, settings.template, settings.once, ahead.maybe
    )
    return {
        "view": probe_view.slot(probe, found, state.tau, None, shelf, settings.once, ahead.maybe),
        "tau": gr.Slider(
            maximum=float(ahead.thresholds[-1]),
            step=METRICS[known.metric].step,
            value=state.tau,
            info=state.why,
        ),
        "answer": probe_view.answer(
            found,
            chosen,
            state.tau,
            ahead,
            known.metric,
            state.people,
            chips,
            message,
            settings.once,
        ),
        "people": _people(services, session, state.gallery),
        "map": encoding_map(state.gallery, found, chosen, settings.projection),
        "about": _card(services, state),
        "json": plain,
    }


def _people(services: Services, session: Session, gallery: Gallery) -> str:
    """Everybody enrolled; and a word where an earlier gallery of the visit was forgotten."""
    counts = gallery.people()
    shown = list(itertools.islice(counts, figures.SHOWN_PEOPLE))
    cards = figures.people(counts, gallery.covers(shown), gallery.store.place)
    if session.forgotten and not gallery.store.kept:
        session.forgotten = False  # It is said once.
        return figures.said(say(FORGOTTEN, minutes=services.minutes), warning=True) + cards
    return cards


def _card(services: Services, state: PageState) -> str:
    found = state.found
    ran = found is not None and found.fresh  # Asking for the device imports torch.
    device, ms = (services.ctx.device, found.encode_ms) if ran else ("", 0)
    card = model_card(state.network.card, state.network.origin, device, ms)
    elsewhere = state.gallery.elsewhere()
    if not elsewhere:
        return card
    count = sum(elsewhere.values())
    words = "{n:,} encodings of this gallery were made by another network"
    if any(space.realigned(state.gallery.space) for space in elsewhere):
        words = (
            "{n:,} encodings of this gallery were made with another detector or alignment of faces"
        )
    more = Markup(
        "<p>They cannot be searched with this network. “Encode again” under “Gallery” helps.</p>"
    )
    return card + figures.said(say(words, n=count), more, warning=True)
