"""`python app.py encode DATA --gallery URI`: encode a folder into a gallery.

It runs in this process, or with `--workers` on Ray: the cluster that RAY_ADDRESS names, or a local
one. Ctrl-C ends it after the picture at hand; what was written by then stays.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from plugins.shared.faces.engine import Engine
from plugins.shared.faces.gallery.console import (
    WORKERS,
    Progress,
    add_model,
    add_names,
    exit_code,
    open_told,
    opened,
    until_interrupted,
    wide,
    words,
    worker_count,
)
from plugins.shared.faces.gallery.enrol_set import Report, Step, enrol_set
from plugins.shared.faces.gallery.enrolment import KEPT, space_of
from plugins.shared.faces.gallery.gallery import Gallery
from weights.errors import ParagoneError
from weights.remote.cluster import connected, load


def encode(ctx: Any, arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Args:
        ctx: The task's context.
        arguments: What follows the verb.

    Returns:
        0 when a picture of the set is in the gallery now, 1 when none is, 130 after Ctrl-C.

    Raises:
        ParagoneError: The set, the network or the gallery cannot be used.
    """
    engine = Engine(ctx)
    options = _encode_parser(engine).parse_args(arguments)
    workers, limits = options.workers, wide(ctx.limits)
    network = engine.network(options.model)
    if workers > 1:
        load()
        if not options.data.is_dir():
            what = "Workers read pictures by their paths, and this is no folder"
            raise ParagoneError(what, where=str(options.data), todo="Unpack it first.")
    with ExitStack() as stack:
        labelled = stack.enter_context(open_told(options.data, limits, options.names))
        store = stack.enter_context(opened(options.gallery, environ))
        stop = stack.enter_context(until_interrupted())
        gallery = Gallery(store, space_of(network, KEPT))
        steps: Iterator[Step | Report]
        if workers > 1:
            from plugins.face_identification.ray.encode import encode_with_ray

            stack.enter_context(connected(workers + 1))
            steps = encode_with_ray(
                labelled, gallery, network.card, limits, workers, device=ctx.device, stop=stop
            )
        else:
            find = engine.finder(options.model)
            steps = enrol_set(labelled, gallery, find, network, limits, gate=False, stop=stop)
        report = Progress(sys.stderr).follow(steps)
    print(words(report, labelled.title, store.place))
    return exit_code(report)


def _encode_parser(engine: Engine) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py encode",
        description="Encode the largest face of every picture, or the whole picture where the "
        "network reads that, into a gallery. Run again, it passes over what is there.",
    )
    add = parser.add_argument
    add("data", type=Path, metavar="DATA", help="a folder or zip with one folder a person")
    where = "a file, or a Milvus server (http://host:19530)"
    add("--gallery", required=True, metavar="URI", help=where)
    add_names(parser)
    add_model(parser, engine)
    add("--workers", type=worker_count, default=1, metavar="N", help=WORKERS)
    return parser
