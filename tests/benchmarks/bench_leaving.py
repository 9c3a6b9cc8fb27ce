"""Long work that is left: 20 calls of each long endpoint are started and abandoned; then 200 visits
are opened and closed. Prints how long the processor stays busy, its seconds of work from leaving
until 12 seconds after that (which other programs do not change), and threads and memory before, at
the top and after.

    PYTHONPATH=.:tests python tests/benchmarks/bench_leaving.py [--calls 20] [--visits 200] \\
        [--names activation_explorer ...]

One caller in four each: closes the stream, cancels, closes a connection that it opened for a
direct call, or never asks for the answer (that one is noticed after `PATIENCE` seconds).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from serving import Server

from registry.server.callers import PATIENCE

BEGUN = 4.0
"""Seconds that the calls run before they are left."""
TICKS = os.sysconf("SC_CLK_TCK")
FACES = "dlib_resnet.faces_v1"
WAYS = ("stream closed", "cancelled", "direct call cut", "answer never asked for")


def proc(server: Server) -> tuple[float, int, float]:
    """Processor seconds, threads and MiB of the server."""
    folder = Path("/proc", str(server.process.pid))
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    status = dict(
        line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
    )
    spent = (int(fields[11]) + int(fields[12])) / TICKS
    return spent, int(status["Threads"]), int(status["VmRSS"].split()[0]) / 1024


def busy_for(server: Server, most: float = 120.0) -> float:
    """Seconds from now until the server has used less than a tenth of a processor for a second."""
    begun, idle = time.monotonic(), 0.0
    while idle < 1.0:
        before, _, _ = proc(server)
        time.sleep(0.1)
        idle = idle + 0.1 if proc(server)[0] - before < 0.011 else 0.0
        if time.monotonic() - begun > most:
            return most
    return time.monotonic() - begun - idle


def abandon(server: Server, name: str, data: list, way: str) -> Callable[[], None]:
    """Start one call; the returned function leaves it."""
    url = f"{server.url}gradio_api/call/{name}"
    if way == "direct call cut":
        client = httpx.Client(timeout=None)

        def ask() -> None:
            with suppress(httpx.HTTPError, RuntimeError):
                client.post(
                    f"{server.url}gradio_api/run/{name}", json={"data": data}, timeout=BEGUN
                )

        threading.Thread(target=ask, daemon=True).start()
        return client.close
    event = httpx.post(url, json={"data": data}, timeout=60).json()["event_id"]
    if way == "answer never asked for":
        return lambda: None
    stack = ExitStack()
    stack.enter_context(httpx.stream("GET", f"{url}/{event}", timeout=None))
    if way == "cancelled":
        body = {"session_hash": event, "fn_index": 0, "event_id": event}
        return lambda: (httpx.post(f"{server.url}gradio_api/cancel", json=body, timeout=60), stack)
    return stack.close


def upload(server: Server, path: Path) -> dict:
    """A file as gradio's own client sends it."""
    with path.open("rb") as file:
        (where,) = httpx.post(f"{server.url}gradio_api/upload", files={"files": file}).json()
    return {"path": where, "meta": {"_type": "gradio.FileData"}, "orig_name": path.name}


def calls(server: Server, folder: Path) -> dict[str, Callable[[], list]]:
    """What is asked of each long endpoint: far more than there is time for."""
    rng, picture = np.random.default_rng(0), folder / "picture.png"
    Image.fromarray(rng.integers(0, 256, (256, 320, 3), np.uint8)).save(picture)
    signals = folder / "signals.csv"
    rows = [[label, *map(str, rng.normal(i, 1, 200))] for i, label in enumerate("ab" * 60)]
    signals.write_text("\n".join(map(",".join, rows)) + "\n")
    volume, photo = folder / "volume.npy", folder / "photo.png"
    np.save(volume, rng.normal(size=(64, 96, 96)).astype(np.float32))
    Image.fromarray(rng.integers(0, 256, (1000, 1500, 3), np.uint8)).save(photo)
    many = json.dumps({"steps": 20_000, "every": 20_000, "patience": 0})
    paint = json.dumps({"steps": 1000, "size": 256})
    return {
        "triplet_finetuning": lambda: [None, many],
        "style_transfer": lambda: [upload(server, picture), upload(server, picture), paint],
        "signal_classification": lambda: [
            upload(server, signals), None, json.dumps({"budget": 300}),
        ],
        "activation_explorer": lambda: ["tf_efficientnet_lite0.in1k", "blocks.2.0", 1, None],
        "volume_classification": lambda: [upload(server, volume), "phantom"],
        "face_verification": lambda: [
            upload(server, photo), upload(server, photo), FACES, "euclidean", None,
        ],
        "face_identification": lambda: [upload(server, photo), FACES, None, "all", "visit"],
    }  # fmt: skip


def leave_all(
    server: Server, name: str, data: Callable[[], list], count: int, way: str, note: str = ""
) -> None:
    """Print what is left of so many abandoned calls."""
    busy_for(server)
    _, threads, memory = proc(server)
    leaving = [abandon(server, name, data(), way) for _ in range(count)]
    time.sleep(BEGUN)
    top = proc(server)
    for leave in leaving:
        leave()
    left, _, _ = proc(server)
    idle = busy_for(server)
    time.sleep(12)  # An idle thread of the server's ends after ten seconds.
    spent, after, kept = proc(server)
    print(
        f"{name:22} {way:24} idle after {idle:5.1f} s, {spent - left:.1f} s of work; "
        f"threads {threads} -> {top[1]} -> {after}; "
        f"MiB {memory:.0f} -> {top[2]:.0f} -> {kept:.0f} {note}",
        flush=True,
    )


@contextmanager
def tab(server: Server, name: str) -> Iterator[None]:
    """An open tab."""
    with httpx.stream("GET", f"{server.url}gradio_api/heartbeat/{name}", timeout=None) as answer:
        beats = answer.iter_bytes()
        next(beats)
        yield


def visits(server: Server, count: int) -> None:
    """Open so many visits of the face pages, which fill their sessions, and close them all."""
    busy_for(server)
    before = proc(server)
    config = httpx.get(f"{server.url}config", timeout=60).json()
    loads = [d for d in config["dependencies"] if any(t[1] == "load" for t in d["targets"])]
    with ExitStack() as tabs:
        for i in range(count):
            name = f"visit{i:04}"
            tabs.enter_context(tab(server, name))
            for load in loads:
                given = [None] * len(load["inputs"])
                asked = {"data": given, "session_hash": name, "fn_index": load["id"]}
                httpx.post(f"{server.url}gradio_api/queue/join", json=asked, timeout=60)
        busy_for(server)
        top = proc(server)
    busy_for(server)
    time.sleep(12)
    after = proc(server)
    print(
        f"{count} visits: MiB {before[2]:.0f} -> {top[2]:.0f} -> {after[2]:.0f}; "
        f"threads {before[1]} -> {top[1]} -> {after[1]}",
        flush=True,
    )


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--visits", type=int, default=200)
    parser.add_argument("--ways", nargs="*", default=WAYS)
    parser.add_argument("--names", nargs="*", help="of the endpoints; none: all")
    args = parser.parse_args()
    server = Server({"PARAGONE_MAX_QUEUE": "300"})
    try:
        with tempfile.TemporaryDirectory() as folder:
            print(f"An answer that nobody asks for is given up after {PATIENCE:.0f} s.")
            for name, data in calls(server, Path(folder)).items():
                if args.names and name not in args.names:
                    continue
                leave_all(server, name, data, args.calls, WAYS[0], "(the first, which loads)")
                for way in args.ways:
                    leave_all(server, name, data, args.calls, way)
        if args.visits:
            visits(server, args.visits)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
