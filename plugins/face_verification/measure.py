"""Measure a network's operating curves on a labelled folder and keep them beside the code.

    python -m plugins.face_verification.measure curve FOLDER --title "ORL" --source "AT&T, 1992-94"

It prints detection rate, EER and accuracy, and writes `plugins/shared/faces/measured/<model>.json`.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from plugins.face_verification.laboratory import LabResult, survey
from plugins.shared.faces.detect import DETECTOR, detector
from plugins.shared.faces.encode import EncodingCache
from plugins.shared.faces.measured.cli import DEFAULT, LIMITS, exit_code, network_named
from plugins.shared.faces.measured.stored_curves import write_curve
from plugins.shared.files.image_folder import open_labelled
from weights import Weights


def curve(weights: Weights, args: argparse.Namespace) -> None:
    """Survey a folder or zip, print the figures, keep the curve."""
    network = network_named(weights, args.model)
    find = detector(weights.file(DETECTOR).path)
    module = "python -m plugins.face_verification.measure"
    command = f'{module} curve {args.folder.name} --title "{args.title}" --source "{args.source}"'
    command += f" --model {args.model}" if args.model != DEFAULT else ""
    with open_labelled(args.folder, LIMITS) as labelled:
        named = replace(labelled, title=args.title)
        for step in survey(named, find, network, EncodingCache(), LIMITS, command):
            last = step
    assert isinstance(last, LabResult)
    print(
        f"{last.model} on {args.title}: "
        f"faces in {last.curve.faces} of {last.curve.pictures} pictures"
    )
    for skip in last.skipped:
        print(f"  skipped {skip.name}: {skip.why}")
    for metric, one in last.curve.by_metric.items():
        low, high = one.eer_interval or (float("nan"),) * 2
        print(
            f"  {metric:10} EER {one.eer:.4f} [{low:.4f}, {high:.4f}] at {one.eer_threshold:.3f}; "
            f"AUC {one.area:.5f}; "
            f"best balanced accuracy {one.accuracy.max():.4f} at {one.best_threshold:.3f}"
        )
        if metric == network.card.distance and network.card.threshold is not None:
            point = one.at(network.card.threshold)
            print(
                f"  {'':10} at tau = {point.threshold:g}: FMR {point.fmr.value:.4f}, "
                f"FNMR {point.fnmr.value:.4f}, balanced accuracy {point.accuracy:.4f}"
            )
    kept = replace(last.curve, source=args.source)
    print(f"  kept in {write_curve(kept, network.origin.name, network.revision)}")


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 2 when the input is at fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    asked = commands.add_parser("curve", help="measure and keep the operating curves on a set")
    asked.add_argument("folder", type=Path, help="a folder or zip with one folder a person")
    asked.add_argument("--title", required=True, help="the set's name on the page")
    asked.add_argument("--source", required=True, help="the set's origin on the page")
    asked.add_argument("--model", default=DEFAULT)
    args = parser.parse_args(argv)
    return exit_code(lambda: curve(Weights(), args))


if __name__ == "__main__":
    raise SystemExit(main())
