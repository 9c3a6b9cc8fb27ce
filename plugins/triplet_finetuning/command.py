"""`python app.py finetune DATA`: train an encoder on a folder or zip, one folder an identity.

It runs in this process, or with `--workers` on Ray: the cluster that RAY_ADDRESS names, or a local
one. Ctrl-C ends it after the step at hand; what was learnt by then stays.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any

from plugins.shared.faces.engine import Engine
from plugins.shared.faces.gallery.console import (
    INTERRUPTED,
    WORKERS,
    add_names,
    open_told,
    until_interrupted,
    wide,
    worker_count,
)
from plugins.triplet_finetuning.data.folder import read_set
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.data.split import BUILT_IN, built_in, split
from plugins.triplet_finetuning.export.files import save
from plugins.triplet_finetuning.settings import SCRATCH, Settings, alignment_for
from plugins.triplet_finetuning.training.events import Step
from plugins.triplet_finetuning.training.run import Run
from weights.errors import ParagoneError
from weights.remote.cluster import connected, load

OUT = Path("finetuned")


def finetune(ctx: Any, arguments: Sequence[str]) -> int:
    """Run the command.

    Args:
        ctx: The task's context.
        arguments: What follows the verb.

    Returns:
        0, or 130 after Ctrl-C; the best weights so far are written in both cases.

    Raises:
        ParagoneError: The set, a setting, the backbone or the folder cannot be used, or the run
            could not go on; then, too, the best weights so far are written.
    """
    options = vars(_finetune_parser().parse_args(arguments))
    apart = ("data", "out", "workers", "storage", "names")
    data, out, workers, storage, names = (options.pop(name) for name in apart)
    settings = Settings(**options)
    _check_folder(out)
    if workers > 1:
        load()  # Told before the work rather than after it.
    engine = Engine(ctx)
    pictures, held_out = _pictures(data, engine, settings, names)
    print(_sets(pictures, held_out), flush=True)
    scratch = settings.backbone == SCRATCH
    backbone = None if scratch else lambda: ctx.trainable(settings.backbone)
    sets = (settings, pictures, held_out, backbone)
    failure, run = None, Run(*sets, theatre=False)
    with ExitStack() as stack:
        stop = stack.enter_context(until_interrupted())
        if workers > 1:
            from plugins.triplet_finetuning.ray.run import RayRun

            stack.enter_context(connected(workers + 1))
            run = RayRun(*sets, workers=workers, storage=storage)
        try:
            for step in run.advance():
                _tell(run, step)
                run.stopped = stop()
        except ParagoneError as error:
            if not run.track.steps:
                raise
            failure = error
    outcome = run.finish()
    heads = None
    try:
        heads = run.heads(outcome)
    except ParagoneError as error:
        print(f"No head for pairs: {error.for_people}", file=sys.stderr)
    made = run.result(outcome, heads, data if data in BUILT_IN else "")
    written = save(made, out)
    print(f"The weights of step {outcome.best}, {outcome.pace:.1f} steps/s: {len(written)} files.")
    print(f"Written to {out}")
    if failure is not None:
        raise failure
    return INTERRUPTED if run.stopped else 0


def _finetune_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py finetune", description="Train an encoder with the triplet loss."
    )
    add = parser.add_argument
    either = " or ".join(BUILT_IN)
    add("data", metavar="DATA", help=f"a folder or zip, one folder an identity; or {either}")
    add("--out", type=Path, default=OUT, metavar="FOLDER", help="for the result (%(default)s)")
    add("--workers", type=worker_count, default=1, metavar="N", help=WORKERS)
    storage = "where a cluster's workers put checkpoints: a shared folder or an address"
    add("--storage", metavar="PLACE", help=storage)
    add_names(parser)
    for field in fields(Settings):
        option, default = f"--{field.name.replace('_', '-')}", field.default
        if isinstance(default, bool):
            add(option, action=argparse.BooleanOptionalAction, default=default)
        else:
            add(option, type=type(default), default=default, help="(%(default)s)")
    return parser


def _pictures(
    data: str, engine: Engine, settings: Settings, names: str
) -> tuple[PictureSet, PictureSet]:
    """What to train on, and what to test on, of other identities."""
    known = settings.backbone != SCRATCH
    alignment = alignment_for(engine.card(settings.backbone) if known else None)
    if data in BUILT_IN:
        return built_in(data, alignment, settings)
    limits = wide(engine.ctx.limits)
    with open_told(Path(data), limits, names) as labelled:
        for step in read_set(labelled, alignment, engine.find_faces, limits):
            if isinstance(step, PictureSet):
                return split(step, settings.test_share, settings.seed)
    raise AssertionError("Reading ends with a set")


def _sets(pictures: PictureSet, held_out: PictureSet) -> str:
    skipped = f"; {len(pictures.skipped)} left out" if pictures.skipped else ""
    lines = [
        f"{pictures.title}: {len(pictures)} pictures of {len(pictures.names)} identities to train "
        f"on, {len(held_out)} of {len(held_out.names)} others to test on{skipped}."
    ]
    return "\n".join([*lines, *(f"  {skip.name}: {skip.why}" for skip in pictures.skipped)])


def _tell(run: Run, step: Step) -> None:
    """A line at each evaluation, and one more where the run is collapsing."""
    if (evaluation := step.evaluation) is None:
        return
    loss = "" if math.isnan(step.loss) else f"loss {step.loss:.4f}, "
    left = "" if math.isnan(run.remaining) else f"; about {run.remaining:.0f} s left"
    print(
        f"step {step.number} of {run.settings.steps}: {loss}recall@1 {evaluation.recall:.1%}, "
        f"one-shot {evaluation.one_shot:.1%}, EER {evaluation.eer:.1%}{left}",
        flush=True,
    )
    if step.warning:
        print(f"  {step.warning}", flush=True)


def _check_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not os.access(out, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        what = f"The result cannot be written: {error.strerror}"
        raise ParagoneError(what, where=str(out), todo="Choose another --out.") from error
