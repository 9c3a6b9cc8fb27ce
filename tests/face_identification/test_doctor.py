"""Does my gallery work? Planted faults are found, and a clean gallery raises no alarm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFilter

from plugins.face_identification.doctor import Checkup, check
from plugins.face_identification.doctor_events import DoctorEvents, judged
from plugins.shared.faces.gallery.crops import keep
from plugins.shared.faces.gallery.names import face_id
from plugins.shared.faces.gallery.stores.contract import Enrolment
from tests.shared.faces import real
from tests.shared.faces.markup import Page

TAU, LOOSE = 0.5, 0.6
FACES = {"Ada": 5, "Ben": 5, "Cy": 4, "Dee": 4, "Eve": 3, "Fay": 2, "Gus": 1}


def like(who: int, photo: int, step: float = 0.2) -> np.ndarray:
    """A photo of somebody: two of one person are about 0.28 apart, of two people about 1.4."""
    rng = np.random.default_rng(who)
    centre = rng.normal(size=64)
    own = np.random.default_rng(1000 * who + photo + 1).normal(size=64)
    return (centre / np.linalg.norm(centre) + step * own / np.linalg.norm(own)).astype(np.float32)


def photo(person: str, encoding: np.ndarray, key: str) -> Enrolment:
    return Enrolment(face_id(key, 0), person, encoding, b"chip", f"{key}.jpg")


def clean() -> list[Enrolment]:
    return [
        photo(name, like(who, n), f"{name}{n}")
        for who, (name, count) in enumerate(FACES.items())
        for n in range(count)
    ]


def checked(rows: list[Enrolment]) -> Checkup:
    faults: dict = {}
    list(judged(rows, faults))
    return check(rows, "euclidean", TAU, LOOSE, faults)


def kept(row: Enrolment, blur: float = 0) -> Enrolment:
    """The same with a real picture, blurred or not."""
    picture = real.picture(real.portrait("grace_hopper").filter(ImageFilter.GaussianBlur(blur)))
    jpeg, landmarks = keep(picture, real.find()(picture)[0])
    return replace(row, picture=jpeg, landmarks=landmarks)


def test_a_clean_gallery_raises_no_alarm():
    rows = clean()
    rows[0] = kept(rows[0])
    done = checked(rows)
    assert done.findings == ()
    assert (done.photos, done.people, done.single, done.judged) == (24, 7, 1, 1)
    assert (done.tried, done.right, done.wrong) == (23, 23, 0)
    assert done.growth == (1.0, 1.0, 1.0)
    assert len(done.strangers) == 7 and done.strangers[0][0] > 1


def test_five_planted_faults_are_found_and_nothing_else():
    rows = clean()
    rows.append(photo("Ada", like(77, 0), "a stranger, nobody who is enrolled"))
    rows.append(photo("Ben", like(3, 9), "a photo of Dee"))
    rows[12] = kept(rows[12], blur=6)
    away = (like(88, 0, 0) - like(0, 0, 0)) / np.sqrt(2)
    for n, step in enumerate((0.7, 0.7, 0.35)):
        rows.append(
            photo("Ada's twin", like(0, 0, 0) + step * away + 0.05 * like(89, n), f"twin{n}")
        )
    rows += [photo("Eva", like(4, 10 + n), f"again{n}") for n in range(3)]
    rows.append(kept(photo("Hal", like(55, 0), "his only one"), blur=6))
    done = checked(rows)
    found = {(one.kind, one.person, one.other, one.alone) for one in done.findings}
    assert found == {
        ("outlier", "Ada", "", False),
        ("misplaced", "Ben", "Dee", False),
        ("poor", rows[12].person, "", False),
        ("twins", "Ada", "Ada's twin", False),
        ("duplicate", "Eva", "Eve", False),
        ("poor", "Hal", "", True),
    }
    assert done.wrong and done.right < done.tried


def test_the_good_copy_of_a_misplaced_photo_is_not_accused():
    rows = clean()
    rows.append(replace(rows[0], id="f" * 32, person="Ben"))
    assert [(one.kind, one.person, one.faces) for one in checked(rows).findings] == [
        ("misplaced", "Ben", ("f" * 32,))
    ]


def test_what_one_more_photo_changes_is_exact():
    """Of four photos in a row, each is within tau of its neighbours alone."""
    row = [photo("Ada", np.eye(64, dtype=np.float32)[0] * 0.4 * n, f"{n}") for n in range(4)]
    done = check(row, "euclidean", TAU, LOOSE, {})
    ends, middle = 1 / 3, 2 / 3
    assert done.growth == pytest.approx(((ends + middle) / 2, (2 / 3 + 1) / 2, 1.0))
    assert check([], "euclidean", TAU, LOOSE, {}).photos == 0


def test_the_report_leads_to_the_photo_and_to_the_mend(two):
    first = two.gallery.faces("Eileen Collins")[0].id
    two.act("move", "Eileen Collins", "Twice", [first])
    *_, last = DoctorEvents(two.events).examine(*two.values)
    page = Page(last["report"])
    assert "Twice" in page.text and "one person under two names" in page.text
    (button,) = [b for b in page.all("button") if "data-mend" in b]
    assert '"person": "Eileen Collins", "merge": "Twice"' in button["data-mend"]
    assert not two.session.running


def test_the_check_is_stopped_at_its_next_photo(two):
    doctor = DoctorEvents(two.events)
    steps = doctor.examine(*two.values)
    assert next(steps)["stop"].interactive
    doctor.stop(two.session)
    *_, last = steps
    assert "Nothing was checked" in last["report"] and not last["stop"].interactive
    assert not two.session.running
