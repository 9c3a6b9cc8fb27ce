"""`python app.py enrol FOLDER`: enrol a folder or zip, one folder a person, into the kept gallery.

Ctrl-C ends it after the picture at hand. What is enrolled stays, and the next run goes on there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from plugins.face_identification.settings import KEPT, gallery_uri
from plugins.shared.faces.engine import Engine
from plugins.shared.faces.gallery.console import (
    AGAIN,
    Progress,
    add_model,
    add_names,
    exit_code,
    open_told,
    opened,
    until_interrupted,
    wide,
    words,
)
from plugins.shared.faces.gallery.enrol_set import enrol_set
from plugins.shared.faces.gallery.enrolment import space_of
from plugins.shared.faces.gallery.gallery import Gallery
from plugins.shared.files.csv_files import write_csv
from plugins.shared.files.image_folder import Skipped
from weights.errors import ParagoneError


def enrol(ctx: Any, arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Args:
        ctx: The task's context.
        arguments: What follows the verb.

    Returns:
        0 when a face of the set is in the gallery now, 1 when none is, 130 after Ctrl-C.

    Raises:
        ParagoneError: The set, the network, the gallery or the report's file cannot be used.
    """
    engine = Engine(ctx)
    options = _parser(engine).parse_args(arguments)
    uri = options.gallery or gallery_uri(ctx, environ)
    if not uri:
        raise ParagoneError(
            "There is no gallery to keep the faces in",
            where="gallery",
            todo="Give one with --gallery, or set PARAGONE_GALLERY or PARAGONE_DATA.",
        )
    if options.report:  # Refused before the work rather than after it.
        with _report_file(options.report, "a"):
            pass
    network = engine.network(options.model)
    limits = wide(ctx.limits)
    source = open_told(options.source, limits, options.names)
    with source as labelled, opened(uri, environ) as store:
        gallery, progress = Gallery(store, space_of(network, KEPT)), Progress(sys.stderr)
        with until_interrupted() as stop:
            steps = enrol_set(
                labelled,
                gallery,
                engine.finder(options.model),
                network,
                limits,
                keep_pictures=options.keep_pictures,
                gate=options.gate,
                stop=stop,
            )
            report = progress.follow(steps)
    print(words(report, labelled.title, store.place))
    if options.report:
        _write_report(options.report, report.refused)
    if report.stopped:
        print(f"Stopped. {AGAIN}", file=sys.stderr)
    return exit_code(report)


def _parser(engine: Engine) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py enrol",
        description="Enrol the largest face of every picture of a set into the gallery that is "
        f"kept. {AGAIN}",
    )
    add = parser.add_argument
    add("source", type=Path, metavar="FOLDER", help="a folder or zip with one folder a person")
    add("--gallery", default="", metavar="URI", help="a file or server, not PARAGONE_GALLERY's")
    add_names(parser)
    add_model(parser, engine)
    keep = "keep the picture around each new face, so that other networks can encode it later"
    add("--keep-pictures", action="store_true", help=keep)
    add("--no-gate", dest="gate", action="store_false", help="enrol faces of poor quality too")
    add("--report", type=Path, metavar="FILE.csv", help="list what was refused, and why, there")
    return parser


@contextmanager
def _report_file(path: Path, mode: str) -> Iterator[TextIO]:
    try:
        with path.open(mode, encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        what = f"The report cannot be written: {error.strerror}"
        raise ParagoneError(what, where=str(path), todo="Choose another file.") from error


def _write_report(path: Path, refused: Sequence[Skipped]) -> None:
    with _report_file(path, "w") as file:
        write_csv(file, [["picture", "why"], *([f"./{skip.name}", skip.why] for skip in refused)])
