"""The house as its imports draw it: `python -m tests.house_map` counts rooms, arrows and circles.

A room is a folder of modules that belong together; the tasks count as one, because no task imports
another. An arrow goes from a room to one that it imports, in whichever place of the code and for
types too. A circle is a set of modules that import one another.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TASKS = "plugins/<task>"


def imports_in(source: str, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Every module that a source imports, at the top or inside a function, with the line.

    Args:
        package: Of the module, for relative imports.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, node.module or "")).strip(".")
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called in ("importlib.import_module", "import_module", "__import__"):
                yield node.lineno, str(node.args[0].value)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Those of a file of ours."""
    package = path.relative_to(ROOT).parent.parts
    return imports_in(path.read_text(encoding="utf-8"), package)


def modules() -> dict[str, Path]:
    """The modules of the app by name; what is written into new plug-ins is none."""
    paths = [ROOT / "app.py"]
    for folder in ("registry", "weights", "plugins"):
        paths += [p for p in (ROOT / folder).rglob("*.py") if "template" not in p.parts]
    return {_name(path): path for path in paths}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def graph() -> dict[str, set[str]]:
    """Module -> the modules of ours that it imports."""
    known = modules()
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        named = [module for _, module in imports(path)]
        # `from a import b` names a, and a.b too where b is a module; then a itself is not meant.
        meant = {m for m in named if m in known}
        meant -= {
            m for m in meant if any(n.startswith(f"{m}.") for n in meant) and _is_package(m, known)
        }
        found[name] = meant - {name}
    return found


def _is_package(module: str, known: Mapping[str, Path]) -> bool:
    return known[module].name == "__init__.py"


def room_of(module: str) -> str:
    """The room that a module lies in."""
    parts = module.split(".")
    if parts[:2] == ["plugins", "shared"] and len(parts) > 2:
        return "/".join(parts[:3])
    if parts[0] == "plugins":
        return TASKS
    if parts[0] == "registry" and (ROOT / "registry" / "/".join(parts[1:2])).is_dir():
        return "/".join(parts[:2])
    if module == "registry.testing":
        return "registry/authoring"  # The authors' kit; its address is in their conftest.py.
    return parts[0]


def arrows(of: Mapping[str, set[str]]) -> Counter[tuple[str, str]]:
    """(room, room that it imports) -> by how many imports."""
    return Counter(
        (room_of(module), room_of(other))
        for module, others in of.items()
        for other in others
        if room_of(module) != room_of(other)
    )


def circles(of: Mapping[str, set[str]]) -> list[list[str]]:
    """Sets of modules that import one another, by taking away what imports nothing that is left,
    and what nothing that is left imports.
    """
    left = {module: set(others) for module, others in of.items()}
    while True:
        imported = {other for others in left.values() for other in others}
        free = {module for module, others in left.items() if not others or module not in imported}
        if not free:
            break
        left = {module: others - free for module, others in left.items() if module not in free}
    reached = {module: _reached(module, left) for module in left}
    sets = {
        tuple(sorted(n for n in reached[m] if m in reached[n])) for m in left if m in reached[m]
    }
    return sorted(list(each) for each in sets)


def _reached(module: str, of: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(of[module])
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += of[each]
    return seen


def main() -> None:
    """Print the map."""
    of = graph()
    drawn = arrows(of)
    lines = sum(len(p.read_text(encoding="utf-8").splitlines()) for p in modules().values())
    rooms = {room_of(module) for module in of}
    print(
        f"{len(rooms)} rooms, {len(drawn)} arrows, {len(circles(of))} circles of modules, ", end=""
    )
    print(f"{len(circles(_rooms(drawn)))} of rooms; {len(of)} modules, {lines:,} lines")
    for (room, other), count in sorted(drawn.items()):
        print(f"  {room} -> {other} ({count})")
    for circle in circles(of):
        print("circle:", ", ".join(circle))


def _rooms(drawn: Mapping[tuple[str, str], int]) -> dict[str, set[str]]:
    of: dict[str, set[str]] = {}
    for room, other in drawn:
        of.setdefault(room, set()).add(other)
        of.setdefault(other, set())
    return of


if __name__ == "__main__":
    sys.exit(main())
