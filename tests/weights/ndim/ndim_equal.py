"""The three equalities of a twin and its 2-D network, measured.

What a 2-D network pads with zeros along the height is no longer constant there. So the reference
for one dimension is the 2-D network with the height's paddings repeating the border instead;
nothing else of it is changed, and along the width it pads as ever. For three dimensions the 2-D
network is taken as it is: a twin repeats its first and last slice.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from weights.ndim import Twin

SIDE, SLICES = 64, 3


@torch.no_grad()
def awakened(module: nn.Module, seed: int = 0) -> nn.Module:
    """The network with random numbers where it has constants at birth: norms and their statistics,
    biases, scales of branches that begin at nought. Otherwise a branch could be wrong unseen.
    """
    generator = torch.Generator().manual_seed(seed)
    for tensor in [*module.parameters(), *module.buffers()]:
        if (
            tensor.is_floating_point()
            and tensor.numel() > 1
            and (tensor == tensor.flatten()[0]).all()
        ):
            noise = torch.rand(tensor.shape, generator=generator, dtype=torch.float32)
            first = tensor.flatten()[0]
            tensor.copy_((noise - 0.5) * 0.4 if first == 0 else 0.5 + noise * 0.5)
    return module.eval()


class RepeatedHeight(TorchFunctionMode):
    """While it is active, what a 2-D network pads along the height repeats the border."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if name == "conv2d":
            args, kwargs = _without(args, kwargs, 4)
        elif name == "avg_pool2d":
            args, kwargs = _without(args, kwargs, 3)
        elif name == "pad" and args[0].ndim == 4 and len(args[1]) == 4:
            x, (left, right, top, bottom), *rest = args
            return func(_repeated(x, top, bottom), (left, right, 0, 0), *rest, **kwargs)
        return func(*args, **kwargs)


class InDouble(TorchFunctionMode):
    """While it is active, networks in float64 compute nothing in float32, as some norms would."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        single = any(one is torch.float32 for one in (*args[1:], kwargs.get("dtype")))
        if name == "float" or (name in ("to", "type") and single):
            return args[0]
        return func(*args, **kwargs)


def _place(args: tuple, kwargs: dict, place: int, name: str, default: object) -> object:
    return args[place] if len(args) > place else kwargs.get(name, default)


def _without(args: tuple, kwargs: dict, place: int) -> tuple[tuple, dict]:
    """The call with the height padded beforehand."""
    padding = _place(args, kwargs, place, "padding", 0)
    if padding == "same":  # timm's networks have it with odd kernels only.
        padding = [(k - 1) // 2 * d for k, d in zip(args[1].shape[2:], args[5], strict=True)]
    height, width = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    args = (_repeated(args[0], height, height), *args[1:])
    if len(args) > place:
        return (*args[:place], (0, width), *args[place + 1 :]), kwargs
    return args, {**kwargs, "padding": (0, width)}


def _repeated(x: Tensor, top: int, bottom: int) -> Tensor:
    if min(top, bottom) < 0:
        return x[:, :, -min(top, 0) : x.shape[2] + min(bottom, 0)]
    return F.pad(x, (0, 0, top, bottom), mode="replicate") if top or bottom else x


@torch.no_grad()
def settled(module: nn.Module, x: Tensor) -> nn.Module:
    """The network with batch statistics that are about those of an input (N, C, H, W). With any
    others a deep network of random weights gives nearly the same for all inputs.
    """
    norms = [part for part in module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    norms = [norm for norm in norms if norm.running_var is not None]
    before = [(norm.momentum, norm.running_mean, norm.running_var.clone()) for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    module(x)
    for norm, (momentum, _, off) in zip(norms, before, strict=True):
        norm.momentum = momentum
        norm.eval()
        # Not quite: the numbers that `awakened` gave them stay as factors.
        norm.running_var.clamp_(min=float(norm.running_var.mean())).mul_(off)
    return module


def difference(found: Tensor, wanted: Tensor) -> float:
    """The largest difference, relative to how much what is wanted (N, C, ...) varies within its
    channels; infinite: other shapes, or nothing varies.
    """
    if found.shape != wanted.shape or not torch.isfinite(wanted).all():
        return float("inf")
    others = [i for i in range(wanted.ndim) if i != 1]
    varies = (wanted - wanted.mean(others, keepdim=True)).abs().max()
    return float((found - wanted).abs().max() / varies) if varies else float("inf")


def inputs(*shape: int, seed: int = 1) -> Tensor:
    """Noise, of another mean and contrast for each sample, so that answers differ."""
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    samples = torch.arange(shape[0]).view(-1, *[1] * (len(shape) - 1))
    return x * (0.5 + samples) + samples


def maps(module: nn.Module, x: Tensor) -> Tensor:
    """Feature maps, channels first."""
    return _first(module, module.forward_features(x))


def _first(module: nn.Module, features: Tensor) -> Tensor:
    last = str(getattr(module, "output_fmt", "")).endswith("NHWC") and not isinstance(module, Twin)
    return features.movedim(-1, 1) if last else features


def _both(module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Feature maps, channels first, and what the head makes of them."""
    features = module.forward_features(x)
    # A clone: heads may write over what they get.
    return _first(module, features.clone()), module.forward_head(features)


@torch.no_grad()
def rows_alike(module: nn.Module, twin: Twin, signals: Tensor) -> float:
    """1-D: a picture whose rows all are the signal (N, C, L)."""
    pictures = signals.unsqueeze(2).expand(-1, -1, signals.shape[2], -1).contiguous()
    with RepeatedHeight():
        features, logits = _both(module, pictures)
    ours, answers = _both(twin, signals)
    if features.ndim == 4:  # Every row of the features is the twin's.
        ours = ours.unsqueeze(2).expand(-1, -1, features.shape[2], -1)
    return max(difference(ours, features), difference(answers, logits))


@torch.no_grad()
def slices_alike(module: nn.Module, twin: Twin, volumes: Tensor) -> float:
    """3-D, centre inflation: each slice of (N, C, D, H, W) by itself."""
    features = [maps(module, each) for each in volumes.unbind(2)]
    place = 2 if features[0].ndim == 4 else 1
    return difference(maps(twin, volumes), torch.stack(features, place))


@torch.no_grad()
def depth_alike(module: nn.Module, twin: Twin, pictures: Tensor, slices: int = SLICES) -> float:
    """3-D, mean inflation: a volume whose slices all are the picture (N, C, H, W)."""
    volumes = pictures.unsqueeze(2).expand(-1, -1, slices, -1, -1)
    (features, logits), (ours, answers) = _both(module, pictures), _both(twin, volumes)
    place = 2 if features.ndim == 4 else 1
    features = features.unsqueeze(place).expand_as(ours)
    return max(difference(ours, features), difference(answers, logits))


def strided_alike(module: nn.Module, twin: Twin, pictures: Tensor) -> float:
    """The same with a strided depth. Networks that enlarge maps again, and so want heights that
    can be halved often enough, want such depths too.
    """
    try:
        return depth_alike(module, twin, pictures)
    except RuntimeError:
        return depth_alike(module, twin, pictures, pictures.shape[2])
