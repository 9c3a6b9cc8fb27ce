"""Image datasets from the Hub with the real client and a local Hub; LFW where nothing answers."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.hub.server import LocalHub
from tests.shared.faces.made import encoded

pytestmark = pytest.mark.hub
NAME = "somebody/shapes"
READ = """
import json, sys
from plugins.triplet_finetuning.data.lfw_and_hub import hub_pictures, lfw_pictures
from plugins.triplet_finetuning.data.picture_set import PictureSet
from tests.shared.faces.made import Limits
from weights.errors import ParagoneError
steps = (
    lfw_pictures("whole-16", None, "offline" in sys.argv, Limits())
    if sys.argv[1] == "lfw"
    else hub_pictures(sys.argv[1], "whole-16", None, Limits())
)
try:
    *_, found = steps
    means = found.chips.reshape(len(found), -1, 3).mean(1).round().astype(int).tolist()
    out = {"names": found.names, "labels": found.labels.tolist(), "means": means}
except ParagoneError as error:
    out = {"error": error.what, "where": error.where, "todo": error.todo}
print(json.dumps(out))
"""


@pytest.fixture
def read(tmp_path):
    """Read a dataset in a process of its own, as the client takes its settings when imported."""

    def call(name: str, endpoint: str, *more: str, **environ: str) -> dict:
        environ = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hf"), **environ}
        done = subprocess.run(
            [sys.executable, "-c", READ, name, *more],
            env={**os.environ, "SCIKIT_LEARN_DATA": str(tmp_path / "sk"), **environ},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    return call


def picture(colour) -> bytes:
    return encoded(Image.new("RGB", (20, 24), colour), "PNG")


COLOURS = {"red": (200, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 200)}


def parquet(rows: list[dict], names: list[str] | None = None) -> bytes:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(rows)
    if names:
        info = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({b"huggingface": json.dumps(info).encode()})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def check(found: dict) -> None:
    assert found["names"] == ["blue", "green", "red"], found
    assert sorted(np.bincount(found["labels"]).tolist()) == [2, 2, 2]
    for label, mean in zip(found["labels"], found["means"], strict=True):
        assert np.abs(np.array(mean) - COLOURS[found["names"][label]]).max() <= 3


def test_folders_of_pictures(read):
    files = {f"train/{n}/{i}.png": picture(c) for n, c in COLOURS.items() for i in range(2)}
    files |= {"test/red/9.png": picture((1, 1, 1)), "README.md": b"# shapes"}
    with LocalHub() as hub:
        hub.add(NAME, files)
        check(read(NAME, hub.url))


def test_parquet_tables_with_named_classes(read):
    names = ["red", "green", "blue"]
    rows = [
        {"image": {"bytes": picture(COLOURS[n]), "path": None}, "label": names.index(n)}
        for n in names
        for _ in range(2)
    ]
    with LocalHub() as hub:
        hub.add(NAME, {"data/train-00000-of-00001.parquet": parquet(rows, names)})
        check(read(NAME, hub.url))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"README.md": b"nothing"}, "neither parquet tables nor folders"),
        ({"a.parquet": None}, "no column of pictures"),
        ({"b.parquet": b"PAR1 damaged"}, "cannot be read"),
    ],
)
def test_what_is_no_labelled_dataset_is_said(read, files, words):
    files = {n: parquet([{"text": "a", "label": 1}]) if b is None else b for n, b in files.items()}
    with LocalHub() as hub:
        hub.add(NAME, files)
        found = read(NAME, hub.url)
    assert words in found["error"] and found["where"] and found["todo"]


def test_missing_gated_private_and_dead(read):
    with LocalHub() as hub:
        hub.add(NAME, {"a.png": b""}, gated=True)
        assert "gated" in read(NAME, hub.url, HF_TOKEN="hf_x")["error"]
        assert "404" in read("nobody/nothing", hub.url, HF_TOKEN="hf_x")["error"]
        assert "401" in read("nobody/nothing", hub.url)["error"]
        address = hub.url
    assert "cannot be reached" in read(NAME, address)["error"]
    assert "offline mode" in read(NAME, address, HF_HUB_OFFLINE="1")["error"]
    assert "no name of a dataset" in read("nonsense", address)["error"]


def test_lfw_without_a_connection(read):
    found = read("lfw", "http://127.0.0.1:9", "offline")
    assert "cannot be fetched" in found["error"] and "zip" in found["todo"]
