"""The records as lines, for the page of plug-ins, and as text, for `python app.py plugins`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from registry.task import PluginRecord


@dataclass(frozen=True)
class Line:
    """What is told of one record.

    Attributes:
        tasks: Name -> title.
        uses: The globs of the networks that its tasks accept, each once.
        brings: The networks that it registered.
    """

    name: str
    distribution: str
    version: str
    state: str
    stage: str
    tasks: Mapping[str, str]
    uses: tuple[str, ...]
    brings: tuple[str, ...]
    error: str
    todo: str


def lines(records: Sequence[PluginRecord]) -> list[Line]:
    """One line for each record, in their order."""
    return [
        Line(
            **{name: getattr(r, name) for name in ("name", "distribution", "version", "state")},
            stage=r.stage,
            tasks={task.name: task.title for task in r.tasks},
            uses=tuple(dict.fromkeys(glob for task in r.tasks for glob in task.backbones)),
            brings=r.backbones,
            error=r.error,
            todo=r.todo,
        )
        for r in records
    ]


def list_plugins(records: Sequence[PluginRecord], as_json: bool) -> str:
    """The records as a table, or as JSON."""
    if as_json:
        return json.dumps([asdict(record) for record in records], indent=2, ensure_ascii=False)
    rows = [("PLUG-IN", "FROM", "STATE", "STAGE", "TASKS", "REASON")]
    for line in lines(records):
        source = f"{line.distribution} {line.version}".strip()
        reason = f"{line.error}. {line.todo}" if line.error else "-"
        tasks = ", ".join(line.tasks) or "-"
        rows.append((line.name, source, line.state, line.stage or "-", tasks, reason))
    widths = [max(len(row[i]) for row in rows) for i in range(5)] + [0]
    table = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in table)
