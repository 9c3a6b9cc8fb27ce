"""Sets of MedMNIST by name: fetched, verified, kept; and what happens where there is no server."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from serving import ROOT, run_code
from volume_files import LIMITS, lump

from plugins.volume_classification.data import medmnist as medmnist_sets
from plugins.volume_classification.data.medmnist import fetch_set, listed
from plugins.volume_classification.errors import VolumeError

KEY = "vesselmnist3d"


def small() -> bytes:
    """A set as MedMNIST stores it."""
    file, made = io.BytesIO(), {}
    for part, many in {"train": 6, "val": 2, "test": 4}.items():
        made[f"{part}_images"] = (lump(many, 28, 28, 28) % 256).astype(np.uint8)
        made[f"{part}_labels"] = np.arange(many)[:, None] % 2
    np.savez_compressed(file, **made)
    return file.getvalue()


class Shelf(BaseHTTPRequestHandler):
    """Gives one file, or whatever its path asks for."""

    data = small()
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        code = 404 if "missing" in self.path else 200
        self.send_response(code)
        self.send_header("Content-Length", str(len(self.data)))
        self.end_headers()
        if "silent" in self.path:
            time.sleep(3)
        half = len(self.data) // 2 if "short" in self.path else None
        if code == 200 and "silent" not in self.path:
            self.wfile.write(self.data[:half])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shelf(monkeypatch):
    """Stands in for the server that MedMNIST names; call it with a path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Shelf.asked.clear()

    def put(path: str, port: int = server.server_port, md5: str = "") -> None:
        url = f"http://127.0.0.1:{port}/{path}"
        files = {28: (url, md5 or hashlib.md5(Shelf.data).hexdigest())}
        every = {**REAL, KEY: replace(REAL[KEY], files=files)}
        monkeypatch.setattr(medmnist_sets, "listed", lambda: every)

    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield put
    server.shutdown()
    server.server_close()


REAL = listed()
SHARED = Path(os.environ.get("PARAGONE_SHARED", ROOT.parent / "shared")) / "data/3d_adrenalmnist3d"


def test_the_six_sets_are_listed_with_their_classes_and_licence():
    assert sorted(REAL) == [
        "adrenalmnist3d", "fracturemnist3d", "nodulemnist3d", "organmnist3d", "synapsemnist3d",
        "vesselmnist3d",
    ]  # fmt: skip
    adrenal = REAL["adrenalmnist3d"]
    assert adrenal.classes == ("normal", "hyperplasia") and adrenal.counts == (1188, 98, 298)
    assert all("CC BY" in one.licence and set(one.files) == {28, 64} for one in REAL.values())


def test_the_list_is_read_without_importing_its_package(tmp_path):
    """An import makes a folder in the user's home and loads torchvision."""
    code = (
        "import sys; from plugins.volume_classification.data.medmnist import listed; "
        "assert len(listed()) == 6; print([m for m in ('medmnist', 'torch', 'pandas') "
        "if m in sys.modules])"
    )
    assert run_code(code, {"HOME": str(tmp_path)}).strip() == "[]"
    assert list(tmp_path.iterdir()) == []


def test_a_set_is_fetched_once_and_kept(tmp_path, shelf):
    shelf("files/set.npz")
    shares = []
    train, test = fetch_set(KEY, LIMITS, folder=tmp_path, on_share=shares.append)
    assert train.counts.tolist() == [3, 3] and test.counts.tolist() == [2, 2]
    assert train.classes == ("vessel", "aneurysm") and shares[-1] == 1.0
    fetch_set(KEY, LIMITS, folder=tmp_path)
    fetch_set(KEY, LIMITS, folder=tmp_path, offline=True)
    assert len(Shelf.asked) == 1 and [p.name for p in tmp_path.iterdir()] == [f"{KEY}.npz"]
    (tmp_path / f"{KEY}.npz").write_bytes(b"spoilt")
    fetch_set(KEY, LIMITS, folder=tmp_path)
    assert len(Shelf.asked) == 2


def test_without_a_folder_nothing_is_kept(tmp_path, shelf, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shelf("files/set.npz")
    assert len(fetch_set(KEY, LIMITS)[0]) == 6
    assert list(tmp_path.iterdir()) == []


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("files/missing", {}, "answered with 404"),
        ("files/short", {}, "its MD5 differs"),
        ("files/set.npz", {"md5": "0" * 32}, "its MD5 differs"),
        ("files/silent", {}, "too slow, or silent"),
        ("files/set.npz", {"port": free_port()}, "cannot be reached"),
    ],
)
def test_what_goes_wrong_is_said_at_once_and_leaves_nothing(
    tmp_path, shelf, monkeypatch, path, options, said
):
    monkeypatch.setattr(medmnist_sets, "PATIENCE", 0.5)
    shelf(path, **options)
    began = time.monotonic()
    with pytest.raises(VolumeError) as caught:
        fetch_set(KEY, LIMITS, folder=tmp_path)
    assert time.monotonic() - began < 60
    assert said in caught.value.what and caught.value.where == "VesselMNIST3D"
    assert f"download {KEY}.npz from http://127.0.0.1" in caught.value.todo
    assert list(tmp_path.iterdir()) == []


def test_offline_no_server_is_asked(tmp_path, shelf):
    shelf("files/set.npz")
    with pytest.raises(VolumeError, match="Offline mode is on") as caught:
        fetch_set(KEY, LIMITS, folder=tmp_path, offline=True)
    assert "HF_HUB_OFFLINE" in caught.value.todo and Shelf.asked == []


def test_names_and_sizes_that_there_are_not(tmp_path):
    with pytest.raises(VolumeError, match="no set of volumes called 'pathmnist'") as caught:
        fetch_set("pathmnist", LIMITS, folder=tmp_path)
    assert "organmnist3d" in caught.value.todo
    with pytest.raises(VolumeError, match="It is 32"):
        fetch_set(KEY, LIMITS, 32, tmp_path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path, shelf):
    shelf("files/set.npz")
    with pytest.raises(VolumeError, match="The file cannot be kept: No such file"):
        fetch_set(KEY, LIMITS, folder=tmp_path / "gone")


@pytest.mark.skipif(not SHARED.is_dir(), reason="AdrenalMNIST3D is not at hand")
def test_the_official_file_is_taken_from_where_it_is_kept(tmp_path):
    (tmp_path / "adrenalmnist3d.npz").write_bytes((SHARED / "adrenalmnist3d.npz").read_bytes())
    train, test = fetch_set("adrenalmnist3d", LIMITS, folder=tmp_path, offline=True)
    assert (len(train), len(test)) == (1188, 298) and test.counts.tolist() == [229, 69]
    assert train.values.dtype == np.uint8 and train.size == 28
