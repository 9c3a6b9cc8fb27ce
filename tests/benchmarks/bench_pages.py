"""How soon the front page is there with 10, 30 and 100 plug-ins, and with five of them broken.

    python -m tests.benchmarks.bench_pages [--counts 10 30 100] [--rounds 5]

Plug-ins are written to a passing folder, each a page of 14 components and 3 events. The broken ones
fail in five ways: at import, at registering, by a wrong task, in the build, and half-way in it.
Bytes are those of the front page's HTML; milliseconds are medians: to the first byte, and in a
Chromium without a cache to the first paint and until all cards are there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from serving import Server  # noqa: E402

SOUND = """
import gradio as gr, pluggy
hookimpl = pluggy.HookimplMarker("paragone")

@hookimpl
def register_tasks(register):
    register(name="{name}", title="{title}", summary="A page like any other.",
             build=f"{{__name__}}:build")

def build(ctx):
    with gr.Row():
        picture, options = gr.Image(), gr.Dropdown(["a", "b"])
    with gr.Tab("One"):
        words, number, slider = gr.Textbox(), gr.Number(1), gr.Slider(0, 1)
        gr.Markdown("Some *words* about it."), gr.HTML("<p>and more</p>")
    with gr.Tab("Two"):
        table, answer = gr.Dataframe(), gr.JSON()
        go, also = gr.Button("Go"), gr.Button("Also")
    go.click(lambda w: w, words, words, api_name="{endpoint}")
    also.click(lambda n: n, number, number, api_name="{endpoint}_also")
    slider.change(lambda s: s, slider, number, api_name=False)
"""
BROKEN = (
    "import a_module_that_is_not_there\n",
    SOUND.replace("def register_tasks(register):", "def register_tasks(register):\n    1 / 0"),
    SOUND.replace('name="{name}"', 'name="Not A Name"'),
    SOUND.replace("def build(ctx):", "def build(ctx):\n    raise SystemExit(3)"),
    SOUND.replace("    go.click(", "    gr.Number(1).nothing()\n    go.click("),
)
BROKEN_ONES = 5
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions")


def write_plug_ins(folder: Path, count: int, broken: int = 0) -> str:
    """Write so many plug-ins, the last of which are broken; their names as a setting."""
    names = [f"page_{i:03}" for i in range(count)]
    for i, name in enumerate(names):
        text = BROKEN[(i - count) % len(BROKEN)] if i >= count - broken else SOUND
        for key, value in {
            "{name}": name.replace("_", "-"),
            "{title}": f"Page {i}",
            "{endpoint}": name,
            "{{__name__}}": "{__name__}",
        }.items():
            text = text.replace(key, value)
        (folder / f"{name}.py").write_text(text)
    return ",".join(names)


def fetch(url: str) -> tuple[float, int]:
    """Milliseconds to the first byte, and the bytes of the HTML."""
    begun = time.perf_counter()
    with urllib.request.urlopen(url, timeout=60) as answer:
        first = answer.read(1)
        return (time.perf_counter() - begun) * 1000, len(first + answer.read())


def paint(browser, url: str, cards: int) -> tuple[float, float]:
    """Milliseconds to the first paint, and until all cards are there, for a new visitor."""
    context = browser.new_context()
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(
        "count => document.querySelectorAll('a.paragone-task').length === count", arg=cards
    )
    ready = (time.perf_counter() - begun) * 1000
    first = page.evaluate(
        "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"
    )
    context.close()
    return first, ready


def measure(browser, count: int, rounds: int) -> Iterator[str]:
    """Two rows of the table. The two servers are asked in turns, since machines have moods."""
    with ExitStack() as stack:
        servers = {}
        for broken in (0, BROKEN_ONES):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            names = write_plug_ins(Path(folder), count, broken)
            environ = {"PARAGONE_PLUGINS": names, "PARAGONE_PLUGIN_DIRS": folder}
            servers[broken] = Server(environ)
            stack.callback(servers[broken].stop)
        seen = {broken: [] for broken in servers}
        for turn in range(rounds + 1):
            for broken, server in servers.items():
                row = (*fetch(server.url), *paint(browser, server.url, count - broken))
                seen[broken] += [row] * (turn > 0)  # The first round warms both.
        for broken, rows in seen.items():
            first_byte, size, first, ready = map(statistics.median, zip(*rows, strict=True))
            start = servers[broken].seconds_to_first_answer
            yield (
                f"{count:8} {broken:6} {start:8.2f} {size:10.0f} {first_byte:14.1f} "
                f"{first:14.0f} {ready:12.0f}"
            )


def main() -> None:
    """Print the table."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 30, 100])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    chromium = os.environ.get("PARAGONE_CHROMIUM") or shutil.which("chromium")
    print(
        f"{'plug-ins':>8} {'broken':>6} {'start s':>8} {'HTML B':>10} {'first byte ms':>14} "
        f"{'first paint ms':>14} {'all cards ms':>12}"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM))
        for count in options.counts:
            for row in measure(browser, count, options.rounds):
                print(row, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
