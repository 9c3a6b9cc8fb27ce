"""The multi-layer encoder: a ConvNet addressed by the names of its layers.

It runs as far as the deepest layer asked for and hands back the activations on the way. Style
transfer and the activation explorer both stand on it.
"""

from __future__ import annotations

import copy
import difflib
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from weights.errors import NotConvolutional, UnknownLayer, WeightsError
from weights.layers.receptive_fields import Field, Seen, Tracker
from weights.lru import LruBytes
from weights.messages import say

LEAST = 3
"""A ConvNet has layers of at least this many different receptive fields."""
SOME = ("resnet18.a1_in1k", "tf_efficientnet_lite0.in1k", "convnext_atto.d2_in1k", "vgg16.tv_in1k")
SIZE = (224, 224)


@dataclass(frozen=True)
class Layer:
    """A place where activations can be taken.

    Attributes:
        name: Of the module whose output it is.
        kind: The module's class.
        channels: How many units it has.
        grid: (rows, columns) of its positions.
        field: What each position sees.
        names: Other modules that put out the same tensor, the innermost first.
        axes: Which dimensions of the module's output are rows and columns.
        fleeting: The network writes over this tensor later, so anyone who keeps it needs a copy.
    """

    name: str
    kind: str
    channels: int
    grid: tuple[int, int]
    field: Field
    names: tuple[str, ...] = ()
    axes: tuple[int, int] = (2, 3)
    fleeting: bool = False


class _Enough(Exception):
    """Raised inside the network once the deepest layer has spoken."""


class MultiLayerEncoder:
    """One network, its layers, and their activations.

    Making one costs nothing, and so does asking for layers that are known already. What runs is a
    copy of the modules around the same parameters, made for the first activations, so that hooks
    and the switch from in-place to plain operations touch nobody else. Not for two threads at once:
    each makes its own.

    Args:
        module: A timm ConvNet in evaluation mode.
        mean, std: Per channel, for pixels in 0..1.
        traces: The layers that encoders of this network have found, by size of picture; None: this
            one finds its own.
    """

    def __init__(
        self,
        module: nn.Module,
        mean: Sequence[float],
        std: Sequence[float],
        traces: LruBytes | None = None,
    ):
        self._shared, self._traces = module, traces or LruBytes(0)
        first = next(iter(module.parameters()))
        self.device, self._dtype = first.device, first.dtype
        self._mean, self._std = (
            torch.tensor(values, dtype=self._dtype, device=self.device).view(1, -1, 1, 1)
            for values in (mean, std)
        )
        self._layers: dict[tuple[int, int], tuple[Layer, ...]] = {}
        self._found: dict[str, Layer] = {}
        self._last: tuple[Any, int, bool] | None = None
        self._kept: dict[str, Tensor] = {}

    @cached_property
    def _module(self) -> nn.Module:
        return _private(self._shared)

    @cached_property
    def _modules(self) -> dict[str, nn.Module]:
        return dict(self._module.named_modules())

    def normalise(self, pictures: Tensor) -> Tensor:
        """(N, C, H, W) pictures in 0..1 as the network expects them; differentiable."""
        return (pictures - self._mean) / self._std

    def layers(self, size: tuple[int, int] = SIZE) -> tuple[Layer, ...]:
        """The layers that can be tapped, in the order in which they run.

        Args:
            size: (height, width) of the pictures. Grids depend on it, and so do the offsets of
                networks that pad as TensorFlow does.

        Raises:
            NotConvolutional: The network is no ConvNet.
            WeightsError: It does not take pictures of this size.
        """
        if size not in self._layers:
            self._layers[size] = self._traces.get(size, lambda: (self._trace(size), 1))
        return self._layers[size]

    def layer(self, name: str, size: tuple[int, int] = SIZE) -> Layer:
        """One layer by any of its names.

        Raises:
            UnknownLayer: There is none; the message lists the nearest names.
        """
        layers = self.layers(size)
        for layer in layers:
            if name == layer.name or name in layer.names:
                return layer
        names = [n for layer in layers for n in (layer.name, *layer.names)]
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
        near = near or [layer.name for layer in layers[:: max(1, len(layers) // 4)]]
        raise UnknownLayer(
            say("There is no layer named {name}", name=repr(name)),
            where="layer",
            todo=say("Try {near}.", near=", ".join(near)),
        )

    def stages(self, size: tuple[int, int] = SIZE, count: int = 5) -> tuple[str, ...]:
        """Names of at most `count` layers from shallow to deep, one a stage of the network.

        timm says where its networks' stages end; in others they end where the stride grows.
        """
        layers = self.layers(size)
        known = [layer for layer in layers if self._is_stage(layer)]
        if len(known) < count:
            strides = {layer.field.stride for layer in known}
            ends = {layer.field.stride: layer for layer in layers}
            known += [layer for stride, layer in ends.items() if stride not in strides]
        if len(known) > count:  # A pooled layer shows what is shown before it.
            known = [x for x in known if "Pool" not in x.kind] or known
        chosen = sorted(known, key=layers.index)
        if len(chosen) > count:
            last = len(chosen) - 1
            chosen = [chosen[round(i * last / (count - 1))] for i in range(count)]
        return tuple(layer.name for layer in chosen)

    def __call__(self, x: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """The activations of some layers; the network stops at the deepest of them.

        The same tensor asked again is answered from memory, as far as it was asked before; tensors
        of inference mode are not kept.

        Args:
            x: (N, C, H, W), normalised.
            names: Of the layers.

        Returns:
            By name, (N, channels, rows, columns).

        Raises:
            UnknownLayer: There is no such layer.
        """
        wanted = list(dict.fromkeys(names))
        if x.is_inference():  # Nobody can tell whether such a tensor was written over since.
            return self._run(x, wanted)
        state = (weakref.ref(x), x._version, torch.is_grad_enabled())
        if self._last is None or self._last[0]() is not x or self._last[1:] != state[1:]:
            self._last, self._kept = state, {}
        missing = [name for name in wanted if name not in self._kept]
        if missing:
            # What is known already is collected again: one pass has one graph.
            self._kept = self._run(x, list(dict.fromkeys([*self._kept, *missing])))
        return {name: self._kept[name] for name in wanted}

    def forget(self) -> None:
        """Drop the activations that are kept for the last input."""
        self._last, self._kept = None, {}

    def _run(self, x: Tensor, names: list[str]) -> dict[str, Tensor]:
        layers = {name: self._layer(name) for name in names}
        found: dict[str, Tensor] = {}

        def take(name: str, output: Tensor) -> None:
            layer = layers[name]
            rows, columns = layer.axes
            output = output.clone() if layer.fleeting else output
            if (rows, columns) != (2, 3):
                channels = next(i for i in range(1, 4) if i not in (rows, columns))
                output = output.permute(0, channels, rows, columns)
            found[name] = output
            if len(found) == len(names):
                raise _Enough

        self._hooked(x, names, take)
        if missing := [name for name in names if name not in found]:
            raise UnknownLayer(
                "This layer did not run for this picture", where=missing[0], todo="Choose another."
            )
        return found

    def _layer(self, name: str) -> Layer:
        if name not in self._found:
            known = next(iter(self._layers), SIZE)  # What matters here is the same at any size.
            self._found[name] = self.layer(name, known)
        return self._found[name]

    def _hooked(self, x: Tensor, names: Iterable[str], take: Any) -> None:
        """Run the network; `take(name, output)` when a module is done. A module that runs several
        times has the names `module`, `module#2`, ...
        """
        runs: dict[str, int] = {}
        wanted = set(names)

        def hook(name: str) -> Any:
            def after(module: nn.Module, args: Any, output: Any) -> None:
                runs[name] = runs.get(name, 0) + 1
                full = name if runs[name] == 1 else f"{name}#{runs[name]}"
                if full in wanted or not wanted:
                    take(full, output)

            return after

        hooked = {name.partition("#")[0] for name in wanted} or set(self._modules) - {""}
        handles = [
            self._modules[name].register_forward_hook(hook(name))
            for name in hooked
            if name in self._modules
        ]
        try:
            self._module(x)
        except _Enough:
            pass
        finally:
            for handle in handles:
                handle.remove()

    @torch.inference_mode(False)
    def _trace(self, size: tuple[int, int]) -> tuple[Layer, ...]:
        """Run a twin without numbers, and see what every module's output sees. Whoever is the first
        to ask may do so in inference mode, whose tensors do not tell when they are written over.
        """
        twin = MultiLayerEncoder.__new__(MultiLayerEncoder)
        twin._module = _private(self._shared).to("meta")
        twin._modules = dict(twin._module.named_modules())
        tracker, channels = Tracker(), self._mean.shape[1]
        picture = torch.empty((1, channels, *size), dtype=self._dtype, device="meta")
        tracker.mark(picture)
        outputs: dict[tuple[int, int], tuple[Tensor, Seen, list[str]]] = {}

        def take(name: str, output: Any) -> None:
            seen = tracker.seen(output)
            if seen and seen.axes and output is not picture:
                if output.ndim == 4 and 0 not in seen.axes:
                    key = (id(output), output._version)
                    outputs.setdefault(key, (output, seen, []))[2].append(name)

        try:
            with torch.no_grad(), tracker:
                twin._hooked(picture, (), take)
        except (RuntimeError, ValueError, AssertionError, IndexError, TypeError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise WeightsError(
                say(
                    "The network does not take pictures of {size} x {size_2} pixels: {first}",
                    size=size[0],
                    size_2=size[1],
                    first=first,
                ),
                where=type(self._shared).__name__,
                todo="Try another size, or another network.",
            ) from error
        layers = tuple(
            self._described(
                type(twin._modules[names[0].partition("#")[0]]).__name__,
                names,
                seen,
                tensor,
                tensor._version != version,
            )
            for (_, version), (tensor, seen, names) in outputs.items()
        )
        if len({layer.field.size for layer in layers}) < LEAST:
            raise NotConvolutional(
                say(
                    "{name__} is no ConvNet: it has no chain of convolutions whose units "
                    "each see a part of the picture",
                    name__=type(self._shared).__name__,
                ),
                where="backbone",
                todo=say("ConvNets are, for example, {some}.", some=", ".join(SOME)),
            )
        return layers

    def _described(
        self, kind: str, names: list[str], seen: Seen, tensor: Tensor, fleeting: bool
    ) -> Layer:
        stages = [name for name in names if name in self._stage_names]
        name = stages[0] if stages else names[-1]
        channels = next(i for i in range(1, 4) if i not in seen.axes)
        return Layer(
            name,
            kind,
            tensor.shape[channels],
            tuple(tensor.shape[axis] for axis in seen.axes),
            seen.field,
            tuple(other for other in names if other != name),
            seen.axes,
            fleeting,
        )

    def _is_stage(self, layer: Layer) -> bool:
        return layer.name in self._stage_names

    @property
    def _stage_names(self) -> set[str]:
        info = getattr(self._shared, "feature_info", None) or ()
        return {one["module"] for one in info if isinstance(one, dict) and "module" in one}


def _private(module: nn.Module) -> nn.Module:
    """A copy of the modules around the same tensors, without in-place operations."""
    tensors = [*module.parameters(), *module.buffers()]
    twin = copy.deepcopy(module, {id(tensor): tensor for tensor in tensors}).eval()
    for part in twin.modules():
        if getattr(part, "inplace", False) is True:
            part.inplace = False
    return twin
