"""The explorer's HTML and pictures: names are text, pictures decode, places are exact."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.activation_explorer import place_view as search_view
from plugins.activation_explorer import sheet, status_view, unit_view, wall_view
from plugins.activation_explorer.link import Link, LinkError, read_link, whole_number
from plugins.activation_explorer.patches import Patch
from plugins.shared.page.html_parts import data_uri
from tests.shared.faces.markup import EVIL, Page, decoded, safe

WHITE = np.full((8, 8, 3), 255, np.uint8)
URI = data_uri(WHITE)


def patch(height: int, width: int, top: int = 5, left: int = 5, value: float = 1.0) -> Patch:
    box = (top, left, top + height, left + width)
    return Patch(np.full((height, width, 3), 200, np.uint8), box, box, value, "x", 0)


def column(first: int = 0, units: int = 30, layer: str = "layer1", field=(7, 7)):
    last = min(first + wall_view.PER_PAGE, units)
    tiles = [wall_view.Tile(i, URI, 2.5, silent=i == 1) for i in range(first, last)]
    return wall_view.Column(layer, units, first, field, False, (56, 56), tiles)


# --- patches -----------------------------------------------------------------------------------


def test_a_patch_cut_at_the_border_stands_where_it_stood():
    whole = sheet.placed(patch(5, 7, top=0).crop, (7, 7), (0, 5))
    assert (whole[:2] == sheet.GREY).all() and (whole[2:] == 200).all()
    low = sheet.placed(patch(5, 7).crop, (7, 7), (219, 5))
    assert (low[5:] == sheet.GREY).all() and (low[:5] == 200).all()
    left = sheet.placed(patch(7, 4).crop, (7, 7), (5, 0))
    assert (left[:, :3] == sheet.GREY).all() and (left[:, 3:] == 200).all()


def test_a_field_larger_than_the_picture_shows_the_picture():
    assert sheet.window((851, 19), (224, 224)) == (224, 19)
    shown = sheet.framed(patch(224, 224, 0, 0), (851, 851), (224, 224), 40)
    assert shown.shape == (40, 40, 3) and (shown == 200).all()


def test_few_pixels_are_shown_as_squares():
    crop = np.zeros((2, 2, 3), np.uint8)
    crop[0, 0] = 255
    one = Patch(crop, (5, 5, 7, 7), (5, 5, 7, 7), 1.0, "x", 0)
    shown = sheet.framed(one, (2, 2), (224, 224), 40)
    assert set(np.unique(shown)) == {0, 255} and (shown[:20, :20] == 255).all()


def test_a_contact_sheet_has_nine_places_and_leaves_missing_ones_grey():
    shown = sheet.contact_sheet([patch(9, 9)] * 4, (9, 9), (224, 224), 10)
    assert shown.shape == (34, 34, 3)
    assert (shown[:10, :10] == 200).all() and (shown[12:22, :10] == 200).all()
    assert (shown[12:22, 12:] == sheet.GREY).all() and (shown[24:] == sheet.GREY).all()


def test_heat_lies_where_the_field_has_its_centre():
    values = np.zeros((4, 4), np.float32)
    values[1, 2] = 3.0
    picture = np.full((32, 32, 3), 100, np.uint8)
    over = sheet.heated(picture, values, (8.0, 8.0), (4.0, 4.0), 3.0).astype(int)
    light = over.sum(axis=-1)
    assert np.unravel_index(light.argmax(), light.shape) == (12, 20)
    assert (over[24:, :8] == 72).all(), "grey and clear where nothing fires"
    half = sheet.heated(picture, values, (8.0, 8.0), (4.0, 4.0), 30.0).astype(int)
    assert abs(half - 72).sum() < abs(over - 72).sum(), "measured by the top value"


# --- the wall ----------------------------------------------------------------------------------


def test_the_wall_has_a_section_a_layer_and_a_button_a_unit():
    page = Page(wall_view.wall([column(), column(12, layer="layer2", field=(99, 99))], (224, 224)))
    assert [s["data-layer"] for s in page.all("section")] == ["layer1", "layer2"]
    units = [b for b in page.all("button") if "data-unit" in b]
    assert [int(b["data-unit"]) for b in units] == [*range(12), *range(12, 24)]
    assert "is-silent" in units[1]["class"] and "never fires" in units[1]["aria-label"]
    assert "sees 7 × 7 px" in page.text and "12–23 of 30 units" in page.text
    turns = [b for b in page.all("button") if "data-turn" in b]
    assert ["disabled" in b for b in turns] == [True, False, False, False]
    last = Page(wall_view.wall([column(24)], (224, 224)))
    assert "24–29 of 30" in last.text and "disabled" in last.all("button")[-1]
    assert "No unit has been looked at" in wall_view.wall([], (224, 224))


def test_fields_are_drawn_to_one_scale():
    def side(size):
        page = Page(wall_view.field_drawing(size, (224, 224), 435))
        return [float(r["width"]) for r in page.all("rect")]

    (picture, small), (same, middle), (_, wide) = side((43, 43)), side((99, 99)), side((435, 435))
    assert picture == same
    assert small / picture == pytest.approx(43 / 224, rel=0.01)
    assert middle / picture == pytest.approx(99 / 224, rel=0.01)
    assert wide == wall_view.ICON
    beyond = wall_view.field_drawing((851, 851), (224, 224), 851)
    assert "is-beyond" in beyond and "is-beyond" not in wall_view.field_drawing(
        (339, 339), (224, 224), 851
    )


def test_what_a_unit_sees_is_said():
    assert wall_view.sees((7, 7), (224, 224), False) == "sees 7 × 7 px"
    assert "more than the picture" in wall_view.sees((1311, 900), (224, 224), False)
    assert "gates" in wall_view.sees((7, 7), (224, 224), True)


# --- a unit, a place, the state ------------------------------------------------------------------


def test_names_are_text():
    safe(wall_view.wall([column(layer=EVIL)], (224, 224)))
    place = unit_view.Place(URI, URI, (0, 0, 50, 50), 2.0, EVIL, 3)
    safe(unit_view.patches([place], silent=False))
    safe(unit_view.heading(EVIL, "layer1", 1, 9, "sees 7 px", "?a=b&c=d", "all", True))
    safe(unit_view.map_view(WHITE, WHITE, EVIL, 1.0, 2.0))
    hits = [search_view.Hits(EVIL, (0, 0, 10, 10), [search_view.Hit(4, 1.0, 0.5, URI)])]
    safe(search_view.hits_view(hits))
    safe(search_view.picture_view(WHITE, EVIL, (0.5, 0.25), hits))
    safe(status_view.finished(EVIL, "all", 3, 9, 2.0, True, "From a file."))


def test_a_card_carries_the_box_of_its_patch():
    assert unit_view.percent_box((-20, 56, 112, 300), (224, 224, 3)) == (25, 0, 75, 50)
    places = [
        unit_view.Place(URI, URI, (25.0, 0.0, 75.0, 50.0), value, "cat", i)
        for i, value in enumerate((4.0, 2.0))
    ]
    page = Page(unit_view.patches(places, silent=False))
    assert [b["data-picture"] for b in page.all("button")] == ["0", "1"]
    boxes = [i["style"] for i in page.all("i") if "left" in i["style"]]
    assert boxes[0] == "left:25.00%;top:0.00%;width:75.00%;height:50.00%"
    bars = [i["style"] for i in page.all("i") if i["style"].startswith("width")]
    assert bars == ["width:100.0%", "width:50.0%"]
    for image in page.all("img"):
        decoded(image["src"])
    assert "fires on none" in unit_view.patches(places, silent=True)


def test_a_heading_links_to_the_unit_and_its_neighbours():
    address = Link("net.tag", "blocks.2", 0).address
    page = Page(unit_view.heading("Net", "blocks.2", 0, 9, "sees 7 px", address, "all", True))
    (link,) = page.all("a")
    query = "backbone=net.tag&layer=blocks.2&unit=0"
    assert link["href"] == f"./?page=activation-explorer&{query}"
    before, after, _ = page.all("button")
    assert "disabled" in before and after["data-unit"] == "1"
    assert "data-open" in page.all("div")[0]
    own = Page(unit_view.heading("Net", "blocks.2", 0, 9, "sees 7 px", "", "mine.zip"))
    assert own.all("a") == [], "no link leads to the visitor's own pictures"


def test_a_place_has_its_cross_and_a_box_a_layer():
    hits = [search_view.Hits("layer1", (40, 20, 10, 10), ())]
    page = Page(search_view.picture_view(WHITE, "cat", (0.45, 0.25), hits))
    assert [b["style"] for b in page.all("b")] == ["left:45.00%;top:25.00%"]
    assert page.all("i")[0]["style"].startswith("left:40.00%;top:20.00%")
    assert "No unit of this layer fires here" in search_view.hits_view(hits)
    assert "Click a place" in search_view.hits_view([])


def test_the_state_is_said():
    assert "Picture 16 of 600, 40.0 a second, about 15 s left" in status_view.surveying(
        16, 600, 40.0, 14.6
    )
    assert "1 survey is ahead" in status_view.waiting(1, 9.0)
    assert "3 surveys are ahead" in status_view.waiting(3)
    stopped = Page(status_view.finished("Net", "mine.zip", 32, 90, 2.0, True, "From a file."))
    assert "Stopped: Net over 32 of 90 pictures (mine.zip). It took 2 s." in stopped.text


# --- links -------------------------------------------------------------------------------------


def test_a_link_survives_the_way():
    link = Link("a b.tag&x", "blocks#2", 17)
    assert read_link(link.address) == link
    assert read_link("") is read_link("?__theme=dark") is None


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?backbone=net", "names no layer"),
        ("?layer=x&unit=3", "names no backbone"),
        ("?backbone=a&layer=b", "names no unit"),
        ("?backbone=a&layer=b&unit=ten", "'ten' is no number"),
        ("?backbone=a&layer=b&unit=1.5", "no number"),
        ("?backbone=a&layer=b&unit=1e999", "no number"),
    ],
)
def test_a_bad_link_is_named(query, words):
    with pytest.raises(LinkError, match=words):
        read_link(query)
    assert whole_number(4.0, "unit") == 4
