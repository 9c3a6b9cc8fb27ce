"""The rules of the house that no single test of a room would notice."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from house_map import arrows, circles, graph, imports, imports_in
from serving import FIXTURES, HOUSE, ROOT, clean_environ, run_code

from registry import hooks

HEAVY = ("torch", "timm", "torchvision", "dlib", "sklearn", "skimage", "scipy", "matplotlib")
ROOMS = {
    "weights": ("registry", "plugins", "app"),
    "registry": ("plugins", "weights", "app", "torch", "timm"),
    "plugins": ("app",),
}
MESSAGES = "weights.messages"
"""What every room speaks with, the host too; it knows nothing of weights."""
SHARED = "shared"
"""The package in plugins/ that holds no task; what several tasks use lies there."""


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("room", ROOMS)
def test_no_import_runs_against_the_arrow(room):
    assert modules(room), f"{room} is empty"
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in modules(room)
        for line, module in imports(path)
        if any(is_in(module, barred) for barred in ROOMS[room])
        and not (path == ROOT / "registry" / "messages.py" and module.startswith(MESSAGES))
    ]
    assert wrong == []


ARROWS = {
    "app": "plugins/<task> registry registry/cli registry/pages registry/server weights",
    "registry": "weights",
    "registry/pages": "registry registry/server",
    "registry/server": "registry",
    "registry/cli": "registry registry/authoring registry/pages",
    "registry/authoring": "registry registry/server",
    "plugins/<task>": "plugins/shared/classification plugins/shared/faces plugins/shared/files "
    "plugins/shared/page weights",
    "plugins/shared/classification": "plugins/shared/page weights",
    "plugins/shared/faces": "plugins/shared/files plugins/shared/page weights",
    "plugins/shared/files": "weights",
    "plugins/shared/page": "weights",
}
"""The drawing of the house: each room and those that it imports. A new arrow is a decision."""


def test_the_rooms_are_joined_as_they_are_drawn():
    drawn: dict[str, set[str]] = {}
    for room, other in arrows(graph()):
        drawn.setdefault(room, set()).add(other)
    assert drawn == {room: set(others.split()) for room, others in ARROWS.items()}


def test_no_modules_import_one_another():
    """For types neither."""
    assert circles(graph()) == []
    assert (
        circles({room: set(others.split()) & set(ARROWS) for room, others in ARROWS.items()}) == []
    )
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_no_model_imports_gradio():
    models = [path for path in modules("plugins") if path.name == "model.py"]
    wrong = [str(p) for p in models for _, module in imports(p) if is_in(module, "gradio")]
    assert models and wrong == []


def test_no_task_imports_another():
    tasks = {p.name for p in (ROOT / "plugins").iterdir() if (p / "__init__.py").is_file()}
    tasks -= {SHARED}
    wrong = []
    for path in modules("plugins"):
        own = path.relative_to(ROOT / "plugins").parts[0]
        for line, module in imports(path):
            parts = module.split(".")
            if parts[0] == "plugins" and len(parts) > 1 and parts[1] in tasks - {own}:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert tasks and wrong == []


def test_html_is_escaped_by_markup_alone():
    """A value that is put into `Markup` is escaped by that; `html.escape` beside it is a second way
    to do so, which can be forgotten or done twice.
    """
    files = [*modules("plugins"), *modules("registry")]
    quoting = re.compile(r"^\s*(from html import .*\bescape\b|import html$)|\bhtml\.escape\(", re.M)
    found = {
        str(path.relative_to(ROOT))
        for path in files
        if quoting.search(path.read_text(encoding="utf-8"))
    }
    # The guard's are messages for `gr.Error`, which are no markup.
    assert found == {"registry/server/guard.py"}
    composed = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Markup"
        and not all(isinstance(each, ast.Constant) for each in node.args)
    ]
    assert composed == [], "only text of the source itself is taken for HTML as it stands"


def test_handlers_name_what_they_change():
    """What a handler does not name stays as it is: no place among the outputs is skipped by hand,
    neither one nor `(gr.skip(),) * N` of them.
    """
    found = {
        str(path.relative_to(ROOT))
        for path in modules("plugins")
        if re.search(r"\bgr\.skip\b", path.read_text(encoding="utf-8"))
    }
    assert found == {"plugins/shared/page/parts.py"}, "`named` fills the places"


DELETIONS = {
    "plugins/shared/faces/gallery/export.py": "its own partial file",
    "plugins/shared/page/upload_folder.py": "the helper itself",
    "plugins/triplet_finetuning/export/files.py": "its own partial file; what it overwrites",
    "plugins/volume_classification/data/medmnist.py": "its own partial file",
    "registry/authoring/new.py": "a folder that is empty, before one is moved there",
    "registry/authoring/samples.py": "files that it has just made",
    "registry/server/temp_folder.py": "what it finds there itself, by walking, where no link is "
    "followed; what this server has answered an upload with, or fetched or decoded for a tool",
    "registry/server/workspace.py": "folders of this process and of processes that have ended",
    "weights/files.py": "a broken file in the Hub's cache",
}
"""Where files are deleted, and which. What a caller has named goes through `discard` alone."""


def test_files_are_deleted_in_few_places():
    words = r"\b(unlink|rmtree|rmdir|removedirs|os\.remove)\b"
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in modules(room)
        if re.search(words, path.read_text(encoding="utf-8"))
    }
    assert found == set(DELETIONS)


def test_the_reader_of_imports_sees_every_kind():
    """The rules above are worth as much as what they see."""
    source = (
        "import a.b\nfrom . import c\nfrom ..d import e\n"
        "def f():\n    import torch\n    importlib.import_module('timm.models')\n"
    )
    seen = {module for _, module in imports_in(source, ("registry", "deep"))}
    assert {"a.b", "registry.deep.c", "registry.d.e", "torch", "timm.models"} <= seen


def test_building_the_page_imports_nothing_heavy():
    code = (
        "import json, sys, app\nassert 'demo' not in vars(app)\ndemo = app.build_app()\n"
        "print(json.dumps([sorted(sys.modules), [(r.name, r.state) for r in demo.records]]))"
    )
    printed = run_code(code)
    loaded, records = json.loads(printed.splitlines()[-1])
    assert {m for m in loaded if m.partition(".")[0] in HEAVY} == set()
    assert records and all(state == "ready" for _, state in records), records


@pytest.mark.slow
def test_collecting_the_tests_imports_nothing_heavy():
    """A test or a fixture imports what it needs of it. The readers of volumes import scipy alone,
    without the large parts, nearly all of which rest on `scipy.linalg`.
    """
    heavy = [*(name for name in HEAVY if name != "scipy"), "scipy.linalg", "ray", "pymilvus"]
    code = (
        "import sys, pytest\n"
        "ended = pytest.main(['--collect-only', '-qq', '-p', 'no:cacheprovider'])\n"
        f"print(int(ended), [name for name in {heavy} if name in sys.modules])"
    )
    assert run_code(code).splitlines()[-1] == "0 []"


def test_a_plug_in_that_is_switched_off_is_not_imported():
    code = "import app, sys\napp.build_app()\nprint([m for m in sys.modules if 'sleeper' in m])"
    for barred in (HOUSE["PARAGONE_DISABLE"], None):
        environ = clean_environ({"PARAGONE_PLUGIN_DIRS": str(FIXTURES / "slow")})
        environ |= {"PARAGONE_DISABLE": barred} if barred else {"PARAGONE_PLUGINS": ""}
        assert run_code(code, environ).strip() == "[]"


def test_every_hook_is_documented():
    specs = [name for name, f in vars(hooks).items() if hasattr(f, "paragone_spec")]
    assert specs == ["register_tasks", "register_backbones"]
    text = (ROOT / "registry" / "README.md").read_text(encoding="utf-8")
    assert [name for name in specs if f"`{name}(" not in text] == []
    assert all(vars(hooks)[name].__doc__.count("\n") == 0 for name in specs)


def readmes() -> list[Path]:
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "tests" / "README.md"]
    return found + [p for room in ROOMS for p in (ROOT / room).rglob("README.md")]


def test_every_variable_of_ours_is_documented():
    text = "".join(path.read_text(encoding="utf-8") for path in readmes())
    sources = [ROOT / "app.py", *(p for room in ROOMS for p in modules(room))]
    used = {v for p in sources for v in re.findall(r"\bPARAGONE_[A-Z_]+[A-Z]\b", p.read_text())}
    assert {v for v in used if v not in text} == set()


def test_the_readme_is_short_and_every_link_leads_somewhere():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200
    dead = []
    for path in readmes():
        text = path.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            file, _, place = link.partition("#")
            target = (path.parent / file) if file else path
            if "://" in link or "template" in path.parts:
                continue
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.M) if place else ()
            if not target.is_file() or (
                place and place not in {h.lower().replace(" ", "-") for h in headings}
            ):
                dead.append(f"{path.relative_to(ROOT)}: {link}")
    assert dead == []


def test_the_app_stays_short():
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) < 150
