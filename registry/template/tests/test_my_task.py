"""The plug-in in Paragone, through its kit: `client`, `sample`, `stub_backbone`, `check_plugin`."""

import pytest
from gradio_client.exceptions import AppError


def test_a_picture_is_like_itself_and_less_like_another(client, sample, stub_backbone):
    ask = client("my-task")
    picture, face = sample("picture"), sample("face")
    same = ask(first=picture, second=picture, network=stub_backbone)
    other = ask(first=picture, second=face, network=stub_backbone)
    assert same["cosine"] == pytest.approx(1) and same["network"] == stub_backbone
    assert -1 <= other["cosine"] < same["cosine"]


def test_a_missing_picture_is_told_in_words(client, sample, stub_backbone):
    with pytest.raises(AppError, match="second: A picture is missing. Bring two pictures."):
        client("my-task")(first=sample("picture"), second=None, network=stub_backbone)


def test_it_keeps_the_contract(check_plugin):
    report = check_plugin("my-task")
    assert report.errors == [], report
