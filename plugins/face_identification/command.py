"""`python app.py enrol FOLDER`: enrol a folder or zip, one folder a person, into the kept gallery.

Ctrl-C ends it after the picture at hand. What is enrolled stays, and the next run goes on there.
"""

from __future__ import annotations

import argparse
import csv
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from plugins.face_identification.bulk import Report, Step, enrol_set
from plugins.face_identification.model import space_of
from plugins.face_identification.settings import KEPT, gallery_key, gallery_uri
from plugins.faces.engine import Engine
from plugins.faces.gallery import Gallery
from plugins.faces.labelled import Skipped, open_labelled
from plugins.faces.stores import open_store
from plugins.faces.stores.contract import StoreError
from weights.errors import ParagoneError

FILES, BYTES = 1_000_000, 2**40
"""The largest set. Wider than a visitor's: whoever runs this brings their own machine."""
QUIET_SECONDS = 10.0
"""How often progress is told where it goes to no terminal."""
AGAIN = "Run it again to go on; what is enrolled is passed over."
NOTHING_DONE, INTERRUPTED = 1, 130


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
    limits = replace(ctx.limits, archive_files=FILES, archive_bytes=BYTES)
    with open_labelled(options.source, limits) as labelled, _opened(uri, environ) as store:
        gallery, progress = Gallery(store, space_of(network, KEPT)), _Progress(sys.stderr)
        with _until_interrupted() as stop:
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
    print(_words(report, labelled.title, store.place))
    if options.report:
        _write_report(options.report, report.refused)
    if report.stopped:
        print(f"Stopped. {AGAIN}", file=sys.stderr)
        return INTERRUPTED
    return 0 if report.new or report.known else NOTHING_DONE


def _parser(engine: Engine) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py enrol",
        description="Enrol the largest face of every picture of a set into the gallery that is "
        f"kept. {AGAIN}",
    )
    add = parser.add_argument
    add("source", type=Path, metavar="FOLDER", help="a folder or zip with one folder a person")
    add("--gallery", default="", metavar="URI", help="a file or server, not PARAGONE_GALLERY's")
    networks = f"the network that encodes: {', '.join(engine.cards)} (the first)"
    add("--model", default=engine.default, metavar="NAME", help=networks)
    keep = "keep the picture around each new face, so that other networks can encode it later"
    add("--keep-pictures", action="store_true", help=keep)
    add("--no-gate", dest="gate", action="store_false", help="enrol faces of poor quality too")
    add("--report", type=Path, metavar="FILE.csv", help="list what was refused, and why, there")
    return parser


@contextmanager
def _opened(uri: str, environ: Mapping[str, str]) -> Iterator[Any]:
    """The store, closed in the end; one that would forget is refused."""
    store = open_store(uri, gallery_key(environ))
    try:
        if not store.kept:
            todo = "Give a file or a server."
            raise ParagoneError("This gallery ends with the command", where=uri, todo=todo)
        yield store
    finally:
        store.close()


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """A question whether Ctrl-C was pressed. Pressed once more it interrupts at once."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():  # It gets no signals.
        yield asked.is_set
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


class _Progress:
    """Counts, never names: one line that changes on a terminal, elsewhere a line now and then."""

    def __init__(self, out: TextIO):
        self.out, self.terminal = out, out.isatty()
        self.start = self.told = time.monotonic()

    def follow(self, steps: Iterator[Step | Report]) -> Report:
        """Tell of each step; when the gallery fails, say what is kept.

        Returns:
            The report that the steps end with.
        """
        new = 0
        try:
            for step in steps:
                if isinstance(step, Report):
                    return step
                new = step.new
                self._tell(step)
        except (StoreError, KeyboardInterrupt):
            self._end()
            print(f"{new} new faces are enrolled and kept. {AGAIN}", file=self.out)
            raise
        finally:
            self._end()
        raise AssertionError("An enrolment ends with a report")

    def _tell(self, step: Step) -> None:
        now = time.monotonic()
        if not self.terminal and now - self.told < QUIET_SECONDS and step.done < step.total:
            return
        self.told = now
        counts = f"{step.new} new, {step.known} known, {step.refused} refused"
        left = (now - self.start) * (step.total - step.done) / step.done
        line = f"{step.done} of {step.total} pictures: {counts}; about {left:.0f} s left"
        # The end of a longer line before it is cleared.
        print(f"\r{line}\x1b[K" if self.terminal else line, end="", file=self.out)
        if not self.terminal:
            print(file=self.out)
        self.out.flush()

    def _end(self) -> None:
        """Leave the line that changes, once."""
        if self.terminal and self.told != self.start:
            print(file=self.out)
            self.told = self.start


def _words(report: Report, title: str, place: str) -> str:
    faces = "1 face" if report.new == 1 else f"{report.new} faces"
    people = "1 person" if report.people == 1 else f"{report.people} people"
    lines = [
        f"{title}: {faces} enrolled, {report.known} enrolled before; {people}.",
        f"Kept {place}. No training: 0 gradient steps.",
    ]
    if report.new:
        lines.append(f"{report.seconds:.1f} s, {report.ms_per_face:.0f} ms a new face.")
    if report.refused:
        lines.append(f"Refused: {len(report.refused)}")
        lines += [f"  {skip.name}: {skip.why}" for skip in report.refused]
    return "\n".join(lines)


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
        writer = csv.writer(file)
        writer.writerow(["picture", "why"])
        # The leading dot: no spreadsheet takes a path for a formula.
        writer.writerows([f"./{skip.name}", skip.why] for skip in refused)
