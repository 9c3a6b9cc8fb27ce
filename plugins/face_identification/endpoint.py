"""The named endpoints of the task, for callers from code.

A caller's visit is their session (`gradio_client.Client` keeps one): what they enrol in the gallery
`visit` is theirs alone and goes with it.
"""

from __future__ import annotations

import gradio as gr

from plugins.face_identification import figures
from plugins.face_identification.error_rates import basis, outlook, threshold_for
from plugins.face_identification.model import enrol, identify, result
from plugins.face_identification.services import Services
from plugins.face_identification.session import VISIT, Session
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.gallery.stores.contract import TEMPLATES
from plugins.shared.faces.subject import Subject
from plugins.shared.files.pictures import read_picture
from plugins.shared.page.endpoint import enter
from plugins.shared.page.runs import stay
from plugins.shared.page.widgets import NETWORK, PictureInput, Upload
from weights.errors import ParagoneError
from weights.messages import say


class Endpoints:
    """The four calls: identify, enrol, list, delete."""

    def __init__(self, services: Services):
        self.services = services

    def face_identification(
        self,
        request: gr.Request,
        picture: Upload,
        model: str,
        threshold: float | None = None,
        template: str = "all",
        gallery: str = VISIT,
        once: bool = True,
        session: Session | None = None,
    ) -> dict:
        """Say who the faces of a picture are, or that they are nobody we know.

        Args:
            picture: A picture file with one face or many, each at least 40 pixels wide; of any
                kind where the network was trained on whole pictures.
            model: Name of the network.
            threshold: tau, at least 0; none: the one that holds FPIR at 1 % for this gallery.
            template: all (the nearest photo of a person) or mean (of all their photos).
            gallery: visit (your own session's) or kept (the house's).
            once: Each person is at most one of the faces, and all faces are assigned together.
                False for mirrors, posters and collages: each face is its nearest person.

        Returns:
            faces (each with box as left, top, right, bottom in pixels of the upright picture,
            width, score, number in reading order from 1, person or null, maybe: who it may be where
            person is null and a distance up to maybe_up_to is enough, verdict, candidates with
            their distances, margin, and rival: null, or why the face is not the person that it is
            nearest to: that person, the number of the face that is them, and whether it is nearer),
            threshold, maybe_up_to (the threshold at which one stranger in ten would be named; null
            where nothing was measured), metric, template, people (K), model, weights, timings_ms,
            once.
        """
        subject = _read(self.services, picture, model)
        _check_visit(request, gallery)
        network, chosen = _open(self.services, session, model, gallery)
        found = identify(subject, network, chosen, session.cache, template)
        known = basis(network.card)
        if threshold is None:
            threshold = threshold_for(known, found.comparisons or 1)[0]
        elif not 0 <= threshold < float("inf"):  # NaN neither
            where = say("threshold {value}", value=threshold)
            todo = "Send a number from 0 upwards, or none."
            raise ParagoneError("A threshold is a distance", where=where, todo=todo)
        maybe = outlook(known, found.comparisons, METRICS[known.metric].top).maybe
        return result(found, subject, network, threshold, template, bool(once), maybe)

    def enrol_face(
        self,
        request: gr.Request,
        picture: Upload,
        name: str,
        model: str,
        gallery: str = VISIT,
        keep_picture: bool = False,
        insist: bool = False,
        session: Session | None = None,
    ) -> dict:
        """Enrol the largest face of a picture under a name. One photo is enough.

        Args:
            picture: A picture file.
            name: Whose face it is.
            model: Name of the network.
            gallery: visit or kept.
            keep_picture: Keep the picture around the face, for other networks.
            insist: Enrol although the quality gate refuses.

        Returns:
            person, new (false where this very face was enrolled already), notes, people (K),
            gradient_steps (0), ms.
        """
        subject = _read(self.services, picture, model)
        _check_visit(request, gallery)
        network, chosen = _open(self.services, session, model, gallery)
        tau = threshold_for(basis(network.card), max(1, chosen.count().index_rows))[0]
        done = enrol(
            subject,
            name,
            network,
            chosen,
            session.cache,
            tau,
            keep_picture=keep_picture,
            insist=insist,
        )
        notes = [fault.sentence for fault in done.faults]
        if done.near:
            notes.append(
                say(
                    "{person} is only {distance:.3f} away.",
                    person=done.near.person,
                    distance=done.near.distance,
                )
            )
        people = len(chosen.people())
        return {
            "person": done.person,
            "new": done.new,
            "notes": notes,
            "people": people,
            "gradient_steps": 0,
            "ms": round(done.ms, 1),
        }

    def list_people(self, request: gr.Request, model: str, gallery: str, session: Session) -> dict:
        """Everybody who is enrolled, with their number of faces.

        Args:
            model: Name of the network.
            gallery: visit or kept.

        Returns:
            people (name to number of faces), counts.
        """
        _check_visit(request, gallery)
        chosen = _open(self.services, session, model, gallery)[1]
        return {"people": chosen.people(), "counts": figures.plain_counts(chosen.count())}

    def delete_person(
        self, request: gr.Request, name: str, model: str, gallery: str, session: Session
    ) -> dict:
        """Delete a person: pictures, chips, encodings in every network, and what is cached.

        Args:
            name: Whom.
            model: Name of the network.
            gallery: visit or kept.

        Returns:
            deleted, before and after (counts), proven, sentence.
        """
        _check_visit(request, gallery)
        receipt = _open(self.services, session, model, gallery)[1].delete(name or "")
        session.clean_up()
        return {
            "deleted": receipt.what,
            "before": figures.plain_counts(receipt.before),
            "after": figures.plain_counts(receipt.after),
            "proven": receipt.erased.proven,
            "sentence": receipt.erased.sentence,
        }


def build_endpoints(services: Services) -> None:
    """Enter the four calls into the page."""
    calls = Endpoints(services)
    # A value that a component refuses never reaches the function, and the uploads would stay on
    # disk; so the components let everything pass.
    with gr.Group(visible=False):
        state = gr.State(Session())
        picture = PictureInput(label="picture", image_mode=None)
        name = gr.Textbox(label="name")
        model = gr.Dropdown(
            list(services.cards), value=services.default, label="model", allow_custom_value=True
        )
        threshold = gr.Number(None, label="threshold")
        template = gr.Dropdown(
            list(TEMPLATES), value="all", label="template", allow_custom_value=True
        )
        gallery = gr.Textbox(VISIT, label="gallery")
        keep_picture = gr.Checkbox(False, label="keep_picture")
        insist = gr.Checkbox(False, label="insist")
        once = gr.Checkbox(True, label="once")
        answer = gr.JSON(label="answer")
        for word, call, inputs in (
            ("", calls.face_identification, [picture, model, threshold, template, gallery, once]),
            ("_enrol", calls.enrol_face, [picture, name, model, gallery, keep_picture, insist]),
            ("_people", calls.list_people, [model, gallery]),
            ("_delete", calls.delete_person, [name, model, gallery]),
        ):
            api_name = f"face_identification{word}"
            enter(call, [*inputs, state], NETWORK, name=api_name, outputs=[answer])


def _check_visit(request: gr.Request, gallery: str) -> None:
    """The visit of an AI assistant ends with each call, and a gallery of it would, too."""
    if gallery == VISIT and request.headers.get("x-gradio-user") == "mcp":
        todo = "Use the gallery kept, where this house has one."
        raise ParagoneError("A visit of an assistant ends with each call", where=VISIT, todo=todo)


def _open(services: Services, session: Session, model: str, place: str) -> tuple:
    network = services.network(model)
    return network, services.gallery(session, place, network)


def _read(services: Services, picture: Upload | None, model: str) -> Subject:
    """Read the picture, unless its caller has left; the upload is deleted, whatever is in it."""
    if picture is None:
        raise ParagoneError("A picture is missing", where="picture", todo="Send a picture file.")
    stay(services.ctx)
    with picture.taken() as path:
        read = read_picture(path, picture.name, services.ctx.limits, keep_source=True)
        subject = services.detect(read, model)
    stay(services.ctx)
    return subject
