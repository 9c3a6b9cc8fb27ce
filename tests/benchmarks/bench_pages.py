"""How soon the front page is there with 10, 30 and 100 plug-ins, and with five of them broken.

    python -m tests.benchmarks.bench_pages [--counts 10 30 100] [--rounds 5]

Plug-ins are written to a passing folder, each a page of 14 components and 3 events. The broken ones
fail in five ways: at import, at registering, by a wrong task, in the build, and half-way in it.
Bytes are those of the front page's HTML, as sent and unpacked; milliseconds are medians: to the
first byte, and in a Chromium without a cache to the first paint and until the cards are there.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
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


def fetch(url: str) -> tuple[float, int, int]:
    """Milliseconds to the first byte, bytes as sent, bytes unpacked."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:
        first = answer.read(1)
        taken = (time.perf_counter() - begun) * 1000
        body = first + answer.read()
        packed = answer.headers.get("Content-Encoding") == "gzip"
    return taken, len(body), len(gzip.decompress(body) if packed else body)


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


def measure(browser, count: int, broken: int, rounds: int) -> str:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        names = write_plug_ins(Path(folder), count, broken)
        server = Server({"PARAGONE_PLUGINS": names, "PARAGONE_PLUGIN_DIRS": folder})
        try:
            fetched = [fetch(server.url) for _ in range(rounds + 1)][1:]
            seen = [paint(browser, server.url, count - broken) for _ in range(rounds)]
        finally:
            server.stop()
    middle = [statistics.median(column) for column in zip(*fetched, strict=True)]
    first, ready = (statistics.median(column) for column in zip(*seen, strict=True))
    start = server.seconds_to_first_answer
    return (
        f"{count:8} {broken:6} {start:8.2f} {middle[0]:14.1f} {middle[1]:10.0f} {middle[2]:10.0f} "
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
        f"{'plug-ins':>8} {'broken':>6} {'start s':>8} {'first byte ms':>14} {'sent B':>10} "
        f"{'HTML B':>10} {'first paint ms':>14} {'all cards ms':>12}"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM))
        for count in options.counts:
            for broken in (0, 5):
                print(measure(browser, count, broken, options.rounds), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
