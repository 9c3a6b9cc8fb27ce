"""The local Hub, and small real models to put on it."""

from __future__ import annotations

import json

import pytest

from tests.hub.models import TINY, hub_files
from tests.hub.server import LocalHub
from weights import Hub, Weights


@pytest.fixture
def local_hub():
    with LocalHub() as hub:
        yield hub


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory) -> dict[str, bytes]:
    return hub_files(tmp_path_factory.mktemp("tiny"), "test_resnet", num_classes=8)


@pytest.fixture
def tiny_hub(local_hub, tiny_files) -> LocalHub:
    local_hub.add(TINY, dict(tiny_files))
    return local_hub


@pytest.fixture
def make_weights(tmp_path):
    """Weights on a Hub, with a cache of their own; each call is like a new process."""

    def make(url: str, token: str | bool = False, **options) -> Weights:
        hub = Hub(endpoint=url, token=token, cache_dir=tmp_path / "cache", **options)
        weights = Weights(device="cpu", hub=hub)
        weights.register(name="test_resnet.tiny", source=f"hub:{TINY}")
        return weights

    return make


@pytest.fixture
def with_config():
    """Replace fields of a config.json."""

    def change(files: dict[str, bytes], **fields) -> dict[str, bytes]:
        config = {**json.loads(files["config.json"]), **fields}
        return {**files, "config.json": json.dumps(config).encode()}

    return change
