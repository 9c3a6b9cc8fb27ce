"""Top-5 identification in our gallery, beside faiss and sqlite-vec: time, memory, opening, recall.

python -m tests.benchmarks.bench_gallery [--sizes 10000,100000,1000000] [--queries N]

Everybody gets the same made-up encodings, 8 a person, and the same probes, one at a time, and must
name the five nearest people; the judge is a brute-force search in float64. Each engine builds its
file in one process and answers from it in another, so that its memory is its own. What is not
installed is left out, with words: `pip install faiss-cpu sqlite-vec apsw`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

EACH, TOP, SIZE = 8, 5, 128
BATCH = 5000
ROWS = EACH * TOP
"""Nearest rows that hold at least five people; the others have no search for people."""


class Missing(Exception):
    """A peer is not installed; says how to install it."""


def encodings(folder: Path) -> np.ndarray:
    return np.load(folder / "encodings.npy", mmap_mode="r")


def slabs(folder: Path) -> Iterator[tuple[int, np.ndarray]]:
    """The encodings in slabs, each with the number of its first row."""
    rows = encodings(folder)
    for start in range(0, len(rows), BATCH):
        yield start, np.ascontiguousarray(rows[start : start + BATCH])


def people_of(rows: list[int]) -> list[str]:
    """The first five people among rows that come nearest first."""
    return list(dict.fromkeys(str(row // EACH) for row in rows))[:TOP]


# --- the engines: build(folder, path), and open(path) -> ask(probe) -> names ----------------------


def build_ours(folder: Path, path: Path) -> None:
    from plugins.shared.faces.gallery.names import face_id
    from plugins.shared.faces.gallery.stores.contract import Enrolment

    gallery = our_gallery(path)
    for start, slab in slabs(folder):
        gallery.enrol(
            [
                Enrolment(face_id(str(start + i), 0), str((start + i) // EACH), vector, b"")
                for i, vector in enumerate(slab)
            ]
        )
    gallery.store.close()


def our_gallery(path: Path) -> Any:
    from plugins.shared.faces.gallery.gallery import Gallery
    from plugins.shared.faces.gallery.stores import open_store
    from plugins.shared.faces.gallery.stores.contract import Space

    space = Space("bench", "made.v1", "1" * 64, SIZE, "euclidean")
    return Gallery(open_store(str(path)), space)


def open_ours(path: Path) -> Callable[[np.ndarray], list[str]]:
    gallery = our_gallery(path)
    gallery.count()  # Builds the index.
    return lambda probe: [found.person for found in gallery.identify(probe, TOP)[0]]


def build_faiss(folder: Path, path: Path) -> None:
    import faiss

    index = faiss.IndexFlatL2(SIZE)
    for _, slab in slabs(folder):
        index.add(slab)
    faiss.write_index(index, str(path))


def open_faiss(path: Path) -> Callable[[np.ndarray], list[str]]:
    import faiss

    index = faiss.read_index(str(path))
    return lambda probe: people_of(index.search(probe[None], ROWS)[1][0].tolist())


def vec_connection(path: Path) -> Any:
    """SQLite with sqlite-vec: Python's own where it may load extensions, or else apsw's."""
    import sqlite3

    import sqlite_vec

    connection: Any = sqlite3.connect(path, isolation_level=None)
    if hasattr(connection, "enable_load_extension"):
        connection.enable_load_extension(True)
        sqlite_vec.load(connection)
        return connection
    import apsw

    connection = apsw.Connection(str(path))
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    return connection


def build_vec(folder: Path, path: Path) -> None:
    database = vec_connection(path)
    database.execute(f"CREATE VIRTUAL TABLE faces USING vec0(encoding float[{SIZE}])")
    for start, slab in slabs(folder):
        database.execute("BEGIN")
        rows = ((start + i, vector.tobytes()) for i, vector in enumerate(slab))
        database.executemany("INSERT INTO faces (rowid, encoding) VALUES (?, ?)", rows)
        database.execute("COMMIT")
    database.close()


def open_vec(path: Path) -> Callable[[np.ndarray], list[str]]:
    database = vec_connection(path)
    ask = f"SELECT rowid FROM faces WHERE encoding MATCH ? AND k = {ROWS} ORDER BY distance"
    return lambda probe: people_of([row for (row,) in database.execute(ask, (probe.tobytes(),))])


@dataclass(frozen=True)
class Engine:
    """A way to keep and search encodings.

    Attributes:
        imports: Loaded before the clock and the memory count start.
        build: Makes the file at a path from a folder of encodings.
        open: Opens that file; the answer names the people nearest to a probe.
    """

    imports: tuple[str, ...]
    build: Callable[[Path, Path], None]
    open: Callable[[Path], Callable[[np.ndarray], list[str]]]


OURS = (
    "plugins.shared.faces.gallery.gallery",
    "plugins.shared.faces.gallery.stores",
    "scipy.spatial.distance",
)
ENGINES = {
    "ours": Engine(OURS, build_ours, open_ours),
    "faiss IndexFlatL2": Engine(("faiss",), build_faiss, open_faiss),
    "sqlite-vec": Engine(("sqlite3", "sqlite_vec"), build_vec, open_vec),
}


# --- one engine in a process of its own -----------------------------------------------------------


def memory_mib() -> float:
    """What this process holds in memory now, in MiB; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def answer(name: str, folder: Path, path: Path) -> dict[str, Any]:
    """Open, and name the nearest people of every probe."""
    probes = np.load(folder / "probes.npy")
    for module in ENGINES[name].imports:
        import_module(module)
    before, began = memory_mib(), time.perf_counter()
    ask = ENGINES[name].open(path)
    ask(probes[0])
    opening = time.perf_counter() - began
    names, times = [], []
    for probe in probes:
        began = time.perf_counter()
        names.append(ask(probe))
        times.append(1000 * (time.perf_counter() - began))
    return {
        "p50": float(np.percentile(times, 50)),
        "p95": float(np.percentile(times, 95)),
        "opening": opening,
        "memory": memory_mib() - before,
        "names": names,
    }


def in_a_process(step: str, name: str, folder: Path, path: Path) -> Any:
    command = [sys.executable, "-m", "tests.benchmarks.bench_gallery", "--step", step, name]
    done = subprocess.run([*command, str(folder), str(path)], capture_output=True, text=True)
    last = (done.stderr.strip().splitlines() or [""])[-1]
    if "ModuleNotFoundError" in last:
        raise Missing(f"{last.rpartition(': ')[2]}: pip install faiss-cpu sqlite-vec apsw")
    if done.returncode:
        sys.exit(f"{name} failed\n{done.stderr}")
    return json.loads(done.stdout)


def step(kind: str, name: str, folder: Path, path: Path) -> None:
    began = time.perf_counter()
    if kind == "build":
        ENGINES[name].build(folder, path)
        print(json.dumps(time.perf_counter() - began))
    else:
        print(json.dumps(answer(name, folder, path)))


# --- the comparison -------------------------------------------------------------------------------


def make(folder: Path, size: int, queries: int) -> list[list[str]]:
    """Write encodings and probes; the five people nearest to each probe, by brute force."""
    from plugins.shared.faces.distances import distances

    random = np.random.default_rng(size)
    table = np.lib.format.open_memmap(
        folder / "encodings.npy", "w+", dtype=np.float32, shape=(size, SIZE)
    )
    chosen = np.sort(random.choice(size, queries, replace=False))
    probes, nearest = np.empty((queries, SIZE), np.float32), []
    for start in range(0, size, BATCH):
        count = min(BATCH, size - start)
        centres = random.normal(size=(-(-count // EACH), SIZE)) / SIZE**0.5
        rows = np.repeat(centres, EACH, 0)[:count]
        slab = rows + 0.4 * random.normal(size=rows.shape) / SIZE**0.5
        table[start : start + count] = slab / np.linalg.norm(slab, axis=1, keepdims=True)
        mine = np.flatnonzero((chosen >= start) & (chosen < start + count))
        noise = 0.4 * random.normal(size=(len(mine), SIZE)) / SIZE**0.5
        probes[mine] = rows[chosen[mine] - start] + noise
    table.flush()
    np.save(folder / "probes.npy", probes)
    best = [(np.zeros(0), np.zeros(0, int))] * queries
    for start, slab in slabs(folder):
        found = distances(probes, slab, "euclidean")
        for i, row in enumerate(found):
            near = np.argpartition(row, ROWS)[:ROWS] if len(row) > ROWS else np.arange(len(row))
            values = np.concatenate([best[i][0], row[near]])
            rows = np.concatenate([best[i][1], near + start])
            order = np.lexsort((rows, values))[:ROWS]
            best[i] = values[order], rows[order]
    for _, rows in best:
        nearest.append(people_of(rows.tolist()))
    return nearest


def compare(size: int, queries: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-gallery-") as name:
        folder = Path(name)
        wanted = make(folder, size, queries)
        base = 0.0
        for engine in ENGINES:
            path = folder / engine.replace(" ", "-")
            try:
                built = in_a_process("build", engine, folder, path)
                found = in_a_process("answer", engine, folder, path)
            except Missing as error:
                print(f"| {size:,} | {engine} | left out: {error} ||||||||", flush=True)
                continue
            base = base or found["p50"]
            pairs = zip(found["names"], wanted, strict=True)
            recall = sum(len(set(a) & set(b)) / len(b) for a, b in pairs) / len(wanted)
            print(
                f"| {size:,} | {engine} | {found['p50']:.2f} | {found['p95']:.2f}"
                f" | {found['p50'] / base:.1f} | {recall:.4f} | {found['memory']:.0f}"
                f" | {found['opening']:.2f} | {path.stat().st_size / 2**20:.0f}"
                f" | {size / built:,.0f} |",
                flush=True,
            )
            path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_gallery")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--step", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        kind, name, folder, path = options.step
        step(kind, name, Path(folder), Path(path))
        return
    print(
        f"{options.queries} probes, {SIZE} numbers an encoding, {EACH} faces a person, top {TOP};"
        f" {os.cpu_count()} CPUs; the encoding of the probe is not in the times\n"
    )
    print(
        "| faces | engine | p50 ms | p95 ms | to ours | recall | MiB | open s | file MiB | rows/s |"
    )
    print("|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for size in options.sizes.split(","):
        compare(int(size), options.queries)


if __name__ == "__main__":
    main()
