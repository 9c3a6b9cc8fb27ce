"""A process of its own: the variables that the Hub's client reads, a light import, and pinning."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub.models import TINY
from weights import Hub, pin
from weights.catalog import CATALOG, read_catalog

pytestmark = pytest.mark.hub

ROOT = Path(__file__).parents[2]
REPORT = f"""
import json, sys
from weights import Weights
light = not ({{"torch", "timm", "torchvision", "dlib", "scipy", "skimage"}} & set(sys.modules))
weights = Weights()
weights.register(name="test_resnet.tiny", source="hub:{TINY}")
try:
    located = weights.file("test_resnet.tiny")
    said, path = located.origin.via, str(located.path)
except Exception as error:
    said, path = type(error).__name__, str(error)
print(json.dumps([light, "torch" not in sys.modules, weights.offline, said, path]))
"""


def report(tmp_path, **variables: str) -> tuple[bool, bool, bool, str, str]:
    keep = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        cwd=ROOT,
        env={**keep, "HF_HOME": str(tmp_path / "home"), **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(done.stdout)


def test_variables_of_the_client(tiny_hub, tiny_files, tmp_path):
    tiny_hub.add(TINY, dict(tiny_files), token="hf_right")
    endpoint = {"HF_ENDPOINT": tiny_hub.url}
    assert report(tmp_path, **endpoint)[2:4] == [False, "AccessDenied"]
    light, no_torch, offline, said, path = report(tmp_path, **endpoint, HF_TOKEN="hf_right")
    assert (light, no_torch, offline, said) == (True, True, False, "hub")
    assert path.startswith(str(tmp_path / "home"))
    tiny_hub.log.clear()
    assert report(tmp_path, **endpoint, HF_HUB_OFFLINE="1")[2:4] == [True, "cache"]
    away = {**endpoint, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "other")}
    assert report(tmp_path, **away)[2:4] == [True, "OfflineNotCached"]
    assert tiny_hub.log == []


@pytest.fixture
def catalog(tmp_path):
    return Path(shutil.copy(CATALOG, tmp_path / "catalog.toml"))


def test_pin(tiny_hub, tiny_files, catalog, tmp_path, capsys):
    name = "convnext_atto.cosface_ms1mv3"
    before = catalog.read_text()
    repo = tiny_hub.add(f"gaunernst/{name}", dict(tiny_files))
    hub = Hub(endpoint=tiny_hub.url, token=False, cache_dir=tmp_path / "cache")
    arguments = ["--catalog", str(catalog), name]
    assert pin.main(["--dry-run", *arguments], hub) == 0
    assert repo.commit in capsys.readouterr().out
    assert catalog.read_text() == before
    assert pin.main(arguments, hub) == 0
    card = read_catalog(catalog)[name]
    assert card.revision == repo.commit
    assert hub.fetch(card.repo, card.filename, card.revision, card.sha256).sha256 == card.sha256
    once = catalog.read_text()
    assert pin.main(arguments, hub) == 0
    assert catalog.read_text() == once, "pinning again replaces the lines"
    changed = set(once.splitlines()) - set(before.splitlines())
    assert changed == {f'revision = "{card.revision}"', f'sha256 = "{card.sha256}"'}


def test_pin_refuses(tiny_hub, catalog, tmp_path, capsys):
    hub = Hub(endpoint=tiny_hub.url, token=False, cache_dir=tmp_path / "cache")
    for name, says in (("dlib_resnet.faces_v1", "No entry from the Hub"), ("vit_tiny*", "401")):
        before = catalog.read_text()
        assert pin.main(["--catalog", str(catalog), name], hub) == 1
        assert says in capsys.readouterr().err
        assert catalog.read_text() == before
