"""The trained encoder as one ONNX file, which other programs run without Python or torch.

It is written by the exporter that is a part of torch and asks for no other package; torch's newer
one needs onnxscript. onnx and onnxruntime are needed by whoever reads the file, not here.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from plugins.triplet_finetuning.training.encoder import Encoder

OPSET = 18
INPUT, OUTPUT = "pictures", "encodings"


class FromPixels(nn.Module):
    """Pixels 0..255, float32 (N, 3, S, S) RGB, to encodings of length 1, (N, 128)."""

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder
        mean, std = (torch.tensor(one).view(1, 3, 1, 1) for one in _colours(encoder))
        self.register_buffer("mean", 255 * mean)
        self.register_buffer("std", 255 * std)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.encoder((pixels - self.mean) / self.std)


def onnx_bytes(encoder: Encoder) -> bytes:
    """The file; any number of pictures go through it at once."""
    module = FromPixels(encoder).cpu().eval()
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.zeros(2, 3, encoder.size, encoder.size),),
            out,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "n"}, OUTPUT: {0: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )
    return out.getvalue()


def _colours(encoder: Encoder) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return encoder.transform.mean, encoder.transform.std
