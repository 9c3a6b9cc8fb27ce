"""The catalogue: what it holds, and what it refuses."""

from __future__ import annotations

from importlib import metadata

import pytest

from weights import Weights
from weights.catalog import Card, make_card, read_catalog
from weights.errors import CatalogError, UnknownWeights

FACES = ("dlib_resnet.*", "vit_*_ms1mv3", "convnext_*_ms1mv3")
GOOD = {"name": "a.b", "source": "hub:owner/name"}


def test_every_card_says_where_it_comes_from():
    cards = read_catalog()
    assert len(cards) >= 13
    for card in cards.values():
        assert card.licence
        assert card.training_data != "not stated"
        assert card.url.startswith("https://")
        assert bool(card.figure) == bool(card.figure_source)
        if card.scheme == "package":
            assert card.sha256, "packaged files are always pinned"


def test_face_encoders():
    cards = Weights().cards(FACES)
    assert len(cards) == 7
    assert cards[0].name == "dlib_resnet.faces_v1"
    for card in cards:
        assert card.alignment
        assert card.distance
        size = {"dlib-150": (3, 150, 150), "arcface-112": (3, 112, 112)}[card.alignment]
        assert card.input_size == size
        assert card.normalise == (card.distance == "cosine")
    dlib = cards[0]
    assert dlib.threshold == 0.6
    assert dlib.threshold_source
    assert [round(255 * value, 3) for value in dlib.mean] == [122.782, 117.001, 104.298]
    assert {round(255 * value, 9) for value in dlib.std} == {256.0}


def test_files_are_no_backbones():
    weights = Weights()
    assert weights.card("yunet.2023mar_int8bq").kind == "file"
    assert "yunet.2023mar_int8bq" not in {card.name for card in weights.cards()}


def test_twins_are_packaged_and_expect_the_same():
    for card in read_catalog().values():
        if card.twin:
            twin = read_catalog()[card.twin]
            assert twin.scheme == "package"
            for field in ("input_size", "mean", "std", "encoding_size", "alignment", "distance"):
                assert getattr(twin, field) == getattr(card, field)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"name": "nodot"}, "name"),
        ({"source": "http://x"}, "source"),
        ({"source": "hub:noslash"}, "source"),
        ({"source": "package:noslash"}, "source"),
        ({"source": ""}, "source"),
        ({"kind": "song"}, "kind"),
        ({"sha256": "abc"}, "sha256"),
        ({"revision": "main"}, "revision"),
        ({"filename": "a b"}, "filename"),
        ({"input_size": [3, 0, 5]}, "input_size"),
        ({"input_size": [3, 5]}, "input_size"),
        ({"mean": [0.5]}, "mean"),
        ({"mean": [0.5], "std": ["x"]}, "std"),
        ({"mean": [0.5, 0.5, 0.5], "std": [1, 1, 0]}, "std"),
        ({"mean": [0.5, 0.5, 0.5], "std": [1, 1]}, "std"),
        ({"alignment": "dlib-151"}, "alignment"),
        ({"alignment": "whole-9"}, "alignment"),
        ({"alignment": "whole-1000"}, "alignment"),
        ({"alignment": "whole-032"}, "alignment"),
        ({"distance": "far"}, "distance"),
        ({"threshold": -1.0}, "threshold"),
        ({"threshold": True}, "threshold"),
        ({"normalise": "yes"}, "normalise"),
        ({"encoding_size": "512"}, "encoding_size"),
        ({"licence": 3}, "licence"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_malformed_entries(change, names):
    with pytest.raises(CatalogError, match=names):
        make_card({**GOOD, **change})


def test_missing_field():
    with pytest.raises(CatalogError, match="source is missing"):
        make_card({"name": "a.b"})


def test_good_entry():
    card = make_card({**GOOD, "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]})
    assert isinstance(card, Card)
    assert (card.architecture, card.repo, card.mean) == ("a", "owner/name", (0.5, 0.5, 0.5))
    assert make_card({**GOOD, "alignment": "whole-32"}).alignment == "whole-32"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[weights]", "cannot be read"),
        ('[[weights]]\nname = "a.b"\nsource = "hub:a/b"\n' * 2, "one name"),
        ('[[weights]]\nname = "a.b"\nsource = "hub:a/b"\ntwin = "a.c"\n', "no packaged entry"),
    ],
)
def test_malformed_catalogue(tmp_path, text, says):
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    with pytest.raises(CatalogError, match=says):
        read_catalog(path)
    with pytest.raises(CatalogError, match="cannot be read"):
        read_catalog(tmp_path / "none.toml")


def test_register():
    weights = Weights()
    card = weights.register(name="mine.v1", source="hub:me/mine", title="Mine")
    assert weights.card("mine.v1") is card
    assert weights.cards(("mine.*",)) == (card,)
    assert Weights().cards(("mine.*",)) == ()
    with pytest.raises(CatalogError, match="already"):
        weights.register(name="mine.v1", source="hub:me/mine")
    with pytest.raises(CatalogError, match="twin"):
        weights.register(name="mine.v2", source="hub:me/mine", twin="mine.v1")


def test_unknown_name_lists_the_nearest():
    with pytest.raises(UnknownWeights, match=r"dlib_resnet\.faces_v1"):
        Weights().card("dlib_resnet.face_v1")
    availability = Weights().availability("no.thing_like_this")
    assert not availability.ready
    assert "no.thing_like_this" in availability.why


def test_cards_from_timm():
    weights = Weights()
    card = weights.card("resnet50.a1_in1k")
    assert card.source == "timm:resnet50.a1_in1k"
    assert card.repo == "timm/resnet50.a1_in1k"
    assert (card.licence, card.training_data) == ("apache-2.0", "not stated")
    assert weights.card("timm:resnet50.a1_in1k") == card
    assert weights.card("resnet18").name == "resnet18.a1_in1k"
    assert weights.card("resnet18") is weights.card("resnet18.a1_in1k")
    assert metadata.version("timm")
