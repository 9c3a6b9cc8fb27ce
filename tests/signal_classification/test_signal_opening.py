"""What the page opens with: recorded, written, and read again without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from serving import run_code

from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.data.simulated_ecg import LENGTH
from plugins.signal_classification.learning.input_form import Form
from plugins.signal_classification.settings import Settings
from plugins.signal_classification.views.opening import Opening, opening, write

if TYPE_CHECKING:
    from plugins.signal_classification.learning.trained import Trained


@pytest.fixture(scope="module")
def trained() -> Trained:
    from plugins.signal_classification.learning.network import build
    from plugins.signal_classification.learning.packaged_model import CLASSES
    from plugins.signal_classification.learning.trained import Trained

    settings, form = Settings(network="resnet", width=4, members=1), Form(1, LENGTH)
    network = build(settings, form, len(CLASSES), 0).eval()
    return Trained((network,), form, CLASSES, settings)


def beats(count: int) -> SignalSet:
    from plugins.signal_classification.learning.packaged_model import CLASSES

    rng = np.random.default_rng(count)
    rows = list(rng.standard_normal((count, 1, LENGTH)).cumsum(-1))
    return SignalSet(rows, np.arange(count) % len(CLASSES), CLASSES)


def test_what_was_recorded_is_read_again_within_its_digits(trained, tmp_path, monkeypatch):
    from plugins.signal_classification import record_opening

    monkeypatch.setattr(record_opening, "USUAL", ("1-nearest neighbour", "Majority class"))
    standing = record_opening.stand(trained, beats(20), beats(15), seconds=3.0, twin=0)
    made = Opening("T", "L", "D", "M", record_opening.shown(trained), standing)
    path = tmp_path / "deep" / "opening.json"
    write(made, path)
    read = opening(path)
    assert (read.title, read.licence, read.data, read.machine) == ("T", "L", "D", "M")
    assert [row.name for row in read.standing.rows] == [
        "ResNet-1D", "1-nearest neighbour", "Majority class"
    ]  # fmt: skip
    assert read.standing.rows[0].ours and read.standing.rows[0].seconds >= 3
    report, known = read.standing.report, standing.report
    assert np.array_equal(report.confusion, known.confusion)
    assert np.allclose(report.recall, known.recall, atol=1e-4)
    assert np.allclose(report.precision, known.precision, atol=1e-4, equal_nan=True)
    assert np.array_equal(report.calibration.counts, known.calibration.counts)
    assert len(read.beats) == 2 * record_opening.EACH
    for one, other in zip(read.beats, made.beats, strict=True):
        assert (one.name, one.truth, one.best) == (other.name, other.truth, other.best)
        for name in ("signal", "probabilities", "maps"):
            assert np.allclose(getattr(one, name), getattr(other, name), atol=6e-4)
        assert np.allclose(one.kernels[2].response, other.kernels[2].response, atol=6e-4)


def test_the_page_opens_without_torch():
    code = (
        "import sys\n"
        "from plugins.signal_classification.views.opening import opening\n"
        "from plugins.signal_classification import tab\n"
        "from plugins.signal_classification.views import html as views\n"
        "views.answer(opening().beats[0], 'a CPU')\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {'torch', 'aeon', 'sklearn'}))"
    )
    assert run_code(code).strip() == "[]"
