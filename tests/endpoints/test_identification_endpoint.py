"""The endpoints of face recognition from a caller's side: real files through `gradio_client`."""

from __future__ import annotations

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from serving import Server

from plugins.shared.faces.examples import load_example
from tests.endpoints.leftovers import left
from tests.shared.faces import real
from tests.shared.faces.made import encoded

MODEL = "dlib_resnet.faces_v1"
GRACE = "Grace Hopper"


class Caller:
    """A session of its own; every call leaves the upload folder empty."""

    def __init__(self, server: Server, folder):
        self.server, self.folder = server, folder
        self.client = Client(server.url, verbose=False, download_files=False)

    def call(self, verb: str, key: str = "", data: bytes = b"", **values) -> dict:
        if key or data:
            path = self.folder / (f"{key or 'file'}.png")
            path.write_bytes(data or encoded(Image.fromarray(load_example(key).pixels)))
            values["picture"] = handle_file(path)
        values.setdefault("model", MODEL)
        try:
            return self.client.predict(**values, api_name=f"/face_identification{verb}")
        finally:
            assert not left(self.server)

    def identify(self, key: str, **values) -> list[str | None]:
        answer = self.call("", key, **{"gallery": "visit", "template": "all", **values})
        return [face["person"] for face in answer["faces"]]

    def enrol(self, key: str, name: str, gallery: str = "visit") -> dict:
        values = {"name": name, "gallery": gallery, "keep_picture": False, "insist": False}
        return self.call("_enrol", key, **values)


@pytest.fixture
def caller(server, tmp_path):
    return lambda: Caller(server, tmp_path)


def test_enrol_identify_list_delete_and_nobody_else_sees_it(caller):
    ann, bob = caller(), caller()
    assert ann.identify("together") == [None, None]
    done = ann.enrol("grace_hopper", GRACE)
    assert done["new"] and done["people"] == 1 and done["gradient_steps"] == 0 and done["ms"] > 0
    assert ann.identify("together") == [GRACE, None]
    assert ann.identify("grace_hopper_mirrored", template="mean") == [GRACE]
    assert ann.identify("together", threshold=0.01) == [None, None]
    assert bob.identify("together") == [None, None]
    assert bob.call("_people", gallery="visit")["people"] == {}
    listed = ann.call("_people", gallery="visit")
    assert listed["people"] == {GRACE: 1} and listed["counts"]["encodings"] == 1
    receipt = ann.call("_delete", name=GRACE, gallery="visit")
    assert receipt["before"]["chips"] == 1 and set(receipt["after"].values()) == {0}
    assert receipt["proven"] and ann.identify("together") == [None, None]


def test_each_person_once_or_as_often_as_they_are_seen(caller):
    ann = caller()
    ann.enrol("grace_hopper", GRACE)
    pair = real.side_by_side(*(real.portrait("grace_hopper", c) for c in ("plain", "mirrored")))
    call = {"data": encoded(pair), "gallery": "visit", "template": "all"}
    answer = ann.call("", **call)
    lost, won = sorted(answer["faces"], key=lambda face: face["person"] is not None)
    assert (lost["person"], won["person"], answer["once"]) == (None, GRACE, True)
    assert lost["rival"] == {"person": GRACE, "number": won["number"], "nearer": True}
    assert lost["verdict"] == "unknown" and won["rival"] is None
    mirror = ann.call("", once=False, **call)
    assert [face["person"] for face in mirror["faces"]] == [GRACE, GRACE]
    assert not mirror["once"] and [face["rival"] for face in mirror["faces"]] == [None, None]


def test_the_kept_gallery_is_shared_and_leaves_no_trace(caller, server):
    ann, bob = caller(), caller()
    ann.enrol("eileen_collins", "Eileen C.", gallery="kept")
    assert bob.identify("together", gallery="kept") == [None, "Eileen C."]
    assert bob.identify("together") == [None, None]
    files = list(server.kept.parent.iterdir())
    encoding = real.encoding("eileen_collins").astype("<f4").tobytes()
    assert any(b"Eileen C." in file.read_bytes() for file in files)
    assert bob.call("_delete", name="Eileen C.", gallery="kept")["proven"]
    for file in server.kept.parent.iterdir():
        assert b"Eileen C." not in file.read_bytes() and encoding[:64] not in file.read_bytes()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"data": b"These are my notes."}, "not a picture"),
        ({"data": encoded(real.landscape())}, ""),
        ({"key": "grace_hopper", "model": "dlib_resnet.faces_v9"}, "dlib_resnet.faces_v1"),
        ({"key": "grace_hopper", "threshold": -1}, "A threshold is a distance"),
        ({"key": "grace_hopper", "template": "median"}, "There is no template"),
        ({"key": "grace_hopper", "gallery": "theirs"}, "There is no gallery"),
        ({}, "A picture is missing"),
    ],
)
def test_a_bad_call_is_one_clear_error(caller, values, words):
    ann = caller()
    ann.enrol("grace_hopper", GRACE)
    call = {"gallery": "visit", "template": "all", **values}
    if not call.get("key") and not call.get("data"):
        call["picture"] = None
    if not words:
        assert ann.call("", **call)["faces"] == []
        return
    with pytest.raises(AppError, match=words) as caught:
        ann.call("", **call)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "x" * 81])
def test_a_name_that_cannot_be_kept(caller, name):
    with pytest.raises(AppError, match="name"):
        caller().enrol("grace_hopper", name)


def test_nobody_to_delete(caller):
    with pytest.raises(AppError, match="Nobody of this name"):
        caller().call("_delete", name="Nobody", gallery="visit")
