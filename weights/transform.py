"""Pictures become the tensor that a network expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from weights.messages import say

from .errors import WeightsError


@dataclass(frozen=True)
class Transform:
    """Resize where needed, and normalise.

    Args:
        size: (height, width) of the result, in pixels.
        mean: Per channel, for pixels in 0..1.
        std: Per channel, for pixels in 0..1.
        device: Where the result lies.
    """

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    device: str

    def __call__(self, images: np.ndarray | Sequence[np.ndarray]) -> Tensor:
        """Turn pictures into one batch.

        A picture of another size is resized to the network's (bicubic, antialiased), without
        keeping its proportions: anyone who wants a crop makes it first.

        Args:
            images: uint8 RGB, (H, W, 3), or several of them, or (N, H, W, 3).

        Returns:
            float32 (N, 3, height, width), in channels-last memory order.

        Raises:
            WeightsError: A picture is not uint8 RGB.
        """
        if isinstance(images, np.ndarray) and images.ndim in (3, 4):
            images = images[None] if images.ndim == 3 else images
            batches = [self._tensor(images)] if len(images) else []
        else:
            batches = [self._tensor(np.asarray(image)[None]) for image in images]
        if not batches:
            raise WeightsError("There is no picture to transform", todo="Pass at least one.")
        batch = torch.cat(batches) if len(batches) > 1 else batches[0]
        scale, shift = self._scale_shift
        batch = batch.mul_(scale).add_(shift)
        return batch.contiguous(memory_format=torch.channels_last)

    def _tensor(self, pictures: np.ndarray) -> Tensor:
        if pictures.ndim != 4 or pictures.shape[-1] != 3 or pictures.dtype != np.uint8:
            raise WeightsError(
                say(
                    "A picture must be a uint8 array of height x width x 3, not {dtype} of {map}",
                    dtype=pictures.dtype,
                    map=" x ".join(map(str, pictures.shape[1:])),
                ),
                todo="Convert it to 8-bit RGB first.",
            )
        tensor = torch.from_numpy(np.ascontiguousarray(pictures)).to(self.device)
        tensor = tensor.permute(0, 3, 1, 2).to(torch.float32)
        if tensor.shape[-2:] == self.size:
            return tensor
        tensor = F.interpolate(tensor, self.size, mode="bicubic", antialias=True)
        return tensor.clamp_(0, 255)

    @cached_property
    def _scale_shift(self) -> tuple[Tensor, Tensor]:
        mean = torch.tensor(self.mean, dtype=torch.float64)
        std = torch.tensor(self.std, dtype=torch.float64)
        shape = (-1, 1, 1)
        scale = (1 / (255 * std)).to(self.device, torch.float32).view(shape)
        return scale, (-mean / std).to(self.device, torch.float32).view(shape)
