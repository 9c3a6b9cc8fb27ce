"""Networks that a visitor trained: found by their name alone, in memory, for a while."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from weights import Card, Weights
from weights.backbone import Backbone
from weights.errors import CatalogError, Gone, SettingError, UnknownWeights, WeightsError
from weights.session_networks import Adopted, is_adopted

if TYPE_CHECKING:
    from torch import nn

    from weights.transform import Transform

DIGEST = "ab" * 32
CARD = Card(
    name="small.net",
    source="local:/somewhere",
    title="Digits, fine-tuned",
    twin="",
    alignment="whole-32",
    input_size=(3, 32, 32),
    mean=(0.5,) * 3,
    std=(0.5,) * 3,
    encoding_size=32,
)


@cache
def transform() -> Transform:
    from weights.transform import Transform

    return Transform((32, 32), (0.5,) * 3, (0.5,) * 3, "cpu")


def small(seed: int = 0) -> nn.Module:
    """32 numbers of a picture; its weights are 3,584 bytes."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 32, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()).train()


SIZE = 4 * (32 * 3 * 9 + 32)


@pytest.fixture
def weights() -> Weights:
    return Weights(device="cpu", offline=True)


def adopt(weights: Weights, seed: int = 0) -> Card:
    return weights.adopt(CARD, small(seed), transform(), DIGEST)


def test_it_is_used_like_any_other_by_its_name(weights):
    module = small()
    card = weights.adopt(CARD, module, transform(), DIGEST)
    assert card == replace(CARD, name=card.name, source="session:memory", sha256=DIGEST)
    assert weights.card(card.name) is card
    backbone = weights.backbone(card.name)
    assert backbone.module is module and backbone.transform is transform() and backbone.card is card
    assert not module.training and not any(p.requires_grad for p in module.parameters())
    pixels = np.zeros((40, 30, 3), np.uint8)
    assert backbone.module(backbone.transform(pixels)).shape == (1, 32)
    located = weights.file(card.name)
    assert located.path is None and located.origin is backbone.origin
    assert (located.origin.via, located.origin.sha256) == ("session", DIGEST)
    state = weights.availability(card.name)
    assert (state.ready, state.via) == (True, "session")


def test_the_name_is_a_secret_that_no_list_and_no_message_tells(weights):
    names = [adopt(weights, seed).name for seed in range(3)]
    assert len(set(names)) == 3 and all(map(is_adopted, names))
    assert all(len(name.removeprefix("finetuned.")) == 32 for name in names)
    for globs in (("*",), ("finetuned.*",), tuple(names)):
        assert not {card.name for card in weights.cards(globs)} & set(names)
    for near in (names[0][:-1], names[0] + "0", names[0].upper(), "finetuned.*", "finetuned."):
        with pytest.raises(UnknownWeights) as caught:
            weights.card(near)
        said = caught.value.for_people.replace(repr(near), "")
        assert not any(name in said for name in names)
    assert "finetuned" not in weights.file(names[0]).origin.sentence
    assert "in memory only" in weights.file(names[0]).origin.sentence


def test_a_guess_and_a_released_name_get_the_same_answer(weights):
    name = adopt(weights).name
    assert weights.release(name) and not weights.release(name)
    said = set()
    for gone in (name, "finetuned." + "0" * 32):
        for ask in (weights.card, weights.file, weights.backbone, weights.trainable):
            with pytest.raises(Gone) as caught:
                ask(gone)
            said.add(caught.value.for_people)
        assert not weights.availability(gone).ready
    (words,) = said
    assert "no longer kept" in words and "an hour" in words and "Train it again" in words


def test_only_what_was_adopted_is_released(weights):
    assert not weights.release("dlib_resnet.faces_v1")
    assert weights.card("dlib_resnet.faces_v1")


def test_a_copy_to_train_leaves_the_original_alone(weights):
    import torch

    name = adopt(weights).name
    before = weights.backbone(name)
    mine = weights.trainable(name)
    assert mine.module is not before.module
    assert (mine.card, mine.origin, mine.transform) == (before.card, before.origin, transform())
    assert all(p.requires_grad for p in mine.module.parameters())
    kept = {key: value.clone() for key, value in before.module.state_dict().items()}
    mine.module(torch.ones(2, 3, 32, 32)).sum().backward()
    with torch.no_grad():
        for weight in mine.module.parameters():
            weight -= weight.grad
    after = weights.backbone(name).module
    assert all(torch.equal(kept[key], value) for key, value in after.state_dict().items())
    assert not any(p.requires_grad or p.grad is not None for p in after.parameters())


def test_a_listed_network_can_be_trained_too(weights):
    import torch

    mine = weights.trainable("dlib_resnet.faces_v1")
    shared = weights.backbone("dlib_resnet.faces_v1")
    assert all(p.requires_grad for p in mine.module.parameters())
    assert not any(p.requires_grad for p in shared.module.parameters())
    assert all(
        a.data_ptr() != b.data_ptr()
        for a, b in zip(mine.module.parameters(), shared.module.parameters(), strict=True)
    )
    batch = torch.zeros(1, 3, 150, 150)
    assert torch.equal(mine.module(batch).detach(), shared.module(batch))


@pytest.mark.parametrize("digest", ("", "abc", "Z" * 64))
def test_a_network_without_a_digest_is_refused(weights, digest):
    with pytest.raises(WeightsError, match="sha256"):
        weights.adopt(CARD, small(), transform(), digest)
    assert len(weights._adopted) == 0


def test_no_plug_in_lists_a_network_of_a_visit(weights):
    with pytest.raises(CatalogError, match="adopted and never listed"):
        weights.register(name="some.net", source="session:memory")


# --- how much, and for how long ------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def kept(adopted: Adopted, *names: str, size: int = 10) -> None:
    for name in names:
        card = replace(CARD, name=f"finetuned.{name}")
        adopted.add(Backbone(None, None, card, None), size)


def there(adopted: Adopted) -> str:
    """The names in the order in which they would make room; looking is not using."""
    return "".join(name[-1] for name in adopted._kept)


def test_the_least_used_make_room():
    adopted = Adopted(30)
    kept(adopted, "a", "b", "c")
    adopted.get("finetuned.a")
    kept(adopted, "d")
    assert there(adopted) == "cad"
    kept(adopted, "e", size=20)
    assert there(adopted) == "de"
    with pytest.raises(Gone):
        adopted.get("finetuned.a")


def test_what_is_larger_than_the_bound_is_refused_and_drops_nobody():
    adopted = Adopted(3 << 20)
    kept(adopted, "a")
    with pytest.raises(WeightsError, match="takes 5 MB, and this house keeps 3 MB") as caught:
        kept(adopted, "b", size=5 << 20)
    assert caught.value.where == "PARAGONE_TRAINED_MB" and there(adopted) == "a"


def test_an_hour_without_use_ends_it():
    clock = Clock()
    adopted = Adopted(100, clock=clock)
    kept(adopted, "a", "b")
    clock.now = 3599
    adopted.get("finetuned.a")
    clock.now = 3600
    adopted.get("finetuned.a")
    with pytest.raises(Gone):
        adopted.get("finetuned.b")
    clock.now = 7200
    adopted.sweep()
    assert there(adopted) == ""


def test_nobody_needs_to_come_for_it_to_end():
    adopted = Adopted(100, idle=0.05)
    kept(adopted, "a")
    deadline = time.monotonic() + 300
    while len(adopted):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    while adopted._watch is not None:  # The timer sleeps on only where something is kept.
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_bound_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("PARAGONE_TRAINED_MB", "0")
    with pytest.raises(WeightsError, match="PARAGONE_TRAINED_MB"):
        adopt(Weights(device="cpu", offline=True))
    monkeypatch.setenv("PARAGONE_TRAINED_MB", "1")
    weights = Weights(device="cpu", offline=True)
    names = [adopt(weights, seed).name for seed in range(3)]
    assert [weights.card(name).name for name in names] == names
    monkeypatch.setenv("PARAGONE_TRAINED_MB", "much")
    with pytest.raises(SettingError, match="PARAGONE_TRAINED_MB"):
        Weights(device="cpu", offline=True)


def test_the_size_of_the_weights_counts():
    module = small()
    assert sum(t.numel() * t.element_size() for t in module.state_dict().values()) == SIZE
    weights = Weights(device="cpu", offline=True)
    weights._adopted.max_bytes = 2 * SIZE
    first, second = adopt(weights).name, adopt(weights).name
    assert weights.card(first) and weights.card(second)
    third = adopt(weights).name
    assert weights.card(second) and weights.card(third)
    with pytest.raises(Gone):
        weights.card(first)


def test_many_at_once():
    """Threads that adopt, use and release: nobody gets another's network, and nothing is lost."""

    weights = Weights(device="cpu", offline=True)
    failures: list[BaseException] = []

    def work(module: nn.Module) -> None:
        try:
            for turn in range(60):
                name = weights.adopt(CARD, module, transform(), DIGEST).name
                assert weights.backbone(name).module is module
                if turn % 2:
                    assert weights.release(name)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(small(i),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(weights._adopted) == 4 * 30
    assert weights._adopted._bytes() == 4 * 30 * SIZE
