"""What the sources of a plug-in import, read without running them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

HEAVY = frozenset(
    "torch torchvision torchaudio timm tensorflow jax keras transformers diffusers onnxruntime "
    "scipy sklearn skimage matplotlib cv2 dlib faiss numba".split()
)
"""Packages that take long to import; a plug-in imports them in its handlers."""
OURS = frozenset(("registry", "weights", "plugins", "app"))


def sources_of(package: str) -> list[Path]:
    """The files of an imported module, or of all modules in an imported package."""
    module = sys.modules.get(package)
    file = getattr(module, "__file__", None)
    if not file:
        return []
    path = Path(file)
    return sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]


def places(files: Sequence[Path], packages: frozenset[str], top: bool) -> Iterator[tuple[str, str]]:
    """Each import of one of the packages: the package, and where, as `folder/file.py:line`.

    Args:
        top: Only imports that run when the file is imported.
    """
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in _at_import(tree) if top else ast.walk(tree):
            for name in _imported(node):
                if name in packages:
                    yield name, f"{path.parent.name}/{path.name}:{node.lineno}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [(node.module or "").partition(".")[0]]
    return []


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The statements that run at import: not those in functions, nor for the type checker only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_import(child)
