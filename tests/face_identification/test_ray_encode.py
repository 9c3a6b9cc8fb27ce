"""Encoding a folder with two workers on a local Ray, one of them killed."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from local_ray import needs_ray

from plugins.shared.faces.gallery.enrol_set import Report, Step, enrol_set
from plugins.shared.faces.gallery.enrolment import space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.faces.gallery.stores import open_store
from plugins.shared.files.image_folder import open_labelled
from registry import Limits
from tests.shared.faces import made, real
from weights.errors import ParagoneError
from weights.remote.cluster import ClusterError

MANY = 60
pytestmark = [pytest.mark.ray, needs_ray]


def pictures() -> dict[str, bytes]:
    """Two people in pictures that differ in brightness, and what no gallery shall hold twice."""
    portraits = {who: real.portrait(who).resize((160, 168)) for who in real.WHO}
    files = {
        f"{who}/{n:03d}.jpg": made.encoded(
            image.point(lambda v, n=n: v * (400 - n) // 400), "JPEG", quality=90
        )
        for who, image in portraits.items()
        for n in range(MANY)
    }
    first, second = (files[f"grace_hopper/{n:03d}.jpg"] for n in (0, 1))
    return files | {
        "grace_hopper/again.jpg": first,
        "somebody/hopper.jpg": second,
        "somebody/hills.png": made.encoded(real.landscape()),
        "somebody/broken.png": b"nothing",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return made.folder(tmp_path_factory.mktemp("encode") / "set", pictures())


@pytest.fixture
def gallery(tmp_path) -> Iterator[Gallery]:
    store = open_store(str(tmp_path / "faces.sqlite"))
    yield Gallery(store, space_of(real.network(), "kept"))
    store.close()


def run(folder: Path, gallery: Gallery, **more) -> tuple[list[Step], Report]:
    from plugins.face_identification.ray.encode import encode_with_ray

    with open_labelled(folder, Limits()) as labelled:
        *steps, report = encode_with_ray(
            labelled, gallery, real.network().card, Limits(), 2, **more
        )
    return steps, report


@pytest.mark.slow
def test_a_killed_worker_costs_and_doubles_nobody(folder, gallery, local_ray, monkeypatch, capsys):
    from plugins.face_identification.ray import encode as ray_encode

    monkeypatch.setattr(ray_encode, "BATCH", 8)
    killed, seen = [], set()

    def kill_the_first(pid: int) -> None:
        seen.add(pid)
        if not killed:
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)

    begun = time.perf_counter()
    steps, report = run(folder, gallery, worker_seen=kill_the_first)
    took = time.perf_counter() - begun
    assert len(seen) >= 2 and steps[-1].done == 2 * MANY + 4
    assert sum(gallery.people().values()) == report.new == gallery.count().faces == 2 * MANY
    assert report.known == 1 and {s.name for s in report.refused} >= {
        "somebody/hills.png",
        "somebody/broken.png",
    }
    # One of the two whose picture is one and the same; which one depends on who is first.
    assert len(report.refused) == 3 and not report.stopped

    encodings = {row.id: row.encoding for row in gallery.rows()}
    chosen = folder.parent / "some"
    if not chosen.exists():
        shutil.copytree(folder / "eileen_collins", chosen / "eileen_collins")
        for path in sorted((chosen / "eileen_collins").iterdir())[8:]:
            path.unlink()
    one = Gallery(open_store("memory:"), space_of(real.network(), "kept"))
    with open_labelled(chosen, Limits()) as labelled:
        list(enrol_set(labelled, one, real.find(), real.network(), Limits(), gate=False))
    assert one.count().faces == 8
    for row in one.rows():
        np.testing.assert_allclose(encodings[row.id], row.encoding, atol=1e-5)
    one.store.close()

    again, second = run(folder, gallery)
    assert second.new == 0 and second.known == 2 * MANY + 1 and len(second.refused) == 3
    assert gallery.count().faces == 2 * MANY
    with capsys.disabled():
        print(
            f"\n[ray] {2 * MANY} faces with two workers, one killed: {took:.0f} s; again: "
            f"{second.seconds:.0f} s"
        )


def test_it_stops_after_a_batch_and_goes_on_later(folder, gallery, local_ray):
    steps, report = run(folder, gallery, stop=lambda: True)
    assert len(steps) == 1 and report.stopped
    assert 0 < gallery.count().faces == report.new < 2 * MANY


def test_workers_without_the_gallerys_weights_are_refused(folder, gallery, local_ray):
    other = Gallery(gallery.store, replace(gallery.space, revision="f" * 64))
    with pytest.raises(ParagoneError, match="A worker has other weights than the gallery"):
        run(folder, other)
    assert other.count().encodings == 0


def test_too_many_workers_are_refused_and_nothing_hangs(folder, gallery, local_ray):
    from plugins.face_identification.ray.encode import encode_with_ray

    with open_labelled(folder, Limits()) as labelled:
        steps = encode_with_ray(labelled, gallery, real.network().card, Limits(), 5)
        with pytest.raises(ClusterError, match="3 CPUs, and 3.3 are needed"):
            next(steps)
