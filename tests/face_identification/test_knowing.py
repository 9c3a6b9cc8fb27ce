"""Identification and enrolment on real faces, as a session holds them."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

from plugins.face_identification.error_rates import basis, outlook, threshold_for
from plugins.face_identification.model import (
    QualityError,
    enrol,
    identify,
    result,
)
from plugins.face_identification.session import VISIT, Session
from plugins.shared.faces.detect import FaceError
from plugins.shared.faces.examples import load_example
from plugins.shared.faces.gallery import enrolment as enrolling
from plugins.shared.faces.gallery.crops import restore
from plugins.shared.faces.gallery.enrolment import space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores.contract import GalleryError, OtherName
from plugins.shared.faces.subject import Subject, detect_faces
from tests.shared.faces import real

GRACE, EILEEN = "Grace Hopper", "Eileen Collins"
TAU = 0.55


def subject(key: str) -> Subject:
    return detect_faces(load_example(key), real.find())


@pytest.fixture
def session():
    made = Session()
    yield made
    made.forget()


@pytest.fixture
def gallery(session):
    return Gallery(session.store, space_of(real.network(), VISIT))


@pytest.fixture
def enrolled(session, gallery):
    def act(key: str, name: str, **options):
        return enrol(
            subject(key), name, real.network(), gallery, session.cache, TAU, **options
        )  # fmt: skip

    return act


def names(session, gallery, key: str, **options) -> list[str | None]:
    found = identify(subject(key), real.network(), gallery, session.cache, **options)
    return [name.person for name in found.naming().at(TAU)]


def test_one_photo_enrols_and_a_stranger_stays_one(session, gallery, enrolled):
    assert names(session, gallery, "together") == [None, None]
    done = enrolled("grace_hopper", f"  {GRACE} ")
    assert (done.person, done.new, done.faults, done.near) == (GRACE, True, (), None)
    assert names(session, gallery, "together") == [GRACE, None]
    assert names(session, gallery, "grace_hopper_mirrored") == [GRACE]
    enrolled("eileen_collins", EILEEN)
    for template in ("all", "mean"):
        assert names(session, gallery, "together", template=template) == [GRACE, EILEEN]
    gallery.delete(EILEEN)
    session.clean_up()
    assert names(session, gallery, "together") == [GRACE, None]


def test_the_answer_has_distances_margin_and_counts(session, gallery, enrolled):
    enrolled("grace_hopper", GRACE)
    enrolled("grace_hopper_mirrored", GRACE)
    enrolled("eileen_collins", EILEEN)
    probe = subject("grace_hopper_cropped")
    found = identify(probe, real.network(), gallery, session.cache)
    (one,) = found.faces
    assert [c.person for c in one.candidates] == [GRACE, EILEEN] and found.k == 2
    enrolled_keys = ("grace_hopper", "grace_hopper_mirrored")
    mine = real.encoding("grace_hopper_cropped")
    nearest = min(np.linalg.norm(mine - real.encoding(key)) for key in enrolled_keys)
    assert one.candidates[0].distance == pytest.approx(nearest, abs=1e-5)
    other = np.linalg.norm(mine - real.encoding("eileen_collins"))
    assert one.margin == pytest.approx(other - nearest, abs=1e-5)
    assert found.comparisons == 3
    plain = result(found, probe, real.network(), TAU, "all")
    assert plain["faces"][0]["person"] == GRACE and plain["people"] == 2
    assert plain["faces"][0]["maybe"] is None and plain["maybe_up_to"] is None
    near = one.candidates[0].distance
    for maybe, who in ((None, None), (near - 0.01, None), (near + 0.01, GRACE)):
        plain = result(found, probe, real.network(), near / 2, "all", maybe=maybe)
        face = plain["faces"][0]
        assert (face["person"], face["verdict"], face["maybe"]) == (None, "unknown", who)
    mean = identify(probe, real.network(), gallery, session.cache, "mean")
    assert mean.comparisons == 2
    middle = np.mean([real.encoding(key) for key in enrolled_keys], axis=0)
    distance = mean.faces[0].candidates[0].distance
    assert distance == pytest.approx(np.linalg.norm(mine - middle), abs=1e-5)


def test_again_under_another_name_and_somebody_near(session, gallery, enrolled):
    enrolled("grace_hopper", GRACE)
    assert not enrolled("grace_hopper", GRACE).new and gallery.count().faces == 1
    with pytest.raises(OtherName) as caught:
        enrolled("grace_hopper", "Ada")
    assert GRACE in caught.value.what
    done = enrolled("grace_hopper_mirrored", "Ada")
    assert done.new and done.near.person == GRACE and done.near.distance <= TAU


def test_the_gate_refuses_and_may_be_overruled(session, gallery, enrolled):
    with pytest.raises(QualityError) as caught:
        enrolled("eileen_collins_blurred", EILEEN)
    assert "blurred" in caught.value.what and gallery.count().faces == 0
    done = enrolled("eileen_collins_blurred", EILEEN, insist=True)
    assert [fault.kind for fault in done.faults] == ["sharpness"]


def test_the_picture_is_kept_only_when_asked(session, gallery, enrolled):
    enrolled("grace_hopper", GRACE)
    enrolled("eileen_collins", EILEEN, keep_picture=True)
    (without,), (kept,) = gallery.faces(GRACE), gallery.faces(EILEEN)
    assert without.picture == b"" and without.landmarks == ()
    picture, face = restore(kept.picture, kept.landmarks, kept.label)
    assert picture.pixels.shape[0] < load_example("eileen_collins").pixels.shape[0]
    assert face.size > 60


def test_no_face_no_name_no_room(session, gallery, enrolled, monkeypatch):
    nobody = detect_faces(real.picture(real.landscape()), real.find())
    with pytest.raises(FaceError):
        enrol(nobody, GRACE, real.network(), gallery, session.cache, TAU)
    with pytest.raises(GalleryError, match="empty"):
        enrolled("grace_hopper", " \n ")
    monkeypatch.setattr(enrolling, "MOST_IN_MEMORY", 1)
    enrolled("grace_hopper", GRACE)
    with pytest.raises(GalleryError, match="most that memory holds"):
        enrolled("eileen_collins", EILEEN)
    assert gallery.people() == {GRACE: 1}


def test_a_face_that_is_too_small_is_not_searched_for(session, gallery, enrolled):
    enrolled("grace_hopper", GRACE)
    probe = subject("grace_hopper")
    small = replace(probe, faces=(replace(probe.faces[0], size=39),))
    found = identify(small, real.network(), gallery, session.cache)
    assert found.faces[0].encoded is None and found.faces[0].candidates == ()
    plain = result(found, small, real.network(), TAU, "all")
    assert plain["faces"][0]["verdict"] == "too small to tell"


def test_a_session_forgets_everything_and_shares_nothing(session, gallery, enrolled, tmp_path):
    other = copy.deepcopy(session)
    enrolled("grace_hopper", GRACE)
    session.probe = subject("together")
    written = tmp_path / "folder" / "export.zip"
    written.parent.mkdir()
    written.write_bytes(b"export")
    session.files.append(written)
    space = gallery.space
    assert Gallery(other.store, space).people() == {}
    session.forget()
    assert session.probe is None and len(session.cache) == 0 and not written.parent.exists()
    assert session.forgotten and Gallery(session.store, space).people() == {}
    with pytest.raises(GalleryError):
        gallery.people()  # the old store is closed
    other.forget()


def test_tau_tightens_with_k_and_holds_what_was_measured():
    known = basis(real.backbone().card)
    taus = [threshold_for(known, k)[0] for k in (1, 5, 20, 39, 100, 1000)]
    assert taus == sorted(taus, reverse=True) and taus[0] > taus[2] > taus[-1]
    curve = known.growth.curve
    for k in (1, 5, 20, 39):
        tau = threshold_for(known, k)[0]
        fpir = np.interp(tau, curve.taus, curve.fpir[list(curve.ks).index(k), :, 0])
        assert fpir <= 0.0101, k
    pairs = known.pairs
    assert 1 - (1 - pairs.at(taus[4]).fmr.value) ** 100 <= 0.0101


@pytest.mark.parametrize("comparisons", [1, 20, 500])
def test_the_outlook_is_on_the_sliders_grid(comparisons):
    known = basis(real.backbone().card)
    ahead = outlook(known, comparisons, known.pairs.reach)
    assert np.allclose(np.diff(ahead.thresholds), 0.01)
    assert len(ahead.fpir) == len(ahead.fnir) == len(ahead.thresholds)
    assert (np.diff(ahead.fpir) >= -1e-9).all() and (np.diff(ahead.fnir) <= 1e-9).all()
    assert ahead.measured == (comparisons <= known.growth.curve.reach)


def test_without_a_measurement_it_is_said():
    known = basis(replace(real.backbone().card, name="other.tag", threshold=None))
    tau, why = threshold_for(known, 3)
    assert 0 < tau < 2 and "guess" in why
    ahead = outlook(known, 3, 2.0)
    assert ahead.fpir is None and "not known" in ahead.why
