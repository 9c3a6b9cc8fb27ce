"""The limits of the house, and what holds a visitor to them."""

from __future__ import annotations

import dataclasses

import pytest

from registry import Limits, SettingError, limits, resources

VARIABLES = [each.metadata["variable"] for each in dataclasses.fields(Limits)]


def test_limits_come_from_the_environment():
    plain = Limits.from_environ({})
    assert dataclasses.astuple(plain)[:5] == (2**28, 2**26, 10**8, 5000, 2**30)
    assert (plain.queue_length, plain.session_minutes, plain.gpu_workers) == (64, 60, 1)
    assert len(set(VARIABLES)) == len(VARIABLES)
    seven = Limits.from_environ(dict.fromkeys(VARIABLES, " 7 "))
    assert set(dataclasses.astuple(seven)) == {7}


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "²", "٣"])
def test_a_limit_that_is_no_number_is_refused(variable, text):
    with pytest.raises(SettingError, match=variable):
        Limits.from_environ({variable: text})


@pytest.mark.parametrize(
    ("cores", "workers", "threads"), [(1, 1, 1), (2, 2, 1), (3, 3, 1), (8, 4, 2), (64, 4, 16)]
)
def test_the_cores_are_shared_out(monkeypatch, cores, workers, threads):
    monkeypatch.setattr(resources, "cores", lambda: cores)
    assert (Limits().workers, Limits().threads) == (workers, threads)
    assert Limits(workers=1).threads == cores
    assert Limits.from_environ({"PARAGONE_THREADS": "5"}).threads == 5


def test_a_container_has_the_memory_that_it_was_given(monkeypatch, tmp_path):
    own, none = tmp_path / "memory.max", tmp_path / "limit_in_bytes"
    monkeypatch.setattr(resources, "CGROUPS", (own, none))
    machine = resources.memory()
    own.write_text("max\n")
    assert resources.memory() == machine
    own.write_text(f"{512 * limits.MIB}\n")
    assert resources.memory() == 512 * limits.MIB
    assert Limits().memory_mb == int(512 * limits.MEMORY_SHARE)


def test_a_graphics_card_is_noticed_without_torch(monkeypatch, tmp_path):
    card = tmp_path / "nvidiactl"
    monkeypatch.setattr(resources, "NVIDIA", card)
    assert not resources.has_gpu({})
    card.touch()
    assert resources.has_gpu({})
    assert not resources.has_gpu({"PARAGONE_DEVICE": "CPU"})
    assert not resources.has_gpu({"CUDA_VISIBLE_DEVICES": ""})


@pytest.mark.parametrize(
    ("environ", "used"),
    [
        ({}, "3"),
        ({"OMP_NUM_THREADS": "1"}, "1"),
        ({"OMP_NUM_THREADS": "1", "PARAGONE_THREADS": "3"}, "3"),
    ],
)
def test_torch_is_told_its_threads_unless_somebody_chose_them(environ, used):
    resources.share_threads(3, environ)
    assert environ["OMP_NUM_THREADS"] == used
