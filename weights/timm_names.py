"""Cards for pretrained timm models that the catalogue does not list."""

from __future__ import annotations

from pathlib import PurePosixPath

from weights.catalog import NOT_STATED, Card


def timm_card(name: str) -> Card | None:
    """The card of a pretrained timm model, from timm's own records. Imports timm.

    Args:
        name: "architecture.tag" or "architecture", with or without "timm:" before it.

    Returns:
        None if timm has no such weights on the Hub.
    """
    import timm

    name = name.removeprefix("timm:")
    if not name or not name.replace(".", "_").replace("-", "_").isidentifier():
        return None
    if not timm.is_model(name) or not timm.is_model_pretrained(name):
        return None
    cfg = timm.get_pretrained_cfg(name, allow_unregistered=False)
    if cfg is None or not cfg.hf_hub_id:
        return None
    full = f"{cfg.architecture}.{cfg.tag}" if cfg.tag else name
    own = cfg.hf_hub_id in ("timm/", f"timm/{full}")
    licence = cfg.license or NOT_STATED
    return Card(
        name=full if "." in full else f"{full}.default",
        title=full,
        source=f"timm:{full if own else cfg.hf_hub_id}",
        filename=_safetensors(cfg.hf_hub_filename),
        licence=licence,
        input_size=tuple(cfg.input_size),
        mean=tuple(cfg.mean),
        std=tuple(cfg.std),
        encoding_size=cfg.num_classes,
        url=f"https://huggingface.co/{f'timm/{full}' if own else cfg.hf_hub_id}",
        note="From timm's own records; not in our catalogue.",
    )


def _safetensors(filename: str | None) -> str:
    """The name of the safetensors file beside a pickle, as timm's repositories have it."""
    if filename in (None, "pytorch_model.bin"):
        return "model.safetensors"
    return str(PurePosixPath(filename).with_suffix(".safetensors").name).replace(
        "open_clip_pytorch_model", "open_clip_model"
    )
