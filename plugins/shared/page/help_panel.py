"""What happens on a page, in both languages: the formula, and the picture that teaches it.

A task keeps `help/en.md`, `help/zh.md` and `help/picture.svg`, and its other longer texts beside
them. The picture takes its colours from the page's style, so that it suits light and dark; its
words are translated like all others.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from plugins.shared.page.widgets import html

LATEX = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
STYLE = """
.pv-teach { max-width: 46rem; margin: 0 auto; }
.pv-teach svg { display: block; width: 100%; height: auto; color: var(--body-text-color); }
.pv-teach text { fill: currentColor; font-family: var(--font); font-size: 13px; }
.pv-teach .line { fill: none; stroke: currentColor; stroke-width: 1.5; }
.pv-teach .soft { fill: none; stroke: currentColor; stroke-width: 1; opacity: 0.45; }
.pv-teach .faint { fill: currentColor; opacity: 0.12; }
.pv-teach .one { fill: none; stroke: #2563eb; stroke-width: 2; }
.pv-teach .one-full { fill: #2563eb; }
.pv-teach .two { fill: none; stroke: #ea580c; stroke-width: 2; }
.pv-teach .two-full { fill: #ea580c; }
.pv-teach .three { fill: none; stroke: #16a34a; stroke-width: 2; }
.pv-teach .three-full { fill: #16a34a; }
.pv-teach .mid { text-anchor: middle; }
.pv-teach .small { font-size: 11.5px; }
"""
LANGUAGES = ("en", "zh")


def help_panel(tab: str) -> None:
    """The folded panel "What happens here".

    Args:
        tab: The file of the page's module; `help/` lies beside it.
    """
    folder = Path(tab).with_name("help")
    with gr.Accordion("What happens here", open=False, elem_classes="pv-help"):
        picture = (folder / "picture.svg").read_text(encoding="utf-8")
        html(f'<style>{STYLE}</style><div class="pv-teach">{picture}</div>', padding=False)
        in_both(folder)


def in_both(folder: Path, name: str = "") -> None:
    """A longer text with marks or formulas, once in each language; one of them is seen.

    Args:
        folder: The task's `help`.
        name: Of the text's files there, before the language.
    """
    for language in LANGUAGES:
        text = (folder / f"{name}{language}.md").read_text(encoding="utf-8")
        gr.Markdown(text, latex_delimiters=LATEX, elem_classes=f"only-{language}")
