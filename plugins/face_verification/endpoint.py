"""The named endpoint of the task, for callers from code."""

from __future__ import annotations

import gradio as gr

from plugins.face_verification.events import Events
from plugins.face_verification.model import compare, curves_for, default_threshold
from plugins.face_verification.model import result as answer_of
from plugins.shared.faces.distances import METRICS, metric_named
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.subject import Subject
from plugins.shared.files.pictures import read_picture
from plugins.shared.page.endpoint import enter
from plugins.shared.page.runs import stay
from plugins.shared.page.widgets import NETWORK, PictureInput, Upload
from weights.errors import ParagoneError
from weights.messages import say


def build_endpoint(events: Events) -> None:
    """The named endpoint: two pictures in, one typed answer out; the page's own session is not
    touched.
    """

    def face_verification(
        picture_a: Upload,
        picture_b: Upload,
        model: str,
        metric: str,
        threshold: float | None = None,
    ) -> dict:
        """Compare the largest face of two pictures.

        Args:
            picture_a: A picture file with a face at least 40 pixels wide; of any kind where the
                network was trained on whole pictures.
            picture_b: The other picture.
            model: Name of the network; or of one that was fine-tuned, finetuned.…, which is the key
                to it.
            metric: euclidean, squared or cosine.
            threshold: tau, at least 0; none: the network's own.

        Returns:
            distance, metric, threshold, same_person, verdict, model, weights, encoding_size,
            faces_a and faces_b, the largest first (box as left, top, right, bottom in pixels of
            the upright picture; width; score, null for a whole picture; number in reading order,
            from 1, as on the page), chosen_a and chosen_b (indices into these lists, from 0), fmr
            and fnmr at the threshold (null where no curve was measured), measured_on, timings_ms,
            face_a and face_b (the numbers of the two compared faces).
        """
        subjects = _read(events, model, {"picture_a": picture_a, "picture_b": picture_b})
        network = events.network(model)
        if threshold is not None and not 0 <= threshold < float("inf"):  # NaN neither
            todo = "Send a number from 0 upwards, or none."
            where = say("threshold {value}", value=threshold)
            raise ParagoneError("A threshold is a distance", where=where, todo=todo)
        card = network.card
        stored = next(iter(curves_for(card, None).values()), None)
        curve = stored.by_metric[metric_named(metric).name] if stored else None
        tau = default_threshold(card, metric, curve)[0] if threshold is None else threshold
        stay(events.ctx)
        found = compare(*subjects.values(), network, metric, EncodingCache())
        source = stored.sentence if stored else ""
        return answer_of(
            found, tuple(subjects.values()), tau, network, curve and curve.at(tau), source
        )

    # A value that a component refuses never reaches the function, and the uploads would stay on
    # disk; so the components let everything pass.
    with gr.Group(visible=False):
        pictures = [PictureInput(label=f"picture_{side}", image_mode=None) for side in "ab"]
        model = gr.Dropdown(
            list(events.cards), value=events.default, label="model", allow_custom_value=True
        )
        metric = gr.Dropdown(
            list(METRICS), value="euclidean", label="metric", allow_custom_value=True
        )
        threshold = gr.Number(None, label="threshold")
        enter(face_verification, [*pictures, model, metric, threshold], NETWORK)


def _read(events: Events, model: str, pictures: dict[str, Upload | None]) -> dict[str, Subject]:
    """Read both pictures; each upload is deleted then."""
    if missing := [field for field, picture in pictures.items() if picture is None]:
        where = " and ".join(missing)
        raise ParagoneError("A picture is missing", where=where, todo="Send two pictures.")
    subjects = {}
    for field, picture in pictures.items():
        stay(events.ctx)
        with picture.taken() as path:
            read = read_picture(path, picture.name, events.ctx.limits, keep_source=True)
            subjects[field] = events.detect(read, model)
    return subjects
