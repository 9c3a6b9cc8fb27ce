"""Many clients on mixed endpoints, then SIGTERM: errors, p95, memory, seconds to exit, leftovers.

    PYTHONPATH=.:tests python tests/benchmarks/bench_stopping.py [--clients 100] [--seconds 60]

The clients verify faces, ask who is on a picture, look at patches of a small layer, and ask for
networks that are not there; half of the calls are on their way when the signal comes.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
from serving import Server

from tests.benchmarks.bench_load import Caller, pictures

MIXED = {
    "face_verification": lambda files: [*files, "dlib_resnet.faces_v1", "euclidean", None],
    "face_identification": lambda files: [
        files[0], "dlib_resnet.faces_v1", None, "all", "visit",
    ],
    "activation_explorer": lambda files: ["tf_efficientnet_lite0.in1k", "blocks.0", 3, None],
    "refused": lambda files: [*files, "no_such_network", "euclidean", None],
}  # fmt: skip
"""Endpoint -> its values; what is refused must be refused in words."""
NAMES = {"refused": "face_verification"}
SHARES = (6, 3, 1, 1)


class MixedCaller(Caller):
    """A client that asks one of several endpoints each time."""

    def ask_any(self) -> str:
        """One call; the name of what was asked. An answer that is none is raised."""
        (name,) = self.random.choices(list(MIXED), SHARES)
        endpoint = NAMES.get(name, name)
        paths = (
            []
            if endpoint == "activation_explorer"
            else self._upload(self.random.sample(self.faces, 2))
        )
        files = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
        asked = json.dumps({"data": MIXED[name](files)}).encode()
        kind = {"Content-Type": "application/json"}
        call = json.loads(self._send("POST", f"/call/{endpoint}", asked, kind))["event_id"]
        lines = self._send("GET", f"/call/{endpoint}/{call}").decode().splitlines()
        wanted = "event: error" if name == "refused" else "event: complete"
        if wanted not in lines:
            raise RuntimeError(" ".join(lines)[:200])
        return name


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    temp = tempfile.TemporaryDirectory(prefix="paragone-bench-")
    queue = {"PARAGONE_MAX_QUEUE": str(10 * options.clients)}
    server = Server({**queue, "TMPDIR": temp.name})
    process = psutil.Process(server.process.pid)
    faces = pictures(0)
    times: list[float] = []
    asked: Counter[str] = Counter()
    errors: list[str] = []
    signalled = threading.Event()
    ends = time.monotonic() + options.seconds
    start = process.memory_info().rss

    def work(seed: int) -> None:
        caller = MixedCaller(server.url, faces, seed)
        caller.random = random.Random(seed)
        while (begun := time.monotonic()) < ends + 30 and not signalled.is_set():
            try:
                asked[caller.ask_any()] += 1
                times.append(time.monotonic() - begun)
            except Exception as error:
                if not signalled.is_set():
                    errors.append(f"{type(error).__name__}: {error}"[:160])

    threads = [
        threading.Thread(target=work, args=(i,), daemon=True) for i in range(options.clients)
    ]
    for thread in threads:
        thread.start()
    time.sleep(max(0.0, ends - time.monotonic()))
    end = process.memory_info().rss
    signalled.set()
    begun = time.monotonic()
    server.process.terminate()
    code = server.process.wait(60)
    print(f"answers {len(times)} ({dict(asked)}), errors {len(errors)}: {errors[:3]}")
    if times:
        p50, p95 = np.percentile(times, [50, 95])
        print(f"p50 {p50:.2f} s, p95 {p95:.2f} s, {len(times) / options.seconds:.1f} a second")
    print(f"memory {start / 2**20:.0f} -> {end / 2**20:.0f} MiB")
    print(f"exit code {code}, {time.monotonic() - begun:.1f} s after SIGTERM")
    left = [str(path) for path in Path(temp.name).rglob("*") if path.is_file()]
    print(f"files left in the temp folder: {len(left)} {left[:3]}")
    temp.cleanup()


if __name__ == "__main__":
    main()
