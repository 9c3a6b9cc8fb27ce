"""What the events of the explorer's page do, with a tiny network: no browser, no server."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from leaving import endpoint, leave_before_it_is_built
from PIL import Image

from plugins.activation_explorer import draw_events, events, place_events, unit_events
from plugins.activation_explorer import sources as bringing
from plugins.activation_explorer.bench import Bench, LayerError
from plugins.activation_explorer.endpoint import build_endpoint
from plugins.activation_explorer.link import Link
from plugins.activation_explorer.session import Session
from plugins.activation_explorer.sources import BROUGHT, BUNDLED
from plugins.activation_explorer.survey_view import Board
from plugins.shared.page.runs import Left
from plugins.shared.page.widgets import Upload
from tests.activation_explorer import explored
from tests.activation_explorer.explored import PLAIN, TINY
from tests.shared.faces.made import encoded
from tests.shared.faces.markup import Page
from weights.errors import ParagoneError, UnknownLayer


@pytest.fixture
def house(monkeypatch):
    """The page's events over twelve pictures; a finished survey of them stands for the recorded
    one.
    """
    board = Board(explored.surveyed(), "Tiny", "From memory.", True, 3.0)
    monkeypatch.setattr(events, "recorded_board", lambda: board)
    monkeypatch.setattr(bringing, "bundled", explored.pictures)
    monkeypatch.setattr(events, "FRAME", 0.0)
    return events.Events(explored.House())


@pytest.fixture
def units(house):
    return unit_events.UnitEvents(house)


@pytest.fixture
def places(house):
    return place_events.PlaceEvents(house)


@pytest.fixture
def drawings(house):
    return draw_events.DrawEvents(house)


def told(**fields):
    return SimpleNamespace(**fields)


def last(steps):
    *_, end = steps
    return end


def tiles(wall: str) -> list[int]:
    return [int(b["data-unit"]) for b in Page(wall).all("button") if "data-unit" in b]


# --- a survey ------------------------------------------------------------------------------------


def test_a_survey_streams_its_wall_and_ends_as_the_brute_one(house):
    session = Session()
    frames = list(house.survey(session, TINY, BUNDLED, []))
    said = [str(frame["status"]) for frame in frames]
    assert "Loading the network" in said[0] and "Picture 12 of 12" in said[-2]
    assert "over 12 pictures (noise)" in said[-1]
    walls = [frame["wall"] for frame in frames if "wall" in frame]
    assert len(Page(walls[-1]).all("section")) == 5
    assert not session.running and session.board is not None
    for name, found in explored.surveyed().layers.items():
        np.testing.assert_allclose(session.board.survey.layers[name].values, found.values, 1e-4)
    again = list(house.survey(session, TINY, BUNDLED, []))
    assert len(again) == 2, "the same survey is not made twice"


def test_chosen_layers_come_in_the_order_in_which_they_run(house):
    session = Session()
    last(house.survey(session, TINY, BUNDLED, ["layer2", "layer1"]))
    assert session.board.layers == ("layer1", "layer2")


def test_stopping_keeps_what_was_found(house, monkeypatch):
    session = Session()
    monkeypatch.setattr(bringing, "bundled", lambda: explored.pictures(40))
    for frame in house.survey(session, TINY, BUNDLED, ["layer1"]):
        if "Picture" in str(frame["status"]):
            house.stop(session)
    assert session.board.survey.seen == 16 and "Stopped" in frame["status"]
    assert "16 of 40 pictures" in frame["status"] and tiles(frame["wall"])


def test_whoever_leaves_stops_within_a_batch(house, monkeypatch):
    session = Session()
    monkeypatch.setattr(bringing, "bundled", lambda: explored.pictures(40))
    steps = house.survey(session, TINY, BUNDLED, ["layer1"])
    while "Picture" not in str(next(steps)["status"]):
        pass
    board = session.board
    session.forget()
    with pytest.raises(Left):
        list(steps)
    assert board.survey.seen == 16 and session.board is None and not house.runs._tickets


def test_one_survey_at_a_time_and_the_others_see_their_place(house):
    first = house.runs.join(lambda: 40.0)
    session = Session()
    steps = house.survey(session, TINY, BUNDLED, ["layer1"])
    said = [str(next(steps)["status"]) for _ in range(3)]
    assert "1 survey is ahead of you" in said[-1] and "40 s" in said[-1]
    twice = list(house.survey(session, TINY, BUNDLED, []))
    assert len(twice) == 1 and "A survey of yours is going on" in twice[0]["status"]
    first.leave()
    assert "over 12 pictures" in last(steps)["status"]


@pytest.mark.parametrize(
    ("name", "source", "layers", "words"),
    [
        (PLAIN, BUNDLED, [], "is no ConvNet"),
        (TINY, BUNDLED, ["layer9"], "no layer named"),
        (TINY, BUNDLED, [f"l{i}" for i in range(9)], "9 layers were chosen"),
        (TINY, BROUGHT, [], "No pictures were brought"),
        ("nonsense", BUNDLED, [], "no such network"),
        ("", BUNDLED, [], "no such network"),
        ("resnet9000.x_in1k", BUNDLED, [], "resnet9000"),
    ],
)
def test_what_cannot_be_surveyed_is_named_and_nothing_is_lost(house, name, source, layers, words):
    session = Session()
    last(house.survey(session, TINY, BUNDLED, ["layer1"]))
    board = session.board
    end = last(house.survey(session, name, source, layers))
    assert words in Page(end["status"]).text and "pv-error" in end["status"]
    assert session.board is board and not session.running
    assert end["find"].value != "" and not house.runs._tickets


def test_another_network_lists_its_layers(house):
    wait, shown = list(house.network(TINY))
    layers = shown["layers"]
    assert "Loading" in wait["status"] and layers.value == list(explored.surveyed().layers)
    assert len(layers.choices) > 20 and "layers" in shown["status"]
    refused = last(house.network(PLAIN))["status"]
    assert "no ConvNet" in refused and "resnet18" in refused, "some that are are listed"


def test_the_layers_that_were_chosen_are_checked():
    bench = Bench(explored.House())
    with pytest.raises(UnknownLayer, match="layer1"):
        bench.chosen(bench.backbone(TINY), ["layr1"])
    with pytest.raises(LayerError, match="fit the wall"):
        bench.chosen(bench.backbone(TINY), ["layer1"] * 9)


# --- pictures of one's own -----------------------------------------------------------------------


def test_a_small_zip_of_ones_own(house, tmp_path):
    session = Session()
    files = {**explored.picture_files(3), "notes.txt": b"no picture"}
    upload = explored.zip_of(tmp_path, files)
    shown = house.bring(upload, session)
    about = shown["about"]
    assert shown["upload"] is None and not upload.path.exists()
    assert "mine.zip: 3 pictures. A unit can have only 3" in Page(about).text
    assert "notes.txt" in about
    end = last(house.survey(session, TINY, BROUGHT, ["layer1"]))
    assert "over 3 pictures (mine.zip)" in end["status"]
    assert session.board.survey.patches("layer1", 0)[2].value <= session.board.top("layer1", 0)
    assert not session.board.bundled and not house.surveys._kept, "kept for the visitor alone"
    unit = unit_events.UnitEvents(house).jump(session, "layer1", 0)
    assert Page(unit["heading"]).all("a") == [], "no link shows somebody's own pictures"


def test_one_picture_only(house, tmp_path):
    session = Session()
    house.bring(explored.zip_of(tmp_path, explored.picture_files(1)), session)
    last(house.survey(session, TINY, BROUGHT, ["layer1"]))
    assert len(session.board.places("layer1", 0)) == 1


def test_a_bad_zip_is_named_and_the_one_before_stays(house, tmp_path):
    session = Session()
    house.bring(explored.zip_of(tmp_path, explored.picture_files(2)), session)
    before = session.brought
    tiny = encoded(Image.new("RGB", (1, 1)), "PNG")
    for files, words in (({"a.txt": b"x"}, "mine.zip"), ({"dot.png": tiny}, "dot.png")):
        about = house.bring(explored.zip_of(tmp_path, files), session)["about"]
        assert "pv-error" in about and words in about
    assert session.brought is before


# --- the wall and a unit -------------------------------------------------------------------------


def test_pages_of_units_turn_and_stop_at_the_ends(house):
    session = Session()
    layer = house.board(session).layers[-1]
    units = house.board(session).units(layer)
    for _ in range(units):
        wall = house.turn(told(layer=layer, way=1), session)
    assert session.first[layer] == (units - 1) // 12 * 12 and tiles(wall)[-1] == units - 1
    wall = house.turn(told(layer="nonsense", way=1), session)
    for _ in range(units):
        wall = house.turn(told(layer=layer, way=-1), session)
    assert session.first[layer] == 0 and tiles(wall)[-12:] == list(range(12))


def test_opening_shows_the_finished_survey(units):
    session = Session()
    (frame,) = units.arrive(session, "?__theme=dark")
    assert "Tiny over 12 pictures" in frame["status"]
    assert len(Page(frame["wall"]).all("section")) == 5
    assert "tabs" not in frame, "the wall stays in front"
    assert "data-open" not in frame["heading"], "the address stays as it is"


def test_a_link_opens_exactly_its_unit(units):
    session = Session()
    query = Link(TINY, "layer2", 5).address
    (frame,) = units.arrive(session, query)
    assert frame["tabs"].selected == "unit" and "Unit 5" in Page(frame["heading"]).text
    assert "<code>layer2</code>" in frame["heading"] and "data-open" in frame["heading"]
    assert (session.opened.layer, session.opened.unit) == ("layer2", 5)


def test_a_link_to_another_layer_looks_for_its_patches_first(units):
    session = Session()
    query = Link(TINY, "layer1.0.conv1", 3).address
    frames = list(units.arrive(session, query))
    assert any("Picture 12 of 12" in str(frame.get("status")) for frame in frames)
    assert session.opened.unit == 3 and session.opened.board is session.board
    assert session.opened.layer in session.board.layers and len(session.board.layers) == 6
    assert "Unit 3" in Page(frames[-1]["heading"]).text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?backbone=x", "names no layer"),
        (Link(TINY, "layer2", 5000).address, "There is no unit 5000"),
        (Link(TINY, "layer2", -1).address, "There is no unit -1"),
        (Link(TINY, "layer77", 0).address, "no layer named 'layer77'"),
        (Link(PLAIN, "blocks.0", 0).address, "is no ConvNet"),
        (Link("nonsense", "a", 0).address, "no such network"),
        (Link(TINY, "layer1.0.conv1", 999).address, "There is no unit 999"),
    ],
)
def test_a_bad_link_is_named_and_the_wall_is_there(units, query, words):
    session = Session()
    frames = list(units.arrive(session, query))
    assert words in Page(frames[-1]["status"]).text
    walls = [frame["wall"] for frame in frames if "wall" in frame]
    assert len(Page(walls[-1]).all("section")) == 5 and session.board is None


def test_a_unit_has_its_nine_patches_with_values_and_boxes(house, units):
    session = Session()
    shown = units.click(told(layer="layer2", unit=4), session)
    page = Page(shown["cards"])
    assert len(page.all("button")) == 9
    patches = house.board(session).survey.patches("layer2", 4)
    assert [int(b["data-picture"]) for b in page.all("button")] == [p.picture for p in patches]
    top, left, bottom, right = patches[0].box
    style = next(i["style"] for i in page.all("i") if "left" in i["style"])
    wanted = [100 * x / 224 for x in (left, top, right - left, bottom - top)]
    got = [float(x) for x in re.findall(r"[\d.]+", style)]
    np.testing.assert_allclose(got, wanted, atol=0.01)


@pytest.mark.parametrize("number", [None, "x", 1.5, -1, 4000])
def test_a_bad_unit_number_is_named(units, number):
    session = Session()
    opened = units.jump(session, "layer2", 3)["heading"]
    said = units.jump(session, "layer2", number)
    assert list(said) == ["status"] and "pv-error" in said["status"]
    assert "Unit 3" in opened and session.opened.unit == 3


# --- over a picture ------------------------------------------------------------------------------


def test_a_map_over_a_picture_of_the_set_peaks_at_the_patch_value(house, units):
    session = Session()
    units.jump(session, "layer2", 4)
    patch = house.board(session).survey.patch("layer2", 4, 0)
    shown = Page(units.map_over(told(picture=patch.picture), session)["map"])
    assert len(shown.all("img")) == 2 and "100 % of its top value" in shown.text
    assert "no such picture" in units.map_known(session, 99)["map"]
    assert "pv-error" in units.map_known(session, "..")["map"]


@pytest.mark.parametrize("size", [(16, 16), (300, 120), (2000, 1500)])
def test_a_map_and_a_place_in_a_picture_of_ones_own(units, places, tmp_path, size):
    session = Session()
    units.jump(session, "layer2", 4)

    def upload():
        path = tmp_path / "u" / "mine.png"
        path.parent.mkdir(exist_ok=True)
        rng = np.random.default_rng(1)
        pixels = rng.integers(0, 256, (*size[::-1], 3), np.uint8)
        path.write_bytes(encoded(Image.fromarray(pixels), "PNG"))
        return Upload(path, "mine.png")

    shown = units.map_brought(session, upload())
    assert shown["upload"] is None and "mine.png" in shown["map"] and "ae-two" in shown["map"]
    assert places.search_brought(session, upload())["upload"] is None
    shown = places.search(told(x=0.3, y=0.6), session)
    assert "left:30.00%;top:60.00%" in shown["picture"]
    assert len(Page(shown["hits"]).all("section")) == 5
    assert not list(tmp_path.rglob("*.png"))


def test_pictures_that_cannot_be_used_are_named(units, places, tmp_path):
    session = Session()
    units.jump(session, "layer2", 4)
    places.shelves(session)
    before = session.picture
    strip = encoded(Image.new("RGB", (2000, 20)), "PNG")
    dot = encoded(Image.new("RGB", (1, 1)), "PNG")
    for name, data in (("strip.png", strip), ("dot.png", dot), ("notes.jpg", b"no picture")):
        for ask, part in ((units.map_brought, "map"), (places.search_brought, "hits")):
            path = tmp_path / "u" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            said = ask(session, Upload(path, name))[part]
            assert "pv-error" in said and name in said and not path.exists()
    assert session.picture is before


def test_what_fires_at_a_place_is_ordered_and_leads_to_the_unit(units, places):
    session = Session()
    lists = places.shelves(session)
    assert len(lists["choice"].choices) == len(lists["over"].choices) == 12
    hits = places.search(told(x=0.5, y=0.5), session)["hits"]
    rows = re.findall(r"<section.*?</section>", hits)
    assert len(rows) == 5
    for row in rows:
        shares = [int(x) for x in re.findall(r"<small>(\d+) %</small>", row)]
        assert shares == sorted(shares, reverse=True) and all(x <= 100 for x in shares)
    first = Page(hits).all("button")[0]
    units.click(told(layer=first["data-layer"], unit=int(first["data-unit"])), session)
    assert session.opened.unit == int(first["data-unit"])


# --- drawing -------------------------------------------------------------------------------------


def test_a_drawing_streams_and_can_be_stopped(units, drawings, monkeypatch):
    monkeypatch.setattr(draw_events, "PAUSE", 0.0)
    session = Session()
    assert "No unit is open" in next(drawings.draw(session))["dream"]
    units.jump(session, "layer1", 0)
    states = []
    for frame in drawings.draw(session):
        states.append(re.findall(r'data-state="(\w+)"', frame["dream"])[0])
        if "Step 3 of" in frame["dream"]:
            drawings.halt(session)
    assert states[-1] == "done" and "Step 4 of" in frame["dream"] or "Step 3 of" in frame["dream"]
    assert len(states) < 10 and not drawings.runs._tickets
    assert len(Page(frame["dream"]).all("img")) == 1


def test_a_drawing_ends_when_another_unit_is_opened(units, drawings, monkeypatch):
    monkeypatch.setattr(draw_events, "PAUSE", 0.0)
    session = Session()
    units.jump(session, "layer1", 0)
    for frame in drawings.draw(session):
        if "Step 2 of" in frame.get("dream", ""):
            units.jump(session, "layer1", 1)
    assert "dream" not in frame, "the other unit's page is left alone"


def test_a_session_forgets_everything(tmp_path):
    session = Session()
    upload = explored.zip_of(tmp_path, explored.picture_files(1))
    bringing.bring(upload, session, explored.House.limits)
    session.forget()
    assert session.stopped and session.brought is None and session.board is None
    with pytest.raises(ParagoneError):
        bringing.pictures_for(session, BROUGHT)


def test_no_layers_are_sought_for_callers_who_have_left(house, monkeypatch):
    sought, call = [], endpoint(build_endpoint, house)
    monkeypatch.setattr(Bench, "chosen", lambda *given: sought.append(given))
    leave_before_it_is_built(house, lambda: call(TINY, "", 0, None))
    assert not sought
