"""What a network saw: the evidence for each class along a signal, and its first layer at work."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor, nn

from plugins.signal_classification.learning.network import Network
from plugins.signal_classification.learning.trained import Trained
from plugins.signal_classification.views.results import Filter, Shown

KERNELS = 6
"""Kernels of the first layer that are shown."""


@torch.inference_mode()
def cams(trained: Trained, inputs: np.ndarray) -> np.ndarray:
    """Class-activation maps (N, classes, length): how much each sample speaks for each class.

    The mean of a map over the signal is what the network's head says of the class, up to the ends
    of the signal, where a network that takes strides sees some samples more than others. Networks
    that vote are averaged; the mean over the classes is taken away, since it decides nothing.

    Args:
        inputs: (N, channels, length) from `trained.form.apply`.
    """
    signals = torch.from_numpy(inputs)
    maps = sum(_stitched(network, signals) for network in trained.networks)
    maps = maps / len(trained.networks)
    return (maps - maps.mean(1, keepdim=True)).numpy()


def _stitched(network: Network, signals: Tensor) -> Tensor:
    """Evidence at every sample. A network that takes strides looks once for each sample of a
    stride, the signal moved along, and the answers are put between one another (Long et al.,
    "Fully Convolutional Networks for Semantic Segmentation", 2015).
    """
    length = signals.shape[-1]
    first = network.evidence(signals)
    stride = -(-length // first.shape[-1])
    looks = [first]
    for moved in range(1, stride):
        last = signals[..., -1:].expand(-1, -1, moved)
        looks.append(network.evidence(torch.cat([signals[..., moved:], last], -1)))
    return torch.stack(looks, -1).flatten(2)[..., :length]


@torch.inference_mode()
def first_kernels(network: Network, signal: np.ndarray) -> tuple[Filter, ...]:
    """The kernels that touch the signal itself, the strongest response first.

    Args:
        signal: (channels, length) in the network's form.
    """
    inputs = torch.from_numpy(signal)[None]
    found: list[tuple[nn.Module, Tensor]] = []
    every: list[tuple[nn.Module, Tensor]] = []

    def watch(module: nn.Module, args: tuple, result: Tensor) -> None:
        if module.kernel_size[-1] > 1:
            every.append((module, result))
            if args[0] is inputs:
                found.append((module, result))

    # In a twin signals are pictures of height 1, and its kernels have lost their height.
    kinds = (m for m in network.modules() if isinstance(m, (nn.Conv1d, nn.Conv2d)))
    hooks = [module.register_forward_hook(watch) for module in kinds]
    try:
        network.body(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    filters = []
    for module, result in found or every[:1]:  # Something, such as padding, may stand before it.
        places = np.arange(signal.shape[-1]) / module.stride[-1]
        kernels = module.weight.flatten(2).numpy()
        for weights, response in zip(kernels, result[0].flatten(1).numpy(), strict=True):
            level = np.interp(places, np.arange(len(response)), response).astype(np.float32)
            filters.append(Filter(weights.copy(), level, float(level.std())))
    return tuple(sorted(filters, key=lambda one: -one.strength))


def explained(trained: Trained, signal: np.ndarray, name: str, truth: str = "") -> Shown:
    """Classify a signal, and tell why.

    Args:
        signal: (channels, any length), as it was brought.
        truth: The class that it is; "": nobody knows.

    Raises:
        SignalError: It has other channels than the networks take.
    """
    inputs, notes = trained.form.apply([signal], (name,))
    begun = time.perf_counter()
    answers = trained.answers(inputs, notes)
    ms = 1000 * (time.perf_counter() - begun)
    if trained.networks:
        filters = first_kernels(trained.networks[0], inputs[0])[:KERNELS]
        maps = cams(trained, inputs)[0]
    else:
        filters, maps = (), np.zeros((len(trained.classes), inputs.shape[-1]), np.float32)
    if trained.rocket is not None:
        told = "The colours are those of the networks; a Rocket has no such map."
        notes = (*notes, told if trained.networks else "A Rocket has no map to colour a signal by.")
    return Shown(
        name, inputs[0], trained.classes, answers.probabilities[0], maps, filters, truth, notes, ms,
        answers.likely(0, trained.classes), bool(answers.unlike[0]), answers.why,
    )  # fmt: skip
