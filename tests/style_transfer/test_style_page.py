"""What the page is drawn of."""

from __future__ import annotations

import json
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest
from painters import painting, photograph
from serving import run_code

from plugins.shared.files.pictures import Picture
from plugins.style_transfer import curves, views
from plugins.style_transfer.bundled import OFFERS, offered, shelf_of
from plugins.style_transfer.recorded import FOLDER, recorded
from plugins.style_transfer.session import Session
from weights.errors import ParagoneError


def test_the_recorded_painting_is_whole_and_small():
    old = recorded()
    steps = [one.step for one in old.saved]
    assert len(steps) == 24 and steps[0] == 1 and steps[-1] == old.settings.steps
    assert old.losses[-1].losses["total"] < old.losses[0].losses["total"]
    assert len(old.grams) == len(old.losses[0].by_layer) >= 5 and old.seconds > 0
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 400 * 1024


def test_opening_needs_no_torch():
    code = (
        "import sys\nfrom plugins.style_transfer.events import Events\n"
        "from types import SimpleNamespace as S\n"
        "ctx = S(backbones=lambda: [S(name='a.b')], limits=None, caller_left=lambda: False)\n"
        "from plugins.style_transfer.session import Session\n"
        "shown = Events(ctx).open(Session())\n"
        "assert len(shown) == 6 and all(shown.values())\nassert 'torch' not in sys.modules"
    )
    run_code(code)


def test_canvas_holds_the_saved_steps():
    saved = [SimpleNamespace(step=step, webp=b"RIFF") for step in (1, 9)]
    page = views.canvas(painting(), photograph(80, 80), saved)
    frames = json.loads(unescape(re.search(r"data-frames='([^']*)'", page)[1]))
    assert [step for step, _ in frames] == [1, 9] and 'max="2"' in page
    assert "data-scrub" not in views.canvas(painting(), photograph(80, 80))


def test_curves_name_their_last_values():
    losses = [
        SimpleNamespace(step=i, losses={"content": 1.0, "total": 9 / i}, by_layer={"a": 1 / i})
        for i in range(1, 50)
    ]
    page = curves.plots(losses, 49)
    assert page.count("<svg") == 2 and "total 0.184" in page and ">a</text>" in page
    assert curves.plots([], 10) == ""


def test_heat_maps_share_a_scale():
    goal = np.eye(4)
    assert views.heat(goal, goal) == views.heat(-goal, goal) != views.heat(goal / 9, goal)
    assert views.heat(np.full((4, 4), np.nan), goal).startswith("data:image/png")


def test_names_of_files_are_text():
    nasty = Picture(photograph(), '<img src=x onerror="1">', "", (96, 72), 1.0)
    assert "<img src=x" not in views.slot(nasty, "", "")


def test_offered_pictures_are_there():
    for key, one in OFFERS.items():
        assert offered(key).pixels.shape[2] == 3 and one.credit
    assert shelf_of("style").count("<button") == 4
    with pytest.raises(ParagoneError, match="no such picture"):
        offered("../../etc/passwd")


def test_forgetting():
    session = Session()
    session.pictures["style2"] = offered("scream")
    session.pictures["style1"] = offered("great_wave")
    assert [one.name.split(" (")[0] for one in session.styles] == ["The Great Wave", "The Scream"]
    run = session.run = SimpleNamespace(stopped=False, paused=True)
    session.forget()
    assert run.stopped and not run.paused and session.run is None and not session.pictures
