"""A message is made when it is said: one made while a module is imported would stay English, since
messages travel only after that."""

from __future__ import annotations

import ast

import pytest
import words


def early(tree: ast.AST) -> list[int]:
    """Lines of messages outside any function."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    later = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, functions)
        for each in (node.body if isinstance(node.body, list) else [node.body])
        for part in ast.walk(each)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in words.MESSAGES
        and id(node) not in later
    ]


@pytest.mark.parametrize("room", words.rooms())
def test_no_message_is_made_at_import(room):
    found = [
        f"{path.name}:{line}"
        for path in words.rooms()[room]
        if path.suffix == ".py"
        for line in early(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_an_early_message_is_seen():
    assert early(ast.parse('A = say("x {n}", n=1)\ndef f(a=1):\n    return say("y")\n')) == [1]
