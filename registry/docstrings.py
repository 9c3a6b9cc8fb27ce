"""Read a docstring in Google's style. gradio's own reader drops all but the first line of each
description.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any

SECTION = re.compile(r"([A-Z][a-z]+):")
ENTRY = re.compile(r"    (\w+)(?: \([^)]*\))?: ?(.*)")


@dataclass(frozen=True)
class Described:
    """What a docstring says.

    Attributes:
        summary: All before the first section, on one line.
        parameters: Name -> what it is, on one line.
        returns: What comes back, on one line; "" where it is not said.
    """

    summary: str
    parameters: dict[str, str] = field(default_factory=dict)
    returns: str = ""


def read_docstring(function: Any) -> Described:
    """What the docstring of a function says; empty texts where it has none."""
    sections: dict[str, list[str]] = {"": []}
    lines = sections[""]
    for line in (inspect.getdoc(function) or "").splitlines():
        if heading := SECTION.fullmatch(line):
            lines = sections.setdefault(heading[1], [])
        else:
            lines.append(line)
    parameters: dict[str, list[str]] = {}
    for line in sections.get("Args", []):
        if entry := ENTRY.fullmatch(line):
            parameters[entry[1]] = [entry[2]]
        elif parameters:
            list(parameters.values())[-1].append(line)
    told = {name: _joined(words) for name, words in parameters.items()}
    returns = sections.get("Returns") or sections.get("Yields") or []
    return Described(_joined(sections[""]), told, _joined(returns))


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
