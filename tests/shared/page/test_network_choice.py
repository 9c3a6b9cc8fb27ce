"""The networks that a page lists."""

from __future__ import annotations

from types import SimpleNamespace

from plugins.shared.page.network_choice import titles_of

CARDS = {
    "net.hub": SimpleNamespace(title="Net", twin="net.packaged"),
    "net.packaged": SimpleNamespace(title="Net (packaged)", twin=""),
    "other": SimpleNamespace(title="Other", twin=""),
}


def test_a_packaged_twin_is_not_listed_beside_what_it_stands_in_for():
    assert titles_of(CARDS) == [("Net", "net.hub"), ("Other", "other")]
    assert ("Net (packaged)", "net.packaged") in titles_of(CARDS, "net.packaged")
