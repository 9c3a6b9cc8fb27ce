"""Small real models in the form in which timm stores them on the Hub."""

from __future__ import annotations

from pathlib import Path

TINY = "tiny/test_resnet"


def hub_files(folder: Path, architecture: str, **model_args) -> dict[str, bytes]:
    """A timm model with fresh weights, in the form in which timm stores models on the Hub."""
    import timm
    import torch
    from timm.models import save_for_hf

    torch.manual_seed(0)
    model = timm.create_model(architecture, **model_args)
    save_for_hf(model, folder, model_args=model_args, safe_serialization=True)
    return {name: (folder / name).read_bytes() for name in ("config.json", "model.safetensors")}
