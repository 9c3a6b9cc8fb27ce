"""Call every endpoint of a plug-in over HTTP: with samples, and with what cannot be used."""

from __future__ import annotations

import json
import logging
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from registry.authoring.findings import Finding
from registry.authoring.samples import write_sample
from registry.server.guard import GuardedBlocks
from registry.task import Task

FILES = ("Image", "File", "UploadButton", "Audio", "Video", "Imageeditor", "Gallery")
OPTIONAL = ("File", "UploadButton")
"""Left out where the handler has a default; a picture slot is empty at first, but wanted."""
WORDS = {
    "signal": ("signal", "series", "ecg", "csv", "wave"),
    "volume": ("volume", "scan", "nifti", "voxel"),
    "zip": ("zip", "pictures", "images", "folder", "archive"),
}
LONG = "<script>alert(1)</script>" * 400
NOT_THERE = "no such choice"
ROUND_TRIP = {
    "failed": "Mend it, or send what it needs with --input NAME=VALUE.",
    "late": "Make it quicker for a small input, or allow more with --seconds.",
    "refused": "Send what it needs with --input NAME=VALUE (a file by its path).",
}
"""What to do, by what became of a call. Only the main event must take the samples."""
BAD_INPUT = {
    "failed": "Raise ctx.error(what, where=…, todo=…), which tells people what is wrong.",
    "late": "Check the input before the work begins, and make long work a generator.",
    "refused": "Say what is wrong, where, and what to do; no trace, and no path of the server.",
}
LOG = logging.getLogger("paragone.guard")


@dataclass(frozen=True)
class Outcome:
    """What became of a call.

    Attributes:
        kind: `answer`, `refused` (an error with words for people), `failed` or `late`.
        text: What the caller was told; for `failed`, the error's kind.
        where: For `failed`, the plug-in's own line.
    """

    kind: str
    text: str = ""
    where: str = ""


class Caller:
    """Serves the page on this machine for as long as the block runs, and calls it.

    Args:
        page: A page that is not launched yet.
        files: The plug-in's sources.
        inputs: What to send instead of a sample, by parameter.
        seconds: How long one call may take.
    """

    def __init__(
        self,
        page: GuardedBlocks,
        files: Sequence[Path],
        inputs: Mapping[str, Any],
        seconds: float,
    ):
        self.page, self.files, self.inputs, self.seconds = page, set(files), inputs, seconds
        self.calls, self.late = 0, False
        self._log = _Log()

    def __enter__(self) -> Caller:
        self._own = tempfile.TemporaryDirectory(prefix="gradio-samples-")
        self.folder = Path(self._own.name) / "gradio"
        self._quiet = LOG.propagate, LOG.level
        LOG.addHandler(self._log)
        LOG.propagate = False  # What is found is told in the report, with its line.
        LOG.setLevel(logging.ERROR)
        self.page.launch(server_name="127.0.0.1", quiet=True, prevent_thread_lock=True)
        down = str(self.folder / "down")
        url = self.page.local_url
        self.client = Client(url, verbose=False, download_files=down, analytics_enabled=False)
        self.told = self.client.view_api(print_info=False, return_format="dict")["named_endpoints"]
        return self

    def __exit__(self, *_: Any) -> None:
        self.client.close()
        self.page.close(verbose=False)
        LOG.removeHandler(self._log)
        LOG.propagate, LOG.level = self._quiet
        self._own.cleanup()

    def judge(self, task: Task) -> Iterator[Finding]:
        """Call the main event, then the others, each with samples and then with bad input."""
        mine = [f.api_name for f in self.page.fns.values() if f.page == task.name]
        names = sorted((n for n in mine if f"/{n}" in self.told), key=lambda n: n != task.endpoint)
        for name in names:
            sound = self._samples(name)
            outcome = self.call(task, name, sound)
            if outcome.kind == "refused" and (fuller := self._samples(name, True)) != sound:
                sound, outcome = fuller, self.call(task, name, fuller)
            mend = {k: v for k, v in ROUND_TRIP.items() if k != "refused" or name == task.endpoint}
            yield from _findings("round trip", name, "samples", outcome, mend)
            if outcome.kind == "late":
                self.late = True
                continue
            for what, changed in self._bad(name, sound):
                outcome = self.call(task, name, changed)
                worded = outcome.kind == "refused" and _is_for_people(outcome.text)
                yield from _findings("bad input", name, what, outcome, {} if worded else BAD_INPUT)

    def call(self, task: Task, name: str, values: Mapping[str, Any]) -> Outcome:
        """One call, and what became of it."""
        self.calls += 1
        self._log.errors.clear()
        self.page.failed_steps.pop(task.name, None)
        try:
            job = self.client.submit(**values, api_name=f"/{name}")
            job.result(timeout=self.seconds)
            return Outcome("answer")
        except TooLate:
            job.cancel()
            return Outcome("late")
        except AppError as error:
            if kind := self.page.failed_steps.get(task.name):
                return Outcome("failed", kind, self._line())
            return Outcome("refused", str(error))

    def _line(self) -> str:
        """The last line of the plug-in's own that an error came through."""
        for error in reversed(self._log.errors):
            for frame in reversed(traceback.extract_tb(error.__traceback__)):
                path = Path(frame.filename)
                if path in self.files:
                    return f"{path.parent.name}/{path.name}:{frame.lineno}, in {frame.name}"
        return "outside the plug-in's own code"

    def _samples(self, name: str, all_files: bool = False) -> dict[str, Any]:
        """A sound value for each parameter that needs one, and for those that take a file whose
        kind their words tell.
        """
        values = {}
        for parameter in self.told[f"/{name}"]["parameters"]:
            key, component = parameter["parameter_name"], parameter["component"]
            optional = parameter["parameter_has_default"]
            if key in self.inputs:
                value = self.inputs[key]
                if parameter["type"].get("type") == "string" and not isinstance(value, str):
                    value = json.dumps(value)  # Settings are a text that holds JSON.
                is_file = component in FILES and isinstance(value, (str, Path))
                values[key] = handle_file(str(value)) if is_file else value
            elif component in FILES and (
                not (optional and component in OPTIONAL)
                or (all_files and _stated_modality(parameter))
            ):
                values[key] = handle_file(str(write_sample(_modality(parameter), self.folder)))
            elif not optional:
                values[key] = _plain(parameter)
        return values

    def _bad(self, name: str, sound: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """What cannot be used, in one parameter at a time."""
        for parameter in self.told[f"/{name}"]["parameters"]:
            key = parameter["parameter_name"]
            for what, value in self._bad_values(parameter):
                # What is the default, or what was sent already, is no bad input.
                usual = [sound[key]] if key in sound else []
                if parameter["parameter_has_default"]:
                    usual.append(parameter["parameter_default"])
                if value not in usual:
                    yield f"{what} for {key}", {**sound, key: value}

    def _bad_values(self, parameter: Mapping[str, Any]) -> list[tuple[str, Any]]:
        component, kind = parameter["component"], parameter["type"].get("type")
        if component in FILES:
            text = handle_file(str(write_sample("text", self.folder)))
            empty = handle_file(str(write_sample("empty", self.folder)))
            return [("nothing", None), ("a letter named .png", text), ("an empty file", empty)]
        if "enum" in parameter["type"]:
            return [("an unknown choice", NOT_THERE), ("nothing", None)]
        if kind in ("number", "integer"):
            return [("-1", -1), ("1e30", 1e30), ("nothing", None)]
        if kind == "string" and parameter["parameter_has_default"]:
            return [("a very long text", LONG)]  # No text asks for the default, and its whole work.
        if kind == "string":
            return [("no text", ""), ("a very long text", LONG), ("nothing", None)]
        return [("nothing", None)]


class _Log(logging.Handler):
    """Keeps the errors that the guard logs."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.errors.append(record.exc_info[1])


def _modality(parameter: Mapping[str, Any]) -> str:
    return (
        "face"
        if parameter["component"] not in OPTIONAL
        else _stated_modality(parameter) or "picture"
    )


def _stated_modality(parameter: Mapping[str, Any]) -> str:
    """The modality that the words of a parameter tell, or ""."""
    words = f"{parameter['parameter_name']} {parameter['label']}".lower()
    return next((kind for kind, hints in WORDS.items() if any(hint in words for hint in hints)), "")


def _plain(parameter: Mapping[str, Any]) -> Any:
    kind = parameter["type"]
    if "enum" in kind:
        return kind["enum"][0]
    return {
        "number": kind.get("minimum", 1),
        "integer": 1,
        "boolean": False,
        "string": "sample",
    }.get(kind.get("type"), parameter.get("example_input"))


def _findings(
    rule: str, name: str, what: str, outcome: Outcome, mend: Mapping[str, str]
) -> Iterator[Finding]:
    """A finding where a call ended in one of the ways that `mend` names."""
    says = {
        "failed": f"{what}: {outcome.text} in /{name}",
        "late": f"{what}: no answer in time",
        "refused": f"{what}: it says {outcome.text[:120]!r}",
    }
    if outcome.kind in mend:
        yield Finding(rule, says[outcome.kind], outcome.where or f"/{name}", mend[outcome.kind])


def _is_for_people(text: str) -> bool:
    return bool(text.strip()) and "Traceback" not in text and tempfile.gettempdir() not in text
