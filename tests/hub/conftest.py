"""The local Hub, and small real models to put on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import timm
import torch
from timm.models import save_for_hf

from tests.hub.server import LocalHub
from weights import Hub, Weights

TINY = "tiny/test_resnet"


@pytest.fixture
def local_hub():
    with LocalHub() as hub:
        yield hub


def hub_files(folder: Path, architecture: str, **model_args) -> dict[str, bytes]:
    """A timm model with fresh weights, in the form in which timm stores models on the Hub."""
    torch.manual_seed(0)
    model = timm.create_model(architecture, **model_args)
    save_for_hf(model, folder, model_args=model_args, safe_serialization=True)
    return {name: (folder / name).read_bytes() for name in ("config.json", "model.safetensors")}


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
