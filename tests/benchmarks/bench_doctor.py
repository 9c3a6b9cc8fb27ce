"""The doctor of a gallery on real faces: five planted faults, and false alarms on a clean one.

    python -m tests.benchmarks.bench_doctor GALLERY.sqlite --model NAME [--seeds 20]

The gallery was enrolled with `--keep-pictures`; some people of it are left out, to be strangers.
Planted with real pictures, encoded anew: a stranger's photo under a name; a photo blurred by a 12th
of the face; a twin, whose photos are halfway between somebody's and a stranger's, chip by chip;
half of a person's photos under another name; and a person with one photo, which is blurred.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter

from plugins.face_identification.doctor import Checkup, Finding, check
from plugins.face_identification.doctor_events import judged, loose_threshold
from plugins.face_identification.error_rates import basis, threshold_for
from plugins.face_identification.session import VISIT
from plugins.face_identification.settings import KEPT
from plugins.shared.faces.align import align
from plugins.shared.faces.encode import Network
from plugins.shared.faces.gallery.crops import keep, restore
from plugins.shared.faces.gallery.stores.contract import Enrolment
from plugins.shared.faces.gallery.stores.sqlite import SqliteStore
from plugins.shared.faces.quality import Fault
from weights import Weights

OUT = 4
"""People who are left out."""


def opened(path: str, model: str) -> list[Enrolment]:
    """All faces of a gallery's file that a network has encoded."""
    store = SqliteStore(path)
    spaces = [s for name in (KEPT, VISIT) for s in store.spaces(name) if s.network == model]
    return [row for space in spaces for row in store.rows(space)]


class Bench:
    """One gallery and its network."""

    def __init__(self, path: str, model: str):
        backbone = Weights().backbone(model)
        self.network = Network(backbone.card, backbone.origin, lambda: backbone)
        self.rows = opened(path, model)
        self.faults: dict[str, tuple[Fault, ...]] = {}
        for _ in judged(self.rows, self.faults):
            pass
        self.known = basis(backbone.card)

    def checked(self, rows: list[Enrolment]) -> Checkup:
        tau = threshold_for(self.known, len(rows))[0]
        faults = {i: found for i, found in self.faults.items() if i in {row.id for row in rows}}
        new = [row for row in rows if row.id not in self.faults]
        for _ in judged(new, faults):
            pass
        loose = max(tau, loose_threshold(self.known, tau))
        return check(rows, self.known.metric, tau, loose, faults)

    def blurred(self, row: Enrolment, name: str) -> Enrolment:
        picture, face = restore(row.picture, row.landmarks, row.label)
        radius = face.size / 12
        pixels = Image.fromarray(picture.pixels).filter(ImageFilter.GaussianBlur(radius))
        picture = replace(picture, pixels=np.asarray(pixels))
        chip = align(picture, face, self.network.card.alignment)
        jpeg, landmarks = keep(picture, face)
        i = ("b" + row.id)[:32]
        return replace(
            row,
            id=i,
            person=name,
            encoding=self.network.encode([chip])[0],
            picture=jpeg,
            landmarks=landmarks,
        )

    def between(self, one: Enrolment, other: Enrolment, name: str) -> Enrolment:
        chips = [
            align(*restore(r.picture, r.landmarks, r.label), self.network.card.alignment)
            for r in (one, other)
        ]
        mixed = np.mean(chips, axis=0).astype(np.uint8)
        i = ("d" + one.id)[:32]
        encoding = self.network.encode([mixed])[0]
        return replace(one, id=i, person=name, encoding=encoding, picture=b"", landmarks=())


def planted(bench: Bench, seed: int) -> tuple[Counter, Counter]:
    """Which faults were found, and the kinds of the false alarms."""
    rng = np.random.default_rng(seed)
    people = sorted({row.person for row in bench.rows})
    order = rng.permutation(people)
    out, (a, b, c, d, e) = set(order[:OUT]), order[OUT : OUT + 5]
    of = {p: [row for row in bench.rows if row.person == p] for p in people}
    strangers = [row for p in sorted(out) for row in of[p]]
    rows = [row for row in bench.rows if row.person not in out]
    before = {_about(one) for one in bench.checked(rows).findings}
    stranger = replace(strangers[0], person=a)
    blur = bench.blurred(of[b][0], b)
    double = of[sorted(out)[1]]
    twins = [bench.between(one, other, "twin") for one, other in zip(of[c], double, strict=False)]
    half = {row.id for row in of[d][::2]}
    alone = bench.blurred(of[e][0], e)
    rows = [row for row in rows if row.person != e]
    rows = [replace(row, person="again") if row.id in half else row for row in rows]
    done = bench.checked([*rows, stranger, blur, *twins, alone])
    pairs = {frozenset((f.person, f.other)): f.kind for f in done.findings if f.other}
    told = {(f.kind, i): f for f in done.findings for i in f.faces}
    found = Counter(
        stranger=("outlier", stranger.id) in told or ("misplaced", stranger.id) in told,
        blurred=("poor", blur.id) in told,
        twin=pairs.get(frozenset((c, "twin"))) in ("twins", "duplicate"),
        duplicate=pairs.get(frozenset((d, "again"))) in ("twins", "duplicate"),
        alone=("poor", alone.id) in told and bool(told["poor", alone.id].alone),
    )
    mine = {stranger.id, blur.id, alone.id, *(t.id for t in twins)}
    others = [
        f
        for f in done.findings
        if not mine & {*f.faces} and "again" not in (f.person, f.other) and _about(f) not in before
    ]
    return found, Counter(f.kind for f in others)


def _about(one: Finding) -> tuple:
    return one.kind, one.faces


def main() -> None:
    """Print the clean gallery's findings, and over all seeds what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("gallery")
    parser.add_argument("--model", required=True)
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    bench = Bench(given.gallery, given.model)
    clean = bench.checked(bench.rows)
    print(f"clean: {clean.photos} photos, {clean.people} people,", end=" ")
    print(dict(Counter(one.kind for one in clean.findings)) or "nothing found")
    found, alarms = Counter(), Counter()
    for seed in range(given.seeds):
        here, others = planted(bench, seed)
        found.update(here)
        alarms.update(others)
    print(f"found in {given.seeds} galleries with five faults each: {dict(found)}")
    print(f"false alarms beside them: {dict(alarms) or 'none'}")


if __name__ == "__main__":
    main()
