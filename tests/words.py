"""The words of the house, read from its source: `python -m tests.words [ROOM …]` lists those that a
language lacks, ready to be translated.

A word here is a message (`say`, `rich`) or a text that a visitor may read: a string with a space or
a capital in it, or the text between tags and in the labels of markup. What a text is put together
from reads `{}`; such a text should be a message, and `python -m tests.words --composed ROOM` tells
where it stands.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # As a script.
    sys.path.insert(0, str(ROOT))
from registry.pages.languages import FOLDER, read_catalogue  # noqa: E402
from weights.messages import identity  # noqa: E402

NOT_SEEN = re.compile(
    r"registry/(cli|authoring)/.*|.*/ray/.*|weights/remote/.*|weights/publish\.py|plugins/.*/export/(push|model_card)\.py"
    r"|.*/(console|listing|testing|hooks|languages|mcp|\w*command|stopping|record|measure|stub|pin)"
    r"\.py"
)
"""Modules whose words are for a terminal, a file or a log."""
TERMINAL = re.compile(
    r"log\.|logging\.|re\.|print|parser\.|\w*\.add_argument|(Value|Type|Runtime|Assertion|Lookup|Import)Error|"
    r"warnings\.|importlib\.|Path|open|setattr|getattr|hasattr|os\."
)
"""Calls whose texts no visitor sees."""
NAMED = re.compile(r"\{[A-Za-z_]\w*(:[^{}\s]*)?\}")
NO_MESSAGE = re.compile(r"[<>=\n]|;\s*$|;[\w-]+:|^[\w./-]+[/_-]\{|:\{|\}[\w%(-]|\{[^}]*[(?]")
MESSAGES, FORMS = ("say", "rich"), ("one", "last")
"""What makes a message, and the arguments that are further forms of one."""
LONG = re.compile(r"\$|\*\*|Course: ")
"""Longer texts with marks and formulas, which are written in both languages (`only-zh`)."""
LABELS = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]+)"')
STYLE = re.compile(
    r"^(SELECT|INSERT|UPDATE|DELETE|PRAGMA|BEGIN|AND \w+ |IN \(|and pk |room ==|.* and kind ==)|"
    r"^[\w\s.#:>~\[\]=\"'*,()-]*\{|^[a-z-]+:[^:]*;|;\s*$|=>|\bvar\(|"
    r"^pv-|^is-|^https?:|^[\w./-]*[\d_./-][\w./-]*$|^[a-z]+$|^[a-z]{2,}-[\w -]+$|^input\["
)


def texts(path: Path) -> Iterator[str]:
    """Every text of a module that a visitor may read, as it stands between tags."""
    yield from (text for _, text in placed(path))


def placed(path: Path) -> Iterator[tuple[int, str]]:
    """The same with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed_over: set[int] = set()
    formatted: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Markup":
            formatted.update(id(part) for part in node.args)
        elif isinstance(node, ast.Attribute) and node.attr == "format":
            formatted.add(id(node.value))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in MESSAGES:
            forms = [k.value for k in node.keywords if k.arg in FORMS]
            passed_over.update(id(each) for each in [*node.args, *forms])
            if node.args and isinstance(node.args[0], ast.Constant):
                yield node.lineno, identity(node.args[0].value)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            for each in node.body:
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
                    passed_over.add(id(each.value))
        elif isinstance(node, ast.JoinedStr):
            passed_over.update(id(part) for part in node.values)
            # Texts that are chosen inside a hole are texts of their own; formats are not.
            passed_over.update(
                id(part)
                for value in node.values
                if isinstance(value, ast.FormattedValue) and value.format_spec
                for part in ast.walk(value.format_spec)
            )
        elif isinstance(node, ast.Call) and TERMINAL.match(ast.unparse(node.func)):
            passed_over.update(id(part) for part in ast.walk(node))
        elif isinstance(node, (ast.Compare, ast.Subscript)):
            passed_over.update(id(p) for p in ast.walk(node) if isinstance(p, ast.Constant))
    for node in ast.walk(tree):
        if id(node) not in passed_over and (text := _template(node, id(node) in formatted)):
            yield from ((node.lineno, part) for part in _shown(text))


STRING = re.compile(
    r"""(?<![\w])(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`)"""
)


HOLE = "\0"


def script_texts(path: Path) -> Iterator[str]:
    """The same of a page's script."""
    source = re.sub(r"^\s*(//|\*|/\*).*$", "", path.read_text(encoding="utf-8"), flags=re.M)
    yield from re.findall(r"""\bsay\(\s*"((?:[^"\\]|\\.)*)\"""", source)
    holes: list[str] = []
    while (hole := re.search(r"\$\{([^{}]*)\}", source)) is not None:
        holes.append(hole[1])  # Texts inside are texts of their own.
        source = source[: hole.start()] + HOLE + source[hole.end() :]
    for part in [source, *holes]:
        for double, single, template in STRING.findall(part):
            yield from _shown((double or single or template).replace(HOLE, "{}"))


def drawing_texts(path: Path) -> Iterator[str]:
    """The same of a picture that teaches."""
    yield from _shown(path.read_text(encoding="utf-8"))


READ = {".py": texts, ".js": script_texts, ".svg": drawing_texts}


def _template(node: ast.AST, formatted: bool) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if not formatted and NAMED.search(node.value):
            return identity(node.value)  # A message that is kept in a name before it is said.
        return re.sub(r"\{[\w.]*(\[\d\])?(:[^{}\s]+)?\}", "{}", node.value)  # For str.format.
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
    return ""


def _shown(text: str) -> Iterator[str]:
    parts = re.split(r"<[^>]*>", text) if "<" in text else [text]
    for part in [*parts, *LABELS.findall(text)]:
        part = re.sub(r"^#+ ", "", " ".join(part.split()))
        plain = part.replace("{}", "0")
        worded = re.search(r"[A-Za-z]+[,:;.’']? +\S*[A-Za-z]{2,}", plain)
        named = re.fullmatch(r"[A-Z][a-z]+( \S{1,2})?[.:…]?", part)
        holed = "{}" in part and re.search(r"(?:^|[^\w#./=-])[a-z]{2,}(?:$|[^\w=:/(-])", plain)
        message = NAMED.search(part) and re.search(r"[A-Za-z]{2}", NAMED.sub("", part))
        if message and not NO_MESSAGE.search(part):
            yield part
        elif (worded or named or holed) and not STYLE.search(plain) and not LONG.search(part):
            yield part


def rooms() -> dict[str, list[Path]]:
    """The folders that have a catalogue, with the modules whose words it holds."""
    found: dict[str, list[Path]] = {"registry": [], "weights": [], "plugins": []}
    files = (p for room in tuple(found) for p in (ROOT / room).rglob("*") if p.suffix in READ)
    for path in sorted(files):
        parts = path.relative_to(ROOT).parts
        if NOT_SEEN.fullmatch(path.relative_to(ROOT).as_posix()) or "template" in parts:
            continue
        tab = ROOT / "/".join(parts[:2]) / "tab.py"
        room = "/".join(parts[:2]) if parts[0] == "plugins" and tab.is_file() else parts[0]
        found.setdefault(room, []).append(path)
    return found


def words_of(room: str) -> list[str]:
    """All words of a room, each once, in the order of the source."""
    return list(dict.fromkeys(t for path in rooms()[room] for t in READ[path.suffix](path)))


def kept(room: str) -> set[str]:
    """Words that are the same in every language, or that nobody sees; each has its reason there."""
    path = ROOT / room / FOLDER / "kept.json"
    return set(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()


def missing(room: str, language: str) -> list[str]:
    """Words of a room that a language lacks."""
    known = kept(room)
    for each in (room, "plugins", "weights", "registry"):
        path = ROOT / each / FOLDER / f"{language}.json"
        known |= set(read_catalogue(path)) if path.is_file() else set()
    return [word for word in words_of(room) if word not in known]


def composed(room: str) -> list[str]:
    """Where a text of a room is put together, as `FILE:LINE text`."""
    return [
        f"{path.relative_to(ROOT)}:{line} {text}"
        for path in rooms()[room]
        if path.suffix == ".py"
        for line, text in placed(path)
        if "{}" in text and text not in kept(room)
    ] + [
        f"{path.relative_to(ROOT)} {text}"
        for path in rooms()[room]
        if path.suffix == ".js"
        for text in script_texts(path)
        if "{}" in text and text not in kept(room)
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--composed"]:
        for room in sys.argv[2:] or rooms():
            print(f"# {room}", *composed(room), sep="\n")
        raise SystemExit
    for room in sys.argv[1:] or rooms():
        lacking = missing(room, "zh")
        print(f"# {room}: {len(lacking)} of {len(words_of(room))}", file=sys.stderr)
        if sys.argv[1:]:
            print(json.dumps(dict.fromkeys(lacking, ""), ensure_ascii=False, indent=2))
