"""What one visitor of the signal page has brought and trained, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from plugins.shared.files.file_kinds import plain_name
from plugins.shared.page.session import PageSession
from plugins.signal_classification.data.zip_sets import TABLES
from plugins.signal_classification.views.opening import opening

if TYPE_CHECKING:
    from plugins.shared.classification.metrics import Tally
    from plugins.signal_classification.data.beats import Strip
    from plugins.signal_classification.data.reading import Reading
    from plugins.signal_classification.data.signal_set import SignalSet
    from plugins.signal_classification.learning.trained import Answers, Trained
    from plugins.signal_classification.learning.training import Run
    from plugins.signal_classification.views.results import Contender, Shown, Standing


KEPT_BYTES = 64 * 2**20
"""Of a table that is kept while its reading may be changed."""


@dataclass(frozen=True, eq=False)
class Answering:
    """A network that answers.

    Attributes:
        title: What it is called.
        licence: Of its weights; "": the visitor's own.
        data: What it was trained on.
        trained: The networks; None: those that come with the page, not loaded yet.
        standing: How good it is; None: nothing was measured here.
        test: The signals that it was tested on; None: they are not here.
        figures: What its file says of how good it is.
        seconds: Of its training.
    """

    title: str
    licence: str
    data: str
    trained: Trained | None = field(repr=False)
    standing: Standing | None = field(default=None, repr=False)
    test: SignalSet | None = field(default=None, repr=False)
    figures: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Pool:
    """Signals that were classified, to choose one from.

    Attributes:
        title: What they are.
        series: Each (channels, length), as it was brought.
        truths: The class of each; "": nobody knows.
        probabilities: (N, classes).
        notes: What was done to them.
        reading: What the table was taken for; None: it was none.
        score: How good the answers are, where the truths are known; None: they are not.
        strip: A recording that they were cut from; None: they were none.
        shown: Recorded answers, one for each; empty: they are computed.
        answers: All that was said of them; None: they are recorded.
    """

    title: str
    series: tuple[np.ndarray, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    truths: tuple[str, ...] = field(repr=False)
    classes: tuple[str, ...]
    probabilities: np.ndarray = field(repr=False)
    notes: tuple[str, ...] = ()
    shown: tuple[Shown, ...] = field(default=(), repr=False)
    answers: Answers | None = field(default=None, repr=False)
    reading: Reading | None = None
    score: Tally | None = field(default=None, repr=False)
    strip: Strip | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Brought:
    """A table as it was brought, kept while its reading may be changed."""

    name: str
    data: bytes = field(repr=False)

    @contextmanager
    def taken(self) -> Iterator[Path]:
        """As a file, for as long as the block runs."""
        with TemporaryDirectory() as folder:
            path = Path(folder, plain_name(self.name))
            path.write_bytes(self.data)
            yield path


class Session(PageSession):
    """What one visitor has. It dies with the visit.

    Attributes:
        train, test: The set that is chosen; None: none yet.
        brought: The tables that were brought last, to be read anew in another way.
        whole: The set that was brought, undivided.
        run: What trains, or trained last.
        made: What it was made with; see `made_with`.
        own: The network that the visitor trained or brought. `asked_own`: it answers.
        found: All that a comparison came to and that can answer; `own` is one of them.
        rows: Of the results table.
        offered: Seconds that another run was offered.
        pool: The signals to choose from; None: the recorded ones.
    """

    KEPT = ("own", "found", "rows", "asked_own", "pool", "train", "test", "made")

    def __init__(self) -> None:
        super().__init__()
        self.made = Markup()
        self.brought: dict[str, Brought] = {}
        self.whole: SignalSet | None = None
        self.train: SignalSet | None = None
        self.test: SignalSet | None = None
        self.run: Run | None = None
        self.own: Answering | None = None
        self.found: tuple[Answering, ...] = ()
        self.asked_own = False
        self.rows: list[Contender] = []
        self.offered = 0
        self.pool: Pool | None = None

    def keep(self, which: str, path: Path, name: str) -> None:
        """Keep a table in memory, so that it can be read anew."""
        if path.suffix.lower() in TABLES and path.stat().st_size <= KEPT_BYTES:
            self.brought[which] = Brought(name, path.read_bytes())
        else:
            self.brought.pop(which, None)

    def stop(self) -> None:
        """End what trains, after the batch at hand."""
        super().stop()
        if self.run is not None:
            self.run.stopped = True


def pool_of(session: Session) -> Pool | None:
    """The signals to choose from: the visitor's, else the recorded ones where the network of the
    page answers.
    """
    if session.pool is not None or session.asked_own:
        return session.pool
    beats = opening().beats
    return Pool(
        "Simulated beats (McSharry et al. 2003), of no person",
        tuple(beat.signal for beat in beats),
        tuple(beat.name for beat in beats),
        tuple(beat.truth for beat in beats),
        beats[0].classes,
        np.stack([beat.probabilities for beat in beats]),
        shown=beats,
    )
