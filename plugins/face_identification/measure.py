"""Measure identification among K people on a labelled folder.

    python -m plugins.face_identification.measure openset FOLDER --enrolled 20 --photos 1 3
    python -m plugins.face_identification.measure kcurve FOLDER --title "ORL" --source "AT&T"

`openset` prints rank-1, FNIR and FPIR with tau set for an FPIR of 1 %. `kcurve` prints the errors
of random galleries against K and keeps them in `measured/<model>.json` beside this module.
"""

from __future__ import annotations

import argparse
import datetime
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plugins.face_identification.k_laboratory.k_curve import k_curve
from plugins.face_identification.k_laboratory.laboratory import thresholds
from plugins.face_identification.k_laboratory.open_set import KCurve
from plugins.face_identification.k_laboratory.open_set_trials import Trials, open_set_trials
from plugins.face_identification.k_laboratory.stored import StoredKCurve, write_k_curve
from plugins.shared.faces.detect import DETECTOR, FaceError, detector
from plugins.shared.faces.distances import distances
from plugins.shared.faces.encode import EncodingCache, Network
from plugins.shared.faces.gallery.stores.contract import TEMPLATES
from plugins.shared.faces.measured.cli import DEFAULT, LIMITS, exit_code, network_named
from plugins.shared.faces.measured.operating_curves import Rate
from plugins.shared.faces.read_faces import read_faces
from plugins.shared.files.image_folder import check_for_pairs, open_labelled
from weights import Weights

SHOWN_KS = (1, 2, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True)
class EncodedSet:
    """The faces of a labelled set.

    Attributes:
        encodings: (N, D) float32; `people`: N names.
        pictures: How many pictures the set has.
    """

    people: list[str]
    encodings: np.ndarray
    pictures: int


def encode_set(weights: Weights, network: Network, folder: Path) -> EncodedSet:
    """Find and encode every face; say what was left out."""
    find = detector(weights.file(DETECTOR).path)
    people, encodings = [], []
    with open_labelled(folder, LIMITS) as labelled:
        check_for_pairs(labelled)
        for step in read_faces(labelled, find, network, EncodingCache(), LIMITS):
            people += [read.item.person for read in step.faces]
            encodings += [read.encoded.encoding for read in step.faces]
            for skip in step.skipped:
                print(f"  skipped {skip.name}: {skip.why}")
        if not people:
            what, todo = "No face was found in any picture", "Choose a folder of photos of people."
            raise FaceError(what, where=labelled.title, todo=todo)
        return EncodedSet(people, np.stack(encodings), len(labelled.items))


def openset(network: Network, found: EncodedSet, args: argparse.Namespace) -> None:
    """Enrol some people, take the others for strangers, print the rates over random splits."""
    metric = network.card.distance
    templates = [("one photo", 1, "all")] if 1 in args.photos else []
    templates += [(f"{n} photos, {t}", n, t) for n in args.photos if n > 1 for t in TEMPLATES]
    for name, photos, template in templates:
        made = open_set_trials(
            found.encodings,
            found.people,
            metric,
            args.enrolled,
            photos,
            args.splits,
            args.seed,
            template,
        )
        print("\n".join(trials_lines(made, name, metric)))


def trials_lines(made: Trials, name: str, metric: str) -> list[str]:
    """The table of one set of trials."""

    def shown(attribute: str) -> str:
        rate = made.mean(attribute)
        if attribute.startswith("tau"):
            return f"{rate.value:.3f} [{rate.low:.3f}, {rate.high:.3f}]"
        return percent(rate)

    searches = (made.mean("mated").value, made.mean("strangers").value)
    return [
        f"{made.enrolled} people enrolled with {name}: {searches[0]:.1f} searches of theirs and "
        f"{searches[1]:.1f} of strangers a split, {len(made.splits)} splits, {metric}; "
        "mean [2.5 %, 97.5 % of the splits]",
        f"  rank-1 {shown('rank1')}",
        f"  tau for FPIR 1 % on the same strangers   {shown('tau')}: "
        f"FPIR {shown('fpir')}, FNIR {shown('fnir')}",
        f"  tau from one half, FPIR on the other half {shown('tau_half')}: "
        f"FPIR {shown('fpir_half')}, FNIR {shown('fnir_half')}",
    ]


def percent(rate: Rate) -> str:
    """A rate with its interval, in percent."""
    if np.isnan(rate.value):
        return "nobody to search for"
    return f"{100 * rate.value:.2f} % [{100 * rate.low:.2f}, {100 * rate.high:.2f}]"


def kcurve(network: Network, found: EncodedSet, args: argparse.Namespace) -> None:
    """Search random galleries of every size, print the rates, keep the curve."""
    name = network.card.distance
    table = distances(found.encodings, found.encodings, name)
    taus = thresholds(name, float(table.max()))
    curve = k_curve(table, found.people, taus=taus, seed=args.seed)
    print("\n".join(curve_lines(curve, network.card.threshold)))
    module = "python -m plugins.face_identification.measure"
    stored = StoredKCurve(
        title=args.title,
        source=args.source,
        pictures=found.pictures,
        date=datetime.date.today().isoformat(),
        command=f'{module} kcurve {args.folder.name} --title "{args.title}" '
        f'--source "{args.source}"' + (f" --model {args.model}" if args.model != DEFAULT else ""),
        metric=name,
        curve=curve,
    )
    print(f"kept in {write_k_curve(stored, network.origin.name, network.revision)}")


def curve_lines(curve: KCurve, threshold: float | None) -> list[str]:
    """K against the rates at the network's own threshold and at the one for an FMR of 1 %."""
    at_fmr = int(np.flatnonzero(curve.fmr <= 0.01)[-1])
    columns = [at_fmr]
    if threshold is not None:
        columns.insert(0, int(np.argmin(np.abs(curve.taus - threshold))))
    lines = [
        f"{curve.people} people, {curve.faces} faces, {curve.replicates} random galleries of one "
        "photo a person; mean [2.5 %, 97.5 % of the galleries]"
    ]
    for column in columns:
        lines += [
            f"tau = {curve.taus[column]:g}, FMR {100 * curve.fmr[column]:.3f} %",
            f"{'K':>6}  {'FPIR measured':24}{'predicted':>10}  FNIR",
        ]
        predicted = curve.predicted()[:, column]
        for k in shown_rows(curve):
            fpir, fnir = Rate(*curve.fpir[k, column]), Rate(*curve.fnir[k, column])
            beside = f"{percent(fpir):24}{100 * predicted[k]:8.2f} %"
            lines.append(f"{curve.ks[k]:6}  {beside}  {percent(fnir)}".rstrip())
    lines.append(f"{'K':>6}  {'tau for FPIR 1 %':24}  rank-1")
    for k in shown_rows(curve):
        tau, rank1 = Rate(*curve.tau_at[k]), Rate(*curve.rank1[k])
        held = f"{tau.value:.4f} [{tau.low:.4f}, {tau.high:.4f}]"
        held = "no stranger is left" if np.isnan(tau.value) else held
        lines.append(f"{curve.ks[k]:6}  {held:24}  {percent(rank1)}")
    return lines


def shown_rows(curve: KCurve) -> list[int]:
    """The rows that are printed: round K, the last one that leaves a stranger, and everybody."""
    wanted = {*SHOWN_KS, curve.reach, curve.people}
    return [row for row, k in enumerate(curve.ks) if k in wanted]


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 2 when the input is at fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    trials = commands.add_parser("openset", help="rank-1, FNIR and FPIR with some people enrolled")
    trials.add_argument("--enrolled", type=int, default=20, help="people in the gallery")
    trials.add_argument("--photos", type=int, nargs="+", default=[1, 3], help="photos of each")
    trials.add_argument("--splits", type=int, default=20, help="random splits")
    growth = commands.add_parser("kcurve", help="measure and keep the errors against K")
    growth.add_argument("--title", required=True, help="the set's name on the page")
    growth.add_argument("--source", required=True, help="the set's origin on the page")
    for one in (trials, growth):
        one.add_argument("folder", type=Path, help="a folder or zip with one folder a person")
        one.add_argument("--model", default=DEFAULT)
        one.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)

    def measure() -> None:
        weights = Weights()
        network = network_named(weights, args.model)
        found = encode_set(weights, network, args.folder)
        print(f"{network.origin.name}: {len(found.people)} faces in {found.pictures} pictures")
        {"openset": openset, "kcurve": kcurve}[args.command](network, found, args)

    return exit_code(measure)


if __name__ == "__main__":
    raise SystemExit(main())
