"""Unknown faces of an unsorted folder: in groups, named a group at a time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from plugins.face_identification.group_events import GroupEvents
from plugins.face_identification.grouping import groups, pairwise
from plugins.shared.page.widgets import Upload
from tests.shared.faces import made, real
from tests.shared.faces.markup import Page

GRACE = "Grace Hopper"


def test_groups_are_people_and_the_largest_comes_first():
    rng = np.random.default_rng(0)
    true = np.repeat([0, 1, 2, 3], [3, 7, 5, 1])
    order = rng.permutation(len(true))
    centres = np.eye(4)[true[order]]
    table = centres + rng.normal(0, 0.05, centres.shape)
    found = groups(table, "euclidean", 0.6, [str(i) for i in order])
    assert pairwise(found, true[order]) == (1.0, 1.0)
    assert [int((found == n).sum()) for n in range(4)] == [7, 5, 3, 1]
    assert groups(table[:1], "euclidean", 0.6, ["a"]).tolist() == [0]
    assert groups(table[:0], "euclidean", 0.6, []).tolist() == []


def test_two_faces_of_one_picture_are_two_people():
    table = np.zeros((4, 8)) + 0.1
    found = groups(table, "euclidean", 0.6, ["one", "one", "two", "two"])
    assert found[0] != found[1] and found[2] != found[3]
    assert sorted(np.bincount(found)) == [2, 2]


def test_pairwise_scores():
    assert pairwise([0, 0, 0, 1], ["a", "a", "b", "b"]) == (1 / 3, 1 / 2)
    assert pairwise([0, 1], ["a", "b"]) == (0.0, 0.0)


@pytest.fixture
def bring(visitor, tmp_path):
    """Bring an unsorted zip; the last answer."""
    do = GroupEvents(visitor.events)

    def act(files: dict[str, bytes]) -> str:
        folder = tmp_path / "upload"
        folder.mkdir()
        path = made.zipped(folder / "mixed.zip", files)
        *_, last = do.bring(Upload(path, path.name), False, *visitor.values)
        assert not path.exists() and last["unsorted"] is None
        return last["groups"]

    def name(group: str, who: str, out: tuple = ()) -> dict:
        event = SimpleNamespace(group=group, name=who, out=list(out))
        return visitor.show(do.name(event, *visitor.values))

    act.name = name
    return act


def mixed() -> dict[str, bytes]:
    names = ("plain", "mirrored", "darker")
    files = real.face_files({"eileen_collins": names, "grace_hopper": names[:1]})
    flat = {path.replace("/", " "): data for path, data in files.items()}
    return flat | {"view.png": made.encoded(real.landscape()), "notes.txt": b"notes"}


def test_known_faces_are_told_and_a_group_is_named_at_once(visitor, bring):
    page = Page(bring(mixed()))
    assert f"1 face is of somebody who is enrolled: {GRACE} (1)" in page.text
    assert "3 unknown faces in 1 groups" in page.text
    (form,) = page.all("form")
    faces = [b["data-face"] for b in page.all("button") if "data-face" in b]
    assert len(faces) == 3
    said = bring.name(form["data-group"], "eileen  collins", faces[2:])
    assert "2 faces of eileen collins enrolled" in said
    assert visitor.gallery.people() == {"eileen collins": 2, GRACE: 1}
    (form,) = Page(visitor.shown["groups"]).all("form")
    assert form["data-group"] == faces[2], "who was unticked is left"
    assert "name is empty" in bring.name(faces[2], " ")
    assert "No face is ticked" in bring.name(faces[2], "Ada", faces[2:])
    bring.name(faces[2], "EILEEN COLLINS")
    assert visitor.gallery.people() == {"eileen collins": 3, GRACE: 1}
    assert Page(visitor.shown["groups"]).all("form") == []


def test_a_folder_without_faces_is_refused(visitor, bring):
    assert "No face was found in any picture" in bring({"view.png": made.encoded(real.landscape())})
    assert not visitor.session.running
