"""Docstrings in Google's style."""

from __future__ import annotations

from registry.docstrings import Described, read_docstring


def whole(first, second=1, *rest):
    """Do a thing. It takes
    two lines to say.

    Args:
        first: What comes first: a number,
            in metres.
        second (int): The other one.

    Returns:
        distance, and what else
        there is: much.

    Raises:
        ValueError: Never.
    """


def test_every_line_is_read():
    assert read_docstring(whole) == Described(
        "Do a thing. It takes two lines to say.",
        {"first": "What comes first: a number, in metres.", "second": "The other one."},
        "distance, and what else there is: much.",
    )


def test_a_function_without_words_has_none():
    assert read_docstring(lambda: None) == Described("", {}, "")
    assert read_docstring(test_every_line_is_read).summary == ""
