"""The records as text, for `python app.py plugins`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from registry.task import PluginRecord


def list_plugins(records: Sequence[PluginRecord], as_json: bool) -> str:
    """The records as a table, or as JSON."""
    if as_json:
        return json.dumps([asdict(record) for record in records], indent=2, ensure_ascii=False)
    rows = [("PLUG-IN", "FROM", "STATE", "STAGE", "TASKS", "REASON")]
    for r in records:
        tasks = ", ".join(task.name for task in r.tasks)
        source = f"{r.distribution} {r.version}".strip()
        reason = f"{r.error}. {r.todo}" if r.error else ""
        rows.append((r.name, source, r.state, r.stage or "-", tasks or "-", reason or "-"))
    widths = [max(len(row[i]) for row in rows) for i in range(5)] + [0]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
