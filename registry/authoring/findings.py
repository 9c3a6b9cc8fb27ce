"""What a check found, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

RULES = (
    "load",
    "light import",
    "imports nothing of the host",
    "task",
    "builds twice",
    "endpoints",
    "round trip",
    "bad input",
    "nothing left",
)


@dataclass(frozen=True)
class Finding:
    """One thing to mend.

    Attributes:
        rule: One of `RULES`.
        what: What is wrong.
        where: File and line, or the field or endpoint.
        mend: What to do.
        level: An `error` breaks the contract; `advice` does not.
    """

    rule: str
    what: str
    where: str
    mend: str
    level: Literal["error", "advice"] = "error"


@dataclass(frozen=True)
class Report:
    """The judgement of one plug-in.

    Attributes:
        judged: The rules that were tried; one that fails early keeps the later ones from it.
        endpoints: The names of its public events.
        calls: How many calls were made.
        seconds: How long it took.
    """

    plugin: str
    distribution: str
    version: str
    judged: tuple[str, ...]
    endpoints: tuple[str, ...]
    calls: int
    seconds: float
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """What breaks the contract."""
        return [finding for finding in self.findings if finding.level == "error"]

    def as_json(self) -> str:
        """For programs."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that `as_json` wrote."""
        fields = json.loads(text)
        findings = tuple(Finding(**each) for each in fields.pop("findings"))
        tuples = {name: tuple(fields[name]) for name in ("judged", "endpoints")}
        return cls(**{**fields, **tuples, "findings": findings})

    def __str__(self) -> str:
        source = f"{self.distribution} {self.version}".strip()
        names = ", ".join(self.endpoints) or "none"
        lines = [f"{self.plugin} ({source}); endpoints: {names}"]
        for rule in RULES:
            found = [finding for finding in self.findings if finding.rule == rule]
            lines += [line for finding in found for line in _lines(finding)]
            if not found:
                word = "ok" if rule in self.judged else "skipped"
                lines.append(f"  {word.ljust(7)} {rule}")
        count = len(self.errors)
        verdict = "passed" if not count else f"{count} error{'s' if count > 1 else ''}"
        calls = f"{self.calls} calls, {self.seconds:.1f} s"
        return "\n".join([*lines, f"{self.plugin}: {verdict} ({calls})"])


def _lines(finding: Finding) -> Sequence[str]:
    head = f"  {finding.level.ljust(7)} {finding.rule}: {finding.what}"
    return (f"{head} ({finding.where})" if finding.where else head, f"          {finding.mend}")
