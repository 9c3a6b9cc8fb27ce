"""Comparing two pictures, without the page."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from plugins.face_verification import model
from plugins.face_verification.model import (
    OPENING,
    Session,
    compare,
    compare_all,
    curves_for,
    default_threshold,
    result,
)
from plugins.shared.faces.align import revision_of
from plugins.shared.faces.detect import MIN_FACE, FaceError
from plugins.shared.faces.distances import METRICS
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.measured.stored_curves import (
    recall_recorded,
    recorded_faces,
    stored_curves,
)
from plugins.shared.faces.subject import Subject, detect_faces
from plugins.shared.files.pictures import read_picture
from tests.shared.faces import made, real
from weights.errors import ParagoneError


def never(*args):
    raise AssertionError("this must not run")


@pytest.fixture(scope="module")
def opening():
    subjects = [detect_faces(load_example(key), real.find()) for key in OPENING]
    return compare(*subjects, real.network(), "euclidean", EncodingCache())


def test_recorded_pictures_need_no_detector():
    for key in OPENING:
        subject = detect_faces(load_example(key), never)
        assert subject.faces == tuple(k.face for k in recorded_faces(load_example(key).digest))
        assert (subject.chosen, subject.detect_ms) == (0, 0)
        assert subject.face is subject.faces[0]


def test_other_pictures_do():
    picture = replace(load_example("grace_hopper_mirrored"), digest="another")
    with pytest.raises(AssertionError):
        detect_faces(picture, never)
    subject = detect_faces(picture, real.find())
    assert subject.faces == real.faces("grace_hopper_mirrored") and subject.detect_ms > 0


def test_the_page_opens_without_the_network():
    card, cache = real.backbone().card, EncodingCache()
    subjects = [detect_faces(load_example(key), never) for key in OPENING]
    recall_recorded([subject.picture for subject in subjects], card, cache)
    asleep = Network(card, real.backbone().origin, never)
    found = compare(*subjects, asleep, "euclidean", cache)
    fresh = np.linalg.norm(real.encoding(OPENING[0]) - real.encoding(OPENING[1]))
    assert found.distance == pytest.approx(fresh, abs=1e-4)
    assert not found.left.fresh and not found.right.fresh
    assert not found.same(card.threshold), "two women"


@pytest.mark.parametrize("metric", METRICS)
def test_the_distance_and_what_is_shown_of_it(opening, metric):
    subjects = [detect_faces(load_example(key), never) for key in OPENING]
    found = compare(*subjects, real.network(), metric, EncodingCache())
    a, b = found.left.encoding.astype(float), found.right.encoding.astype(float)
    wanted = {
        "euclidean": np.linalg.norm(a - b),
        "squared": ((a - b) ** 2).sum(),
        "cosine": 1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b),
    }
    assert found.distance == pytest.approx(wanted[metric], rel=1e-5)
    assert type(found.distance) is float and found.metric == metric
    assert np.array_equal(found.difference, np.abs(found.left.encoding - found.right.encoding))
    assert found.encode_ms > 0 and found.left.fresh and found.right.fresh


def test_a_face_against_itself():
    subject = detect_faces(load_example(OPENING[0]), never)
    for metric in METRICS:
        found = compare(subject, subject, real.network(), metric, EncodingCache())
        assert 0 <= found.distance < 1e-6 and found.same(1e-6)


def test_the_verdict_at_the_line(opening):
    """d <= tau is one person: also where they are equal, and no longer one step below."""
    d = opening.distance
    assert opening.same(d) and opening.same(np.nextafter(d, 9))
    assert not opening.same(np.nextafter(d, 0)) and not opening.same(0)


def test_the_chosen_face_is_compared():
    both = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    subject = detect_faces(real.picture(both), real.find())
    assert len(subject.faces) == 2
    hopper = detect_faces(load_example("grace_hopper"), never)
    near, far = (
        compare(hopper, replace(subject, chosen=i), real.network(), "euclidean", EncodingCache())
        for i in (0, 1)
    )
    assert near.distance < 0.4 < 0.6 < far.distance


def test_a_picture_without_a_face_cannot_be_compared():
    empty = detect_faces(real.picture(real.landscape(), "sea.png"), real.find())
    assert empty.faces == ()
    hopper = detect_faces(load_example("grace_hopper"), never)
    for pair in ((empty, hopper), (hopper, empty)):
        with pytest.raises(FaceError, match="sea.png"):
            compare(*pair, real.network(), "euclidean", EncodingCache())


def test_an_unknown_metric_is_refused():
    hopper = detect_faces(load_example("grace_hopper"), never)
    with pytest.raises(ParagoneError, match="hamming"):
        compare(hopper, hopper, real.network(), "hamming", EncodingCache())


class TestDefaultThreshold:
    card = real.weights().card(real.DLIB)
    curve = stored_curves(card.name, revision_of(card))[0].by_metric["cosine"]

    def test_the_published_one_for_its_own_distance(self):
        assert default_threshold(self.card, "euclidean", self.curve) == (
            0.6,
            self.card.threshold_source,
        )

    def test_its_square_for_the_squared_distance(self):
        tau, why = default_threshold(self.card, "squared", None)
        assert tau == pytest.approx(0.36) and "square" in why and "0.6" in why

    def test_the_measured_best_for_another_distance(self):
        tau, why = default_threshold(self.card, "cosine", self.curve)
        assert tau == pytest.approx(self.curve.best_threshold, abs=METRICS["cosine"].step / 2)
        assert "measured" in why

    def test_the_measured_best_where_nothing_was_published(self):
        card = replace(self.card, threshold=None)
        tau, why = default_threshold(card, "euclidean", self.curve)
        assert tau == METRICS["euclidean"].snap(self.curve.best_threshold) and "measured" in why

    @pytest.mark.parametrize("metric", METRICS)
    def test_a_guess_that_says_so(self, metric):
        tau, why = default_threshold(replace(self.card, threshold=None), metric, None)
        assert 0 < tau < METRICS[metric].top and "guess" in why

    def test_a_cosine_threshold_has_no_square(self):
        card = replace(self.card, threshold=0.3, distance="cosine")
        assert default_threshold(card, "squared", None)[1].startswith("a guess")

    @pytest.mark.parametrize("metric", METRICS)
    def test_it_lies_on_the_slider(self, metric):
        tau, _ = default_threshold(self.card, metric, self.curve)
        steps = tau / METRICS[metric].step
        assert steps == pytest.approx(round(steps))


def answer(subjects, found, tau=0.6, point=None, source=""):
    return result(found, tuple(subjects), tau, real.network(), point, source)


def plain(value) -> bool:
    """Only what JSON has, and no numpy number that happens to pass."""
    if isinstance(value, dict):
        return all(type(k) is str and plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return value is None or type(value) in (str, int, float, bool)


@pytest.mark.parametrize("measured", [True, False])
def test_the_answer_is_plain_json(opening, measured):
    subjects = [detect_faces(load_example(key), never) for key in OPENING]
    card = real.backbone().card
    stored = stored_curves(card.name, revision_of(card))[0]
    point = stored.by_metric["euclidean"].at(0.6) if measured else None
    said = answer(subjects, opening, 0.6, point, stored.sentence if measured else "")
    assert plain(said) and json.loads(json.dumps(said, allow_nan=False)) == said
    assert (said["same_person"], said["verdict"]) == (False, "different people")
    assert said["distance"] == opening.distance and said["threshold"] == 0.6
    assert said["model"] == real.DLIB and said["encoding_size"] == 128
    assert said["weights"] == real.network().origin.sentence
    assert said["measured_on"] == (stored.sentence if measured else "")
    rates = (said["fmr"], said["fnmr"])
    assert rates == ((point.fmr.value, point.fnmr.value) if measured else (None, None))
    assert answer(subjects, opening, opening.distance)["verdict"] == "same person"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_boxes_count_in_the_upright_original(orientation, opening):
    """A 4000-px photo, held in several ways, is read at 2048; its answer speaks of 4000."""
    image = Image.new("RGB", (4000, 1500), (128, 128, 128))
    face = real.portrait("grace_hopper")
    image.paste(face.resize((face.width * 3, face.height * 3)), (2500, 200))
    picture = read_picture(made.held(orientation, "JPEG", image, quality=90), "held.jpg")
    assert picture.scale < 1 and picture.original_size == (4000, 1500)
    subject = detect_faces(picture, real.find())
    (said,) = answer([subject, subject], opening)["faces_a"]
    left, top, right, bottom = said["box"]
    (known,) = real.faces("grace_hopper_cropped")
    wanted = np.multiply(known.box, 3) + (2500, 200, 2500, 200)
    assert np.abs(np.subtract(said["box"], wanted)).max() < 0.15 * 3 * known.size
    assert right - left == pytest.approx(said["width"], abs=2)
    assert bottom - top == pytest.approx(1.2 * said["width"], rel=0.15)  # Faces are taller.
    assert plain(said)


def test_every_face_is_in_the_answer(opening):
    both = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    subject = replace(detect_faces(real.picture(both), real.find()), chosen=1)
    said = answer([subject, detect_faces(load_example("grace_hopper"), never)], opening)
    assert (len(said["faces_a"]), said["chosen_a"]) == (2, 1)
    assert (len(said["faces_b"]), said["chosen_b"]) == (1, 0)
    assert said["faces_a"][0]["width"] > said["faces_a"][1]["width"]


def test_the_number_is_that_in_reading_order_and_the_index_that_among_the_largest(opening):
    both = real.side_by_side(*(real.portrait(who) for who in real.WHO[::-1]))
    subject = detect_faces(real.picture(both), real.find())
    said = answer([replace(subject, chosen=i) for i in (0, 1)], opening)
    numbers = [face["number"] for face in said["faces_a"]]
    assert sorted(numbers) == [1, 2]
    lefts = [said["faces_a"][numbers.index(n)]["box"][0] for n in (1, 2)]
    assert lefts == sorted(lefts)
    assert (said["chosen_a"], said["chosen_b"]) == (0, 1)
    assert [said["face_a"], said["face_b"]] == numbers


def test_every_face_against_every_other_in_reading_order():
    both = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    group = detect_faces(real.picture(both), real.find())
    one = detect_faces(load_example(real.WHO[0]), real.find())
    args = (real.network(), "euclidean", EncodingCache())
    found = compare_all(group, one, *args)
    assert [group.faces[i].number for i in found.rows] == [1, 2] and found.columns == (0,)
    assert found.distances.shape == (2, 1) and found.more == 0
    assert found.distances[0, 0] < 0.25 < 0.6 < found.distances[1, 0]
    for row, i in enumerate(found.rows):
        alone = compare(replace(group, chosen=i), one, *args)
        assert alone.distance == pytest.approx(found.distances[row, 0], abs=1e-6)
    assert compare_all(one, one, *args) is None


def test_small_faces_are_not_in_the_table_and_neither_are_too_many(monkeypatch):
    both = real.side_by_side(*(real.portrait(who) for who in real.WHO))
    group = detect_faces(real.picture(both), real.find())
    small = replace(group.faces[1], size=MIN_FACE - 1)
    args = (real.network(), "euclidean", EncodingCache())
    assert compare_all(replace(group, faces=(group.faces[0], small)), group, *args).rows == (0,)
    monkeypatch.setattr(model, "MOST", 1)
    found = compare_all(group, group, *args)
    assert found.distances.shape == (1, 1) and found.more == 2


def test_curves_for_a_network(lab):
    card = real.backbone().card
    own, *shipped = curves_for(card, lab).items()
    assert own == (lab.curve.title, lab.curve)
    assert [title for title, _ in shipped] == list(curves_for(card, None))
    assert lab.curve.title not in curves_for(replace(card, name="other.tag"), lab)
    assert curves_for(replace(card, sha256="0" * 64), None) == {}


def test_a_session_forgets(lab, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    session = Session()
    session.subjects["a"] = Subject(load_example("grace_hopper"), ())
    session.cache.put(("key",), np.zeros(2))
    session.lab = lab
    kept = tmp_path / "downloads"
    for name in ("one", "two", "gone"):
        path = kept / name / "pairs.csv"
        path.parent.mkdir(parents=True)
        path.write_text("a,b")
        session.files.append(path)
    (kept / "gone" / "pairs.csv").unlink()
    (kept / "gone").rmdir()  # as a clean-up that came first would
    session.forget()
    with pytest.raises(ParagoneError, match="No surveyed set is kept.*Bring the zip"):
        session.surveyed  # noqa: B018
    assert not session.subjects and not len(session.cache)
    assert session.lab is None and session.files == []
    assert list(kept.iterdir()) == []
    session.forget()


def test_unlabelled_rates_are_not_invented():
    """A curve knows its set only: at the default threshold of ORL, by counting."""
    card = real.backbone().card
    curve = stored_curves(card.name, revision_of(card))[0].by_metric["euclidean"]
    point = curve.at(card.threshold)
    cells = round(card.threshold / curve.top * len(curve.genuine))
    assert point.fmr.value == pytest.approx(curve.impostor[:cells].sum() / curve.impostor.sum())
    assert point.fnmr.value == pytest.approx(curve.genuine[cells:].sum() / curve.genuine.sum())
