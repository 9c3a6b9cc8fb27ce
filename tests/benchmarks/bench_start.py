"""How soon the page answers, beside a bare Gradio page, and how soon two faces are compared.

    python -m tests.benchmarks.bench_start [--rounds N]

The peer is the least that Gradio can serve: one text box, its own process, the same options. Both
are started in turn in one run; quote the ratio, since machines differ.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from serving import Server, free_port  # noqa: E402

BARE = """
import sys, gradio as gr
with gr.Blocks(analytics_enabled=False) as demo:
    gr.Textbox()
demo.launch(server_port=int(sys.argv[1]), ssr_mode=False, quiet=True)
"""


def bare_seconds() -> float:
    """From the start of a bare Gradio process to its first answer on `/`."""
    port = free_port()
    begun = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).close()
                return time.monotonic() - begun
            except (urllib.error.URLError, OSError):
                if time.monotonic() - begun > 90:
                    raise
                time.sleep(0.02)
    finally:
        process.terminate()
        process.wait(10)


def our_seconds(pictures: list[str]) -> tuple[float, float, float]:
    """To the first answer on `/`, then the first comparison (cold), then the next one (warm)."""
    from gradio_client import Client, handle_file

    server = Server({})
    try:
        client = Client(server.url, verbose=False)
        times = []
        for _ in range(2):
            begun = time.monotonic()
            client.predict(
                *map(handle_file, pictures),
                "dlib_resnet.faces_v1",
                "euclidean",
                None,
                api_name="/face_verification",
            )
            times.append(time.monotonic() - begun)
        return server.seconds_to_first_answer, times[0], times[1]
    finally:
        server.stop()


def main() -> None:
    """Print the table."""
    from PIL import Image

    from plugins.shared.faces.examples import load_example

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        pictures = [f"{folder}/{key}.jpg" for key in ("grace_hopper", "eileen_collins_cropped")]
        for path in pictures:
            Image.fromarray(load_example(Path(path).stem).pixels).save(path, quality=95)
        for _ in range(rounds):
            bare.append(bare_seconds())
            ours.append(our_seconds(pictures))
    first, cold, warm = (statistics.median(column) for column in zip(*ours, strict=True))
    peer = statistics.median(bare)
    print(f"{'medians of ' + str(rounds):44} {'seconds':>8} {'ratio':>6}")
    print(f"{'bare Gradio: start to first answer':44} {peer:8.2f} {1:6.2f}")
    print(f"{'Paragone: start to first answer':44} {first:8.2f} {first / peer:6.2f}")
    print(f"{'Paragone: first comparison, all cold':44} {cold:8.2f}")
    print(f"{'Paragone: next comparison of two pictures':44} {warm:8.2f}")


if __name__ == "__main__":
    main()
