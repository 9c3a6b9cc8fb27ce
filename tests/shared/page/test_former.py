"""What results were made with, as it stands in them."""

from __future__ import annotations

import json

from plugins.shared.page.former import UNMADE, brought_set, made_with
from plugins.shared.page.session import PageSession
from tests.shared.faces.markup import Page


def test_results_say_what_they_were_made_with():
    session = PageSession()
    values = ["a <b>", 0.5, 7.0, True, None, ["x", "y"]]
    (made,) = Page(made_with(session, values)).all("i")
    assert "hidden" in made and json.loads(made["data-of"]) == [*values, 0]
    assert Page(brought_set(session)).all("i")[0]["data-set"] == "1"
    assert json.loads(Page(made_with(session, [])).all("i")[0]["data-of"]) == [1]
    assert Page(UNMADE).all("i")[0]["data-of"] == ""
