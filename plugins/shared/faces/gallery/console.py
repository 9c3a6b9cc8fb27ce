"""What the commands of the face tasks share: an open gallery, Ctrl-C, and progress."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from plugins.shared.faces.engine import Engine
from plugins.shared.faces.gallery.enrol_set import Report, Step
from plugins.shared.faces.gallery.stores.contract import StoreError
from plugins.shared.faces.gallery.stores.opening import gallery_key, open_store
from plugins.shared.files.image_folder import LabelledSet, open_labelled
from plugins.shared.files.zip_files import readings_of
from plugins.shared.files.zip_names import ENCODINGS
from weights.errors import ParagoneError

NOTHING_DONE, INTERRUPTED = 1, 130
FILES, BYTES = 1_000_000, 2**40
"""The largest set. Wider than a visitor's: anyone who runs this brings their own machine."""
QUIET_SECONDS = 10.0
"""How often progress is reported where it goes to no terminal."""
AGAIN = "Run it again to go on; what is enrolled is passed over."
WORKERS = "this many processes on Ray (none: this process alone)"


@contextmanager
def opened(uri: str, environ: Mapping[str, str]) -> Iterator[Any]:
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
def until_interrupted() -> Iterator[Callable[[], bool]]:
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


class Progress:
    """Counts, never names: one line that changes on a terminal, elsewhere a line now and then."""

    def __init__(self, out: TextIO):
        self.out, self.terminal = out, out.isatty()
        self.start = self.reported = time.monotonic()

    def follow(self, steps: Iterator[Step | Report]) -> Report:
        """Report each step; when the gallery fails, say what is kept.

        Returns:
            The report that the steps end with.
        """
        new = 0
        try:
            for step in steps:
                if isinstance(step, Report):
                    return step
                new = step.new
                self._report(step)
        except (StoreError, KeyboardInterrupt):
            self._end()
            print(f"{new} new faces are enrolled and kept. {AGAIN}", file=self.out)
            raise
        finally:
            self._end()
        raise AssertionError("An enrolment ends with a report")

    def _report(self, step: Step) -> None:
        now = time.monotonic()
        if not self.terminal and now - self.reported < QUIET_SECONDS and step.done < step.total:
            return
        self.reported = now
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
        if self.terminal and self.reported != self.start:
            print(file=self.out)
            self.reported = self.start


def words(report: Report, title: str, place: str) -> str:
    """What a command says at its end."""
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


def exit_code(report: Report) -> int:
    """Of a command: 0 when something of the set is in the gallery now, 1 when nothing is, 130 after
    Ctrl-C.
    """
    if report.stopped:
        return INTERRUPTED
    return 0 if report.new or report.known else NOTHING_DONE


def add_model(parser: argparse.ArgumentParser, engine: Engine) -> None:
    """Let a command take the name of a network."""
    networks = f"the network that encodes: {', '.join(engine.cards)} (the first)"
    parser.add_argument("--model", default=engine.default, metavar="NAME", help=networks)


def add_names(parser: argparse.ArgumentParser) -> None:
    """Let a command take the encoding of the names in a zip."""
    kinds = f"how the names in a zip that does not say it are encoded: {', '.join(ENCODINGS)}"
    option = {"choices": ENCODINGS, "default": "", "metavar": "ENCODING"}
    parser.add_argument("--names", help=f"{kinds} (the likeliest)", **option)


@contextmanager
def open_told(source: Path, limits: Any, encoding: str) -> Iterator[LabelledSet]:
    """A labelled set; where the encoding of its names is a guess, it is told first."""
    with open_labelled(source, limits, encoding) as labelled:
        found = [] if encoding or source.is_dir() else readings_of(source, limits)
        for place, reading in enumerate(found):
            word = "or, with --names" if place else "Names are read as"
            print(f"{word} {reading.encoding}: {', '.join(reading.names[:4])}", file=sys.stderr)
        yield labelled


def wide(limits: Any) -> Any:
    """Limits for the commands, whose users bring their own machine."""
    return replace(limits, archive_files=FILES, archive_bytes=BYTES)


def worker_count(text: str) -> int:
    """The value of `--workers`.

    Raises:
        ArgumentTypeError: It is no number from 1 to 1024.
    """
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1024")
    return int(text)
