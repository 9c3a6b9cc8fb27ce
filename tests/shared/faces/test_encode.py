"""Encodings by the real network, and the session's cache."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from plugins.shared.faces.align import align
from plugins.shared.faces.distances import distances
from plugins.shared.faces.encode import EncodingCache, Network, encode, encode_faces
from plugins.shared.faces.examples import TOGETHER, examples, load_example
from tests.shared.faces import real
from weights import Backbone

PLAIN = [e.key for e in examples() if e.altered != "blurred" and e.key != TOGETHER]


def chips(keys) -> list[np.ndarray]:
    return [align(load_example(key), real.faces(key)[0], "dlib-150") for key in keys]


def asleep() -> Backbone:
    raise AssertionError("the network was loaded")


@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_a_batch_is_as_one_by_one(batch_size):
    some = chips(PLAIN[:5])
    single = np.concatenate([encode(real.backbone(), [chip]) for chip in some])
    together = encode(real.backbone(), some, batch_size)
    assert together.shape == (5, 128) and together.dtype == np.float32
    assert np.abs(together - single).max() < 1e-5
    assert np.abs(single[0] - single[-1]).max() > 0.1


def test_nothing_gives_an_empty_table():
    assert encode(real.backbone(), []).shape == (0, 128)


@pytest.mark.parametrize("normalise", [True, False])
def test_length_one_only_where_the_card_says(normalise):
    card = replace(real.backbone().card, normalise=normalise)
    rows = encode(replace(real.backbone(), card=card), chips(PLAIN[:2]))
    lengths = np.linalg.norm(rows, axis=1)
    assert (np.abs(lengths - 1) < 1e-5).all() == normalise
    plain = encode(real.backbone(), chips(PLAIN[:2]))
    scale = np.linalg.norm(plain, axis=1, keepdims=True) if normalise else 1
    assert rows == pytest.approx(plain / scale, abs=1e-5)


def test_no_gradient_is_kept():
    import torch

    before = [p.requires_grad for p in real.backbone().module.parameters()]
    grad = torch.is_grad_enabled()
    encode(real.backbone(), chips(PLAIN[:1]))
    assert torch.is_grad_enabled() == grad
    assert [p.requires_grad for p in real.backbone().module.parameters()] == before


def test_one_person_is_closer_than_two():
    """Portraits and their mirrored, darker and cropped copies: every genuine pair is nearer."""
    table = np.stack([real.encoding(key) for key in PLAIN])
    people = np.array([key.startswith("grace") for key in PLAIN])
    found = distances(table, table, "euclidean")
    same = people[:, None] == people
    off = ~np.eye(len(PLAIN), dtype=bool)
    threshold = real.backbone().card.threshold
    assert found[same & off].max() < threshold < found[~same].min()


def test_a_face_is_encoded_once():
    faces = [(load_example(key), real.faces(key)[0]) for key in PLAIN[:2]]
    cache = EncodingCache()
    first = encode_faces(real.network(), faces, cache)
    again = encode_faces(replace(real.network(), load=asleep), faces, cache)
    assert [f.fresh for f in first] == [True, True] and [f.fresh for f in again] == [False, False]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.encoding, other.encoding)
        assert np.array_equal(one.chip, other.chip)


def test_only_the_unknown_faces_go_through_the_network():
    faces = [(load_example(key), real.faces(key)[0]) for key in PLAIN[:3]]
    cache, seen = EncodingCache(), []
    encode_faces(real.network(), faces[1:2], cache)
    transform = real.backbone().transform

    def counted(some):
        seen.append(len(some))
        return transform(some)

    spy = replace(real.network(), load=lambda: replace(real.backbone(), transform=counted))
    found = encode_faces(spy, faces, cache)
    assert seen == [2] and [f.fresh for f in found] == [True, False, True]
    for face, key in zip(found, PLAIN, strict=False):
        assert face.encoding == pytest.approx(real.encoding(key), abs=1e-5)


def test_another_network_another_box_or_another_picture_is_not_known():
    picture, face = load_example(PLAIN[0]), real.faces(PLAIN[0])[0]
    cache = EncodingCache()
    encode_faces(real.network(), [(picture, face)], cache)
    origin = real.network().origin
    others = [
        (Network(real.network().card, replace(origin, name="other.tag"), asleep), picture, face),
        (Network(real.network().card, replace(origin, sha256="0" * 64), asleep), picture, face),
        (replace(real.network(), load=asleep), replace(picture, digest="0" * 64), face),
        (replace(real.network(), load=asleep), picture, replace(face, box=(1, 2, 90, 91))),
    ]
    for network, some, where in others:
        with pytest.raises(AssertionError, match="was loaded"):
            encode_faces(network, [(some, where)], cache)


def test_the_cache_is_bounded_and_forgets_what_was_not_used():
    cache = EncodingCache(limit=3)
    for i in range(3):
        cache.put((i,), np.array([i]))
    assert cache.get((0,)) == 0  # used, so the next one out is 1
    cache.put((3,), np.array([3]))
    assert len(cache) == 3
    assert [cache.get((i,)) is None for i in range(4)] == [False, True, False, False]
    cache.put((3,), np.array([33]))
    assert len(cache) == 3 and cache.get((3,)) == 33
    cache.clear()
    assert len(cache) == 0 and cache.get((0,)) is None


def test_a_copied_cache_is_empty_and_its_own():
    cache = EncodingCache(limit=7)
    cache.put(("a",), np.zeros(2))
    copy = deepcopy(cache)
    assert len(copy) == 0 and copy.limit == 7
    copy.put(("b",), np.zeros(2))
    assert cache.get(("b",)) is None and len(cache) == 1


def test_threads_share_a_cache_without_breaking_its_bound():
    from concurrent.futures import ThreadPoolExecutor

    cache = EncodingCache(limit=50)

    def work(key):
        cache.put(key, np.array(key))
        found = cache.get(key)
        return found is None or tuple(found) == key

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, product(range(8), range(200))))
    assert len(cache) == 50
