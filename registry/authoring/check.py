"""Judge a plug-in against the contract: `python app.py check NAME`.

It is meant for a fresh process: what is imported before the plug-in cannot be held against it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from registry.authoring import signatures
from registry.authoring.calls import Caller
from registry.authoring.findings import Finding, Report
from registry.authoring.sources import HEAVY, OURS, places, sources_of
from registry.discovery import BUILT_IN, canonical
from registry.house import House
from registry.limits import SettingError
from registry.loader import ready_tasks
from registry.server.guard import GuardedBlocks
from registry.task import PluginRecord

SLOW = 1.0
"""Seconds that a manifest may take to import."""


def check(
    name: str,
    house: House,
    inputs: Mapping[str, Any] | None = None,
    seconds: float = 120,
    environ: Mapping[str, str] = os.environ,
) -> Report:
    """Judge a plug-in that is installed, built in, or in a folder that the environment names.

    Args:
        name: Of the plug-in, or of its distribution.
        house: The app.
        inputs: What to send where a sample is no sound input: parameter -> value or file.
        seconds: How long one call may take.
        environ: Where PARAGONE_PLUGIN_DIRS is read.

    Raises:
        SettingError: There is no such plug-in.
    """
    kept = {k: v for k, v in environ.items() if k == "PARAGONE_PLUGIN_DIRS"}
    judging = _Judging(name, house, {**kept, "PARAGONE_PLUGINS": name})
    begun = time.monotonic()
    with _own_temp() as temp:
        if judging.load() and (page := judging.build()):
            judging.read_signatures(page)
            judging.call(page, temp, dict(inputs or {}), seconds)
    return judging.report(time.monotonic() - begun)


class _Judging:
    def __init__(self, name: str, house: House, environ: Mapping[str, str]):
        self.name, self.house, self.environ = name, house, environ
        self.findings: list[Finding] = []
        self.judged: list[str] = []
        self.record: PluginRecord | None = None
        self.files: list[Path] = []
        self.endpoints: tuple[str, ...] = ()
        self.calls = 0

    def find(self, rule: str, what: str, where: str, mend: str, level: str = "error") -> None:
        self.findings.append(Finding(rule, what, where, mend, level))

    def load(self) -> bool:
        """Import the plug-in and let it register. False where that fails."""
        before, begun = set(sys.modules), time.monotonic()
        records = self.house.load(self.house.weights(), self.environ)[0]
        took = time.monotonic() - begun
        mine = [r for r in records if r.state != "blocked"]
        if any(r.distribution == "not found" for r in mine):
            raise SettingError(f"There is no plug-in {self.name!r}. {mine[-1].todo}")
        self.record = next((r for r in mine if r.state == "ready"), mine[0])
        self.judged += ["load", "task", "light import", "imports nothing of the host"]
        for each in mine:
            if each.state != "ready":
                rule = "task" if each.stage == "validate" else "load"
                self.find(rule, each.error, f"stage {each.stage}", each.todo)
            for change in each.changes:
                mend = "Leave what all plug-ins share alone, or set it around your work only."
                self.find("load", change, "the whole process", mend, "advice")
        if self.record.state != "ready":
            return False
        self.files = self._files(before)
        self._judge_imports("import of the plug-in", before, took)
        if self.record.found != BUILT_IN:
            for package, where in places(self.files, OURS, top=False):
                mend = "Everything that it may use comes with `register` and `ctx`."
                rule = "imports nothing of the host"
                self.find(rule, f"It imports the host's {package}", where, mend)
        return bool(self.record.tasks)

    def build(self) -> GuardedBlocks | None:
        """Build the page twice. None where that fails."""
        before = set(sys.modules)
        pages = [self.house.build(self.house.weights(), self.environ) for _ in range(2)]
        self._judge_imports("build of its page", before, 0)
        self.judged += ["builds twice"]
        names, told = [], set()
        for number, page in enumerate(pages, 1):
            for each in page.records:
                if each.stage == "build" and each.error not in told:
                    told.add(each.error)
                    self.find("builds twice", each.error, f"build {number}", each.todo)
            names.append(sorted(_public(page)))
        if names[0] != names[1] and not self.findings:
            what = f"The second build has other endpoints: {names[0]}, then {names[1]}"
            self.find("builds twice", what, "build", "Keep nothing in the module between builds.")
        self.endpoints = tuple(names[1])
        self.record = next((r for r in pages[1].records if r.state == "ready"), None) or self.record
        return pages[1] if ready_tasks(pages[1].records) else None

    def read_signatures(self, page: GuardedBlocks) -> None:
        self.judged.append("endpoints")
        for task, _ in ready_tasks(page.records):
            self.findings += signatures.judge(page, task)

    def call(self, page: GuardedBlocks, temp: Path, inputs: dict[str, Any], seconds: float) -> None:
        self.judged += ["round trip", "bad input", "nothing left"]
        with Caller(page, self.files, inputs, seconds) as caller:
            for task, _ in ready_tasks(page.records):
                self.findings += caller.judge(task)
        if caller.late:  # Nothing more was sent to what does not answer in time.
            self.judged.remove("bad input")
        self.calls = caller.calls
        left = [p for p in temp.rglob("*") if p.is_file() and "gradio" not in p.parts]
        if left:
            names = ", ".join(sorted({path.name for path in left})[:5])
            mend = "Remove what a handler makes, also when it fails: `with TemporaryDirectory()`."
            what = f"{len(left)} files stay in the temp folder: {names}"
            self.find("nothing left", what, "handlers", mend)

    def report(self, seconds: float) -> Report:
        record = self.record
        version = record.version
        return Report(
            record.name,
            record.distribution,
            version,
            tuple(self.judged),
            self.endpoints,
            self.calls,
            round(seconds, 2),
            tuple(self.findings),
        )

    def _files(self, before: set[str]) -> list[Path]:
        """The plug-in's own sources: of the packages that its import strings name."""
        names = {task.build.partition(":")[0] for task in self.record.tasks}
        if self.record.found == BUILT_IN:  # Ours share one package, and each is a folder in it.
            packages = {name.rpartition(".")[0] for name in names}
        else:
            packages = {name.partition(".")[0] for name in names}
        return [file for package in sorted(packages) for file in sources_of(package)]

    def _judge_imports(self, when: str, before: set[str], took: float) -> None:
        now, earlier = ({name.partition(".")[0] for name in n} for n in (sys.modules, before))
        seen = dict(places(self.files, HEAVY, top=True))
        for package in sorted((now - earlier) & HEAVY):
            where = seen.get(package, "through another package")
            mend = f"Move the import of {package} into the handler, or into what the handler calls."
            self.find("light import", f"The {when} imports {package}", where, mend)
        if took > SLOW and not self.findings:
            mend = "Look for what is slow with: python -X importtime."
            what = f"The {when} takes {took:.1f} s"
            self.find("light import", what, self.record.name, mend, "advice")


def _public(page: GuardedBlocks) -> Iterator[str]:
    return (f.api_name for f in page.fns.values() if f.api_visibility == "public")


@contextmanager
def _own_temp() -> Iterator[Path]:
    """A temp folder that shows what is left in it; gradio's own files lie in `gradio`."""
    with tempfile.TemporaryDirectory(prefix="paragone-check-") as made:
        folder = Path(made)
        before = os.environ.get("GRADIO_TEMP_DIR"), os.environ.get("TMPDIR"), tempfile.tempdir
        os.environ["GRADIO_TEMP_DIR"], os.environ["TMPDIR"] = str(folder / "gradio"), made
        tempfile.tempdir = made
        try:
            yield folder
        finally:
            tempfile.tempdir = before[2]
            for variable, value in zip(("GRADIO_TEMP_DIR", "TMPDIR"), before, strict=False):
                os.environ.pop(variable) if value is None else os.environ.update({variable: value})


def names_in(folder: Path) -> Sequence[str]:
    """The plug-ins that the pyproject.toml of a folder declares.

    Raises:
        SettingError: It declares none, or cannot be read.
    """
    try:
        import tomllib
    except ImportError:  # Python 3.10
        import tomli as tomllib
    path = folder / "pyproject.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        declared = table["project"]["entry-points"]["paragone"]
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} cannot be read: {error}") from error
    except (KeyError, TypeError):
        todo = '[project.entry-points.paragone] with a line such as my-task = "my_package"'
        raise SettingError(f"{path} declares no plug-in. It needs {todo}.") from None
    return sorted(canonical(name) for name in declared)
