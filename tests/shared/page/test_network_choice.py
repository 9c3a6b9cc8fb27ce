"""The networks that a page lists."""

from __future__ import annotations

from types import SimpleNamespace

from plugins.shared.page.network_choice import offered_in_menu, titles_of

CARDS = {
    "net.hub": SimpleNamespace(title="Net", twin="net.packaged"),
    "net.packaged": SimpleNamespace(title="Net (packaged)", twin=""),
    "other": SimpleNamespace(title="Other", twin=""),
}


def test_a_packaged_twin_is_not_listed_beside_what_it_stands_in_for():
    assert titles_of(CARDS) == [("Net", "net.hub"), ("Other", "other")]
    assert ("Net (packaged)", "net.packaged") in titles_of(CARDS, "net.packaged")


class Context:
    """A host that has one network, and knows why it lacks the others."""

    asked: list[str] = []

    def availability(self, name: str) -> SimpleNamespace:
        self.asked.append(name)
        return SimpleNamespace(ready=name == "here", why=f"<{name[0]}>")


def test_what_cannot_be_had_is_listed_apart_by_its_reason():
    titles = [("Here", "here"), ("A & B", "far"), ("C", "foreign"), ("D", "gone"), ("Own", "own")]
    found, hint = offered_in_menu(Context(), titles, frozenset({"own"}))
    assert found == [("Here", "here"), ("Own", "own")] and "own" not in Context.asked
    assert hint.startswith('<details class="pv-apart"><summary>3 more cannot be had now</summary>')
    assert "<p>&lt;f&gt;</p><ul><li>A &amp; B</li><li>C</li></ul><p>&lt;g&gt;</p>" in hint
    assert offered_in_menu(Context(), titles[:1]) == ([("Here", "here")], "")
