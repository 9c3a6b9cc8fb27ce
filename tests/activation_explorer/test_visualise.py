"""What a unit wants to see."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from weights import Weights
from weights.errors import UnknownLayer


@pytest.fixture(scope="module")
def lite():
    return Weights(device="cpu", offline=True).backbone("tf_efficientnet_lite0.packaged_in1k")


def test_the_unit_fires_more_and_more(lite):
    from plugins.activation_explorer.visualise import visualise

    drawn = list(visualise(lite, "blocks.1", 5, steps=40))
    assert [one.step for one in drawn] == list(range(41))
    assert drawn[-1].activation > 3 * abs(drawn[0].activation) + 5
    assert drawn[-1].picture.dtype == np.uint8 and drawn[-1].picture.shape[0] >= 96
    again = list(visualise(lite, "blocks.1", 5, steps=40))
    assert np.array_equal(drawn[-1].picture, again[-1].picture), "the same seed draws the same"


def test_units_differ(lite):
    from plugins.activation_explorer.visualise import visualise

    one, other = (list(visualise(lite, "blocks.1", unit, steps=10))[-1] for unit in (1, 2))
    assert not np.array_equal(one.picture, other.picture)


def test_not_asking_stops(lite):
    from plugins.activation_explorer.visualise import visualise

    steps = visualise(lite, "blocks.2", 3, steps=10_000)
    assert len(list(islice(steps, 3))) == 3
    steps.close()


def test_what_does_not_exist(lite):
    from plugins.activation_explorer.visualise import UnitError, visualise

    with pytest.raises(UnitError, match="no unit 24"):
        next(visualise(lite, "blocks.1", 24))
    with pytest.raises(UnknownLayer, match="blocks"):
        next(visualise(lite, "blocks.9", 0))
