"""What a task may ask of the host."""

from __future__ import annotations

from fnmatch import fnmatchcase
from types import SimpleNamespace

import pytest

from registry import Limits, Task, TaskContext
from registry.context import NotAccepted
from weights.errors import ParagoneError


class Shelf:
    """Three names and no network behind them."""

    device, offline = "cpu", True
    error = ParagoneError
    names = ("a.one", "a.two", "b.one")

    def cards(self, globs=("*",)):
        chosen = [n for n in self.names if any(fnmatchcase(n, g) for g in globs)]
        return tuple(SimpleNamespace(name=n) for n in chosen)

    def backbone(self, name):
        return f"loaded {name}"

    def file(self, name):
        return f"file of {name}"

    def card(self, name):
        return f"card of {name}"

    def trainable(self, name):
        return f"copy of {name}"

    def adopt(self, card, module, transform, sha256):
        return ("adopted", card, module, transform, sha256)

    def release(self, name):
        return name in self.names

    def availability(self, name):
        return name in self.names


def context(globs=("a.*",), data=None) -> TaskContext:
    return TaskContext(Task("x-y", "A title", "p:b", backbones=globs), Limits(), Shelf(), data)


def test_a_task_gets_the_backbones_that_its_globs_accept():
    ctx = context()
    assert [card.name for card in ctx.backbones()] == ["a.one", "a.two"]
    assert ctx.backbone("a.two") == "loaded a.two"
    assert ctx.weights("b.one") == "file of b.one" and ctx.availability("b.one")
    assert (ctx.device, ctx.offline, ctx.task.name) == ("cpu", True, "x-y")
    assert context(globs=()).backbones() == ()


def test_another_backbone_is_refused_in_words_for_people():
    with pytest.raises(NotAccepted) as caught:
        context().backbone("b.one")
    assert caught.value.for_people == "A title cannot use 'b.one'. It accepts: a.one, a.two."


def test_a_trained_network_goes_to_the_weights_and_comes_back_where_it_is_accepted():
    ctx = context(globs=("a.*", "finetuned.*"))
    assert ctx.adopt("card", "module", "transform", "0" * 64) == (
        ("adopted", "card", "module", "transform", "0" * 64)
    )
    assert ctx.card("finetuned.x") == "card of finetuned.x"
    assert ctx.backbone("finetuned.x") == "loaded finetuned.x"
    assert ctx.trainable("a.one") == "copy of a.one"
    assert ctx.release("a.one") and not ctx.release("c.one")


@pytest.mark.parametrize("ask", ("card", "backbone", "trainable"))
def test_a_network_that_is_not_accepted_is_neither_described_nor_copied(ask):
    with pytest.raises(NotAccepted, match="cannot use 'finetuned.x'"):
        getattr(context(), ask)("finetuned.x")


def test_each_task_keeps_things_in_a_folder_of_its_own(tmp_path):
    assert context().data_dir is None
    assert context(data=tmp_path).data_dir == tmp_path / "x-y"
    assert (tmp_path / "x-y").is_dir()


def test_a_task_gets_the_error_for_people_that_ours_use():
    ctx = context()
    error = ctx.error("A picture is missing", where="first", todo="Bring two.")
    assert isinstance(error, ParagoneError)
    assert error.for_people == "first: A picture is missing. Bring two."
    assert ctx.error("It is empty").for_people == "It is empty."
