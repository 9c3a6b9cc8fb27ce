"""What every test may use."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from serving import OF_TESTS, ROOT, Server, clean_environ
from warm import Parent, Popen

import registry  # noqa: F401  Before gradio: see registry/quick_start.py.
from weights.messages import carry
from weights.remote.cluster import connected

# Each client of httpx reads all certificates, 30 ms; nothing here speaks TLS, so that one does.
os.environ["SSL_CERT_FILE"] = str(ROOT / "tests" / "one_certificate.pem")
# No server loads a network that its test does not ask for.
OF_TESTS |= {"SSL_CERT_FILE": os.environ["SSL_CERT_FILE"], "PARAGONE_WARM_UP": "0"}
gc.set_threshold(50_000, 20, 20)  # What is imported stays; 700 would search it all the time.
Popen.parent = Parent(clean_environ({}))
HERE = Path(__file__).parent
LONG = (
    "endpoints",
    "face_identification/test_command.py",
    "registry/authoring/test_check.py",
    "registry/authoring/test_testing.py",
    "registry/authoring/test_third_party.py",
    "registry/server/test_file_values.py",
    "registry/test_containment.py",
    "registry/test_stopping.py",
    "shared/faces/gallery/test_crops.py",
    "shared/page/test_leaving.py",
    "test_app.py",
    "triplet_finetuning/test_finetune_command.py",
    "volume_classification/test_volume_training.py",
    "weights/ndim/test_ndim.py",
    "weights/layers/test_receptive_fields.py",
)
"""What takes longest in one process: begun late, it would be all that still runs at the end."""
PAGES = sorted(path.name for path in (HERE / "browser").glob("test_*.py"))
HALVES = ("pages 0", "pages 1")
"""Tests in the browser mostly wait, too: two workers have them all, each with one browser and one
server, while the others compute."""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages travel as data in a process that serves; whoever began to in this one is alone."""
    yield
    carry(False)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Where workers share the tests (`-n 3 --dist loadgroup`), a file stays in one process, and
    so do the endpoints, which share a server, half of the pages in the browser, and all that starts
    servers of others, which mostly waits.

    Said here and not when all are collected: by then xdist has read the groups.
    """
    group = str(item.path.relative_to(HERE))
    if item.path.parent.name == "endpoints":
        group = "endpoints"
    if item.path.parent.name == "browser" and item.path.name in PAGES:
        group = HALVES[PAGES.index(item.path.name) % len(HALVES)]
    if any(item.get_closest_marker(name) for name in ("milvus", "ray")):
        group = "servers"
    item.add_marker(pytest.mark.xdist_group(group))


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their number: a packed file holds the time, and no two workers agree."""
    return f"{len(val)}bytes" if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What mostly waits begins first, then what is long; small files come last and fill gaps."""
    groups = dict.fromkeys(map(_group, items))
    first = ["servers", *HALVES, *(group for group in groups if group in LONG)]
    place = {group: i for i, group in enumerate(first)}
    items.sort(key=lambda item: place.get(_group(item), len(first)))


def _group(item: pytest.Item) -> str:
    return item.get_closest_marker("xdist_group").args[0]


@pytest.fixture(scope="module")
def serve():
    """Start servers with `serve({"PARAGONE_…": …})`; they are stopped at the end of the file."""
    servers: list[Server] = []

    def start(environ: dict[str, str], *options: str, fresh: bool = False) -> Server:
        servers.append(Server(environ, *options, fresh=fresh))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def nothing_stays_in_the_temp_folder(tmp_path, monkeypatch):
    """A temp folder of the test's own, which must be empty at its end."""
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(temp / "gradio"))
    yield
    assert list(temp.rglob("*")) == []


@pytest.fixture(autouse=True)
def upload_folder_again(upload_folder, monkeypatch) -> None:
    """A test that changed the folder for good changes nothing for the next one."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ["GRADIO_TEMP_DIR"])


@pytest.fixture(scope="module", autouse=True)
def upload_folder(tmp_path_factory) -> Iterator[Path]:
    """gradio's folder for uploads is around the temp folders of all tests, but in a file that says
    otherwise: what lies outside of it is never deleted.
    """
    folder = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        yield folder


@pytest.fixture
def one_thread() -> Iterator[None]:
    """torch computes in one thread, so that the same seed gives the same numbers."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def local_ray() -> Iterator[ModuleType]:
    """One local Ray for a file, with three logical CPUs: two workers, and one to read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        with connected(3) as ray:
            yield ray
