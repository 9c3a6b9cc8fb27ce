"""How the page holds when many come at once: clients that verify faces, one request after another.

    python -m tests.benchmarks.bench_load [--clients 50] [--seconds 120] [--slice 5]

Two servers run side by side on the same machine: this app with its defaults, and the same app as
gradio sets up one: one call at a time, with all of torch's threads, and with gradio's own sessions.
They are asked in turns, a slice of time each, so that whatever else the machine does falls on both;
quote the ratio, since machines differ. Every request brings two other pictures, and no encoding is
known beforehand.
"""

from __future__ import annotations

import argparse
import http.client
import io
import itertools
import json
import os
import random
import statistics
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from serving import Server  # noqa: E402

from registry import resources  # noqa: E402

SHARED = Path(os.environ.get("PARAGONE_SHARED", ROOT.parent / "shared"))
API = "/gradio_api"
ONE_WORKER = {"PARAGONE_WORKERS": "1", "PARAGONE_THREADS": str(resources.cores())}
GRADIO = "gradio's defaults"
AS_GRADIO_DOES = "import app; app.keep_sessions_lean = lambda: None; app.main()"
NOT_FULL = {"PARAGONE_MAX_QUEUE": "1000"}
MIB = 1024 * 1024


def pictures(side: int) -> list[bytes]:
    """JPEG files with one face each: dlib's johns, or crops of scikit-image's astronaut.

    Args:
        side: Enlarge each to so many pixels, as a camera would; 0: as they are.
    """
    from PIL import Image

    paths = sorted((SHARED / "data" / "faces_dlib_johns").glob("*/*.jpg"))
    found = [Image.open(path).convert("RGB") for path in paths]
    if not found:
        from skimage.data import astronaut

        whole = Image.fromarray(astronaut())
        found = [whole.crop((130 + i, i, 330 + i, 200 + i)) for i in range(30)]
        print("dlib's johns are not here: crops of scikit-image's astronaut are used")
    written = []
    for picture in found:
        buffer = io.BytesIO()
        picture = picture.resize((side, side)) if side else picture
        picture.save(buffer, "JPEG", quality=92)
        written.append(buffer.getvalue())
    return list(dict.fromkeys(written))  # Two of the johns are one picture.


@dataclass
class Tally:
    """What the clients of one server saw.

    Attributes:
        times: Seconds of each request that was answered.
        memory: Bytes that the server's process held, at the start and after each slice.
        cpu: Seconds of processor time that it took.
    """

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    memory: list[int] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.times) / self.seconds


class Caller:
    """One client: two pictures up, one call, one answer, over one open connection."""

    def __init__(self, url: str, faces: list[bytes], seed: int):
        self.host = urlsplit(url).netloc
        self.faces, self.random = faces, random.Random(seed)
        self.connection: http.client.HTTPConnection | None = None

    def ask(self) -> None:
        """Verify two faces. An error or an answer without a distance is raised."""
        paths = self._upload(self.random.sample(self.faces, 2))
        files = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
        asked = json.dumps({"data": [*files, "dlib_resnet.faces_v1", "euclidean", None]})
        headers = {"Content-Type": "application/json"}
        call = self._send("POST", "/call/face_verification", asked.encode(), headers)
        told = self._send("GET", f"/call/face_verification/{json.loads(call)['event_id']}")
        lines = told.decode().splitlines()
        if "event: complete" not in lines:
            raise RuntimeError(" ".join(lines)[:200])
        answer = json.loads(lines[lines.index("event: complete") + 1].removeprefix("data: "))
        if not 0 < answer[0]["distance"] < 2:
            raise RuntimeError(f"a distance of {answer[0]['distance']}")

    def _upload(self, pair: list[bytes]) -> list[str]:
        edge = uuid.uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{i}.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n".encode()
            + data
            + b"\r\n"
            for i, data in enumerate(pair)
        ]
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        body = b"".join([*parts, f"--{edge}--\r\n".encode()])
        return json.loads(self._send("POST", "/upload", body, kind))

    def _send(self, method: str, path: str, body: bytes | None = None, headers=None) -> bytes:
        for fresh in (False, True):
            if self.connection is None or fresh:
                self.connection = http.client.HTTPConnection(self.host, timeout=120)
            try:
                self.connection.request(method, API + path, body, headers or {})
                answer = self.connection.getresponse()
                text = answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if fresh:
                    raise
                continue  # The server closed a connection that was idle during the other's slice.
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} {text[:200]!r}")
            return text
        raise AssertionError


def press(callers: list[Caller], seconds: float, tally: Tally) -> None:
    """Let all clients ask for a while; what is on its way at the end is waited for and counted."""
    ends = time.monotonic() + seconds

    def work(caller: Caller) -> None:
        while (begun := time.monotonic()) < ends:
            try:
                caller.ask()
                tally.times.append(time.monotonic() - begun)
            except Exception as error:
                tally.errors.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=(caller,)) for caller in callers]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.seconds += time.monotonic() - begun


def resident(server: Server) -> int:
    """Bytes that the server's process holds."""
    return psutil.Process(server.process.pid).memory_info().rss


def spent(server: Server) -> float:
    """Seconds of processor time that it has taken so far."""
    times = psutil.Process(server.process.pid).cpu_times()
    return times.user + times.system


def measure(
    settings: dict[str, dict[str, str]], clients: int, seconds: float, part: float, side: int
) -> dict[str, Tally]:
    """Ask every server for `seconds`, in turns of `part` seconds.

    Args:
        settings: Name -> environment of a server.
    """
    faces = pictures(side)
    servers = {
        name: Server(
            {**NOT_FULL, **environ},
            program=("-c", AS_GRADIO_DOES) if name == GRADIO else ("app.py",),
        )
        for name, environ in settings.items()
    }
    try:
        callers = {
            name: [Caller(server.url, faces, seed) for seed in range(clients)]
            for name, server in servers.items()
        }
        tallies = {name: Tally() for name in servers}
        for name, server in servers.items():
            callers[name][0].ask()  # torch is imported and the network loaded.
            press(callers[name][: resources.cores()], 2, Tally())
            tallies[name].memory.append(resident(server))
        order = random.Random(0)
        for turn in itertools.count():
            if turn * part >= seconds:
                return tallies
            for name in order.sample(list(servers), len(servers)):
                before = spent(servers[name])
                press(callers[name], part, tallies[name])
                tallies[name].cpu += spent(servers[name]) - before
                tallies[name].memory.append(resident(servers[name]))
    finally:
        for server in servers.values():
            server.stop()


def table(tallies: dict[str, Tally]) -> str:
    """One row a server; the last one is what the others are compared with."""
    rows = [
        f"{'':24} {'requests':>8} {'a second':>8} {'ratio':>6} {'p50 s':>6} {'p95 s':>6} "
        f"{'CPU ms':>6} {'errors':>6} {'MB first':>8} {'MB last':>8}"
    ]
    least = list(tallies.values())[-1].rate
    for name, tally in tallies.items():
        cuts = statistics.quantiles(tally.times, n=100)
        rows.append(
            f"{name:24} {len(tally.times):8} {tally.rate:8.2f} {tally.rate / least:6.2f} "
            f"{cuts[49]:6.2f} {cuts[94]:6.2f} {tally.cpu / len(tally.times) * 1000:6.1f} "
            f"{len(tally.errors):6} "
            f"{tally.memory[0] // MIB:8} {tally.memory[-1] // MIB:8}"
        )
        rows.extend(f"  {text}" for text in list(dict.fromkeys(tally.errors))[:3])
    return "\n".join(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120, help="for each server")
    parser.add_argument("--slice", type=float, default=5, help="seconds of one turn")
    parser.add_argument(
        "--side", type=int, default=0, help="enlarge the pictures to so many pixels"
    )
    parser.add_argument(
        "--also", nargs="*", default=[], metavar="WORKERS,THREADS", help="further settings"
    )
    options = parser.parse_args()
    settings = {"this app": {}}
    for text in options.also:
        workers, threads = text.split(",")
        name = f"{workers} workers, {threads} threads"
        settings[name] = {"PARAGONE_WORKERS": workers, "PARAGONE_THREADS": threads}
    settings["one worker, all threads"] = ONE_WORKER
    settings[GRADIO] = ONE_WORKER
    print(f"{options.clients} clients, {resources.cores()} cores, load {os.getloadavg()[0]:.1f}")
    print(table(measure(settings, options.clients, options.seconds, options.slice, options.side)))


if __name__ == "__main__":
    main()
