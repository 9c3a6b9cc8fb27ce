"""What the processes that share a batch say to each other."""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

from weights.errors import ParagoneError


class Ranks:
    """The processes of torch's default group, each with its part of every batch.

    This is data-parallel training as of DDP, but for one thing: hard triplets are mined in the
    whole batch, so each process sees all encodings, and the gradients of the parts are summed.

    Args:
        wanted: How many processes there must be.

    Raises:
        ParagoneError: There are more or fewer: each would train alone on a part of the batch.
    """

    def __init__(self, wanted: int, device: torch.device | str):
        self.rank, self.world, self._device = dist.get_rank(), dist.get_world_size(), device
        present = torch.ones(1, device=device)
        dist.all_reduce(present)
        if not self.world == int(present) == wanted:
            what = f"{wanted} workers were asked for, and {int(present)} of {self.world} answer"
            raise ParagoneError(what, where="workers", todo="Look at the log of the cluster.")

    def gather(self, encodings: Tensor) -> Tensor:
        """All ranks' encodings in order; only one's own rows carry a gradient."""
        counts = self.everyones(len(encodings))
        own = F.pad(encodings.detach(), (0, 0, 0, max(counts) - len(encodings)))
        parts = [torch.empty_like(own) for _ in range(self.world)]
        dist.all_gather(parts, own)
        parts = [part[:count] for part, count in zip(parts, counts, strict=True)]
        parts[self.rank] = encodings
        return torch.cat(parts)

    def add_up(self, parameters: list[torch.nn.Parameter]) -> None:
        """Replace each gradient by its sum over the ranks, all in one message."""
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        flat = torch.cat([parameter.grad.reshape(-1) for parameter in parameters])
        dist.all_reduce(flat)
        start = 0
        for parameter in parameters:
            part = flat[start : start + parameter.numel()]
            parameter.grad.copy_(part.view_as(parameter))
            start += parameter.numel()

    def everyones(self, number: int) -> list[int]:
        """The number of each rank, in order."""
        numbers = torch.zeros(self.world, dtype=torch.long, device=self._device)
        numbers[self.rank] = number
        dist.all_reduce(numbers)
        return numbers.tolist()

    def agree(self, flag: bool) -> bool:
        """What the first rank says, on all of them."""
        said = torch.tensor([float(flag)], device=self._device)
        dist.broadcast(said, 0)
        return bool(said)
