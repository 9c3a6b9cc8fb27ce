"""The plug-in in Paragone, through its kit, and its maths alone."""

import numpy as np
import pytest
from gradio_client.exceptions import AppError
from paragone_edge_directions.model import compare, directions


def stripes(upright: bool) -> np.ndarray:
    rows = np.tile((np.arange(64) // 8 % 2 * 255).astype(np.uint8), (64, 1))
    return np.repeat((rows if upright else rows.T)[..., None], 3, axis=2)


def test_upright_edges_are_in_the_first_bin_and_level_ones_in_the_middle():
    assert directions(stripes(upright=True), 9)[0] == 1
    assert directions(stripes(upright=False), 9)[4] == 1
    assert compare(stripes(True), stripes(False), 9).overlap == 0


def test_a_picture_is_like_itself_and_less_like_another(client, sample):
    ask = client("edge-directions")
    picture, face = sample("picture"), sample("face")
    assert ask(first=picture, second=picture)["overlap"] == pytest.approx(1)
    other = ask(first=picture, second=face, bins=18)
    assert 0 < other["overlap"] < 1 and len(other["first"]) == len(other["second"]) == 18


@pytest.mark.parametrize("bins", [1, 181, -1])
def test_bins_out_of_range_are_told_in_words(client, sample, bins):
    picture = sample("picture")
    with pytest.raises(AppError, match="There can be 2 to 180 bins"):
        client("edge-directions")(first=picture, second=picture, bins=bins)


def test_it_keeps_the_contract(check_plugin):
    report = check_plugin("edge-directions")
    assert report.errors == [], report
