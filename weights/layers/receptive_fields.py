"""Receptive fields, computed exactly: a network runs once on tensors that have shapes and no
numbers, and every operation carries along which input pixels its positions see.

The arithmetic is that of Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional
Neural Networks" (Distill, 2019), followed along both axes through whatever the network does:
branches, dense connections, padding that depends on the size of the picture, channels last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from weights.layers.indexing import indexed, viewed


@dataclass(frozen=True)
class Axis:
    """Position i sees the pixels from stride * i + low to stride * i + high, both included.

    Fractions, because what was enlarged has a stride below one.
    """

    stride: Fraction = Fraction(1)
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)

    def window(self, taps: int, stride: int, padding: int, dilation: int = 1) -> Axis:
        """After a window of `taps` positions, `dilation` apart, that moves by `stride`."""
        first = -padding
        last = first + (taps - 1) * dilation
        return Axis(
            self.stride * stride, self.low + self.stride * first, self.high + self.stride * last
        )

    def enlarged(self, times: Fraction, taps: int = 1) -> Axis:
        """After interpolation, or a transposed convolution: each position sees `taps` or so."""
        around = self.stride * taps
        return Axis(self.stride / times, self.low - around, self.high + around)

    def joined(self, other: Axis) -> Axis:
        """What sees both."""
        return Axis(self.stride, min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class Field:
    """The receptive fields of a layer, in input pixels.

    Attributes:
        rows, columns: Along the height and the width.
        everywhere: Something on the way looks at the whole picture as well: a gate such as
            squeeze-and-excitation, a norm over positions, attention. The sizes here are then those
            of the convolutions alone.
    """

    rows: Axis
    columns: Axis
    everywhere: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of one field."""
        return tuple(math.floor(a.high) - math.ceil(a.low) + 1 for a in (self.rows, self.columns))

    @property
    def stride(self) -> tuple[float, float]:
        """Pixels between the fields of two neighbours, down and across."""
        return float(self.rows.stride), float(self.columns.stride)

    @property
    def offset(self) -> tuple[int, int]:
        """(top, left) of the first position's field; negative where it reaches into padding."""
        return math.ceil(self.rows.low), math.ceil(self.columns.low)

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of a position's field, half open. It may reach beyond the
        picture, into padding.
        """
        (top, bottom), (left, right) = (
            (math.ceil(a.stride * i + a.low), math.floor(a.stride * i + a.high) + 1)
            for a, i in ((self.rows, row), (self.columns, column))
        )
        return top, left, bottom, right


@dataclass(frozen=True)
class Seen:
    """What is known of one tensor.

    Attributes:
        axes: Which of its dimensions are height and width; None: it has lost them, and whatever
            takes it in sees the whole picture.
        field: Of its positions.
    """

    axes: tuple[int, int] | None
    field: Field

    @property
    def lost(self) -> Seen:
        """The same without positions."""
        return replace(self, axes=None, field=replace(self.field, everywhere=True))

    def with_axes(self, rows: Axis, columns: Axis) -> Seen:
        """The same with other fields."""
        return replace(self, field=replace(self.field, rows=rows, columns=columns))

    @property
    def blurred(self) -> Seen:
        """The same, and it sees the whole picture as well."""
        return replace(self, field=replace(self.field, everywhere=True))


class Tracker(TorchFunctionMode):
    """While it is active, tensors made from a marked one know what they see."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[int, tuple[Tensor, Seen]] = {}

    def mark(self, picture: Tensor) -> None:
        """Let a tensor (N, C, H, W) be the picture."""
        self._known[id(picture)] = (picture, Seen((2, 3), Field(Axis(), Axis())))

    def seen(self, tensor: Any) -> Seen | None:
        """What is known of a tensor; None: it does not come from the picture."""
        found = self._known.get(id(tensor))
        return found[1] if found else None

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if isinstance(result, Tensor) or isinstance(result, (tuple, list)):
            inputs = [
                (tensor, seen)
                for tensor in _tensors((args, kwargs.values()))
                if (seen := self.seen(tensor)) is not None
            ]
            if inputs:
                self._follow(getattr(func, "__name__", ""), inputs, result, args, kwargs)
        return result

    def _follow(self, name: str, inputs: list, result: Any, args: tuple, kwargs: dict) -> None:
        rule = RULES.get(name.strip("_"), _same)
        for output in _tensors(result):
            placed = [seen for _, seen in inputs if seen.axes]
            if not placed:
                seen = inputs[0][1]
            else:
                seen = rule(inputs, output, args, kwargs) or placed[0].lost
            self._known[id(output)] = (output, seen)


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, Iterable) and not isinstance(values, (str, bytes, dict)):
        for value in values:
            yield from _tensors(value)


def _same(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    """Whatever works at each position by itself, with broadcasting; and unknown operations whose
    result has the grid of what came in.
    """
    found: Seen | None = None
    whole = False
    for tensor, seen in inputs:
        if seen.axes is None:
            whole = True
            continue
        shift = output.ndim - tensor.ndim
        axes = tuple(axis + shift for axis in seen.axes)
        grid = [tensor.shape[axis] for axis in seen.axes]
        if min(axes) < 0 or [output.shape[axis] for axis in axes] != grid:
            if grid != [1, 1]:
                return None
            whole = True
            continue
        seen = replace(seen, axes=axes)
        found = seen if found is None else _joined(found, seen)
    return found.blurred if found and whole else found


def _joined(one: Seen, other: Seen) -> Seen:
    a, b = one.field, other.field
    strides = (a.rows.stride, a.columns.stride) == (b.rows.stride, b.columns.stride)
    if one.axes != other.axes or not strides:
        return one.blurred
    return Seen(
        one.axes,
        Field(a.rows.joined(b.rows), a.columns.joined(b.columns), a.everywhere or b.everywhere),
    )


def _first(inputs: list) -> tuple[Tensor, Seen]:
    """The first input that has positions."""
    return next((tensor, seen) for tensor, seen in inputs if seen.axes)


def _pair(value: Any) -> tuple[int, int]:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    return tuple(int(v) for v in (values * 2)[:2])


def _argument(args: tuple, kwargs: dict, place: int, name: str, default: Any) -> Any:
    value = args[place] if len(args) > place else kwargs.get(name, default)
    return default if value is None else value


def _windowed(seen: Seen, taps: Any, stride: Any, padding: Any, dilation: Any = 1) -> Seen:
    each = zip(_pair(taps), _pair(stride), _pair(padding), _pair(dilation), strict=True)
    rows, columns = seen.field.rows, seen.field.columns
    return seen.with_axes(*(a.window(*one) for a, one in zip((rows, columns), each, strict=True)))


def _convolution(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    if seen.axes != (2, 3) or tensor is not _argument(args, kwargs, 0, "input", None):
        return None
    weight = _argument(args, kwargs, 1, "weight", None)
    stride = _argument(args, kwargs, 3, "stride", 1)
    padding = _argument(args, kwargs, 4, "padding", 0)
    dilation = _argument(args, kwargs, 5, "dilation", 1)
    taps = tuple(weight.shape[2:])
    if padding == "valid":
        padding = 0
    elif padding == "same":
        padding = tuple((k - 1) * d // 2 for k, d in zip(taps, _pair(dilation), strict=True))
    return _windowed(seen, taps, stride, padding, dilation)


def _transposed(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    _, seen = _first(inputs)
    weight = _argument(args, kwargs, 1, "weight", None)
    times = _pair(_argument(args, kwargs, 3, "stride", 1))
    axes = zip((seen.field.rows, seen.field.columns), times, weight.shape[2:], strict=True)
    return seen.with_axes(*(a.enlarged(Fraction(t), -(-int(k) // t)) for a, t, k in axes))


def _pooling(dilated: bool) -> Callable[..., Seen | None]:
    def rule(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
        taps = _argument(args, kwargs, 1, "kernel_size", 1)
        stride = _argument(args, kwargs, 2, "stride", None) or taps
        padding = _argument(args, kwargs, 3, "padding", 0)
        dilation = _argument(args, kwargs, 4, "dilation", 1) if dilated else 1
        return _windowed(_first(inputs)[1], taps, stride, padding, dilation)

    return rule


def _interpolated(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    times = [Fraction(output.shape[a], tensor.shape[a]) for a in seen.axes]
    axes = zip((seen.field.rows, seen.field.columns), times, strict=True)
    return seen.with_axes(*(a if t == 1 else a.enlarged(t) for a, t in axes))


def _padded(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    pads = list(_argument(args, kwargs, 1, "pad", ()))
    before = {tensor.ndim - 1 - i // 2: pads[i] for i in range(0, len(pads), 2)}
    rows, columns = (
        axis.window(1, 1, before.get(place, 0))
        for axis, place in zip((seen.field.rows, seen.field.columns), seen.axes, strict=True)
    )
    return seen.with_axes(rows, columns)


def _permuted(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    dims = kwargs.get("dims", args[1:] if len(args) > 2 else args[1] if len(args) > 1 else ())
    dims = [d % tensor.ndim for d in ((dims,) if isinstance(dims, int) else dims)]
    return replace(seen, axes=tuple(dims.index(axis) for axis in seen.axes))


def _transposed_dims(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    one = _argument(args, kwargs, 1, "dim0", 0) % tensor.ndim
    other = _argument(args, kwargs, 2, "dim1", 1) % tensor.ndim
    swap = {one: other, other: one}
    return replace(seen, axes=tuple(swap.get(axis, axis) for axis in seen.axes))


def _viewed(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    axes = viewed(tuple(tensor.shape), tuple(output.shape), seen.axes)
    return replace(seen, axes=axes) if axes else None


def _indexed(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    taken = indexed(tuple(tensor.shape), args[1], seen.axes) if tensor is args[0] else None
    if taken is None:
        return None
    axes, steps = taken
    moved = (
        Axis(a.stride * step, a.low + a.stride * start, a.high + a.stride * start)
        for a, (start, step) in zip((seen.field.rows, seen.field.columns), steps, strict=True)
    )
    return replace(seen, axes=axes).with_axes(*moved)


def _along(place: int, word: str, default: int) -> Callable[..., Seen | None]:
    """An operation that mixes or cuts along one dimension: fine unless positions lie along it."""

    def rule(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
        tensor, seen = _first(inputs)
        dim = _argument(args, kwargs, place, word, default)
        dims = {d % tensor.ndim for d in ((dim,) if isinstance(dim, int) else dim)}
        if dims & set(seen.axes):
            return None
        if output.ndim == tensor.ndim:
            return _same(inputs, output, args, kwargs)
        return _viewed(inputs, output, args, kwargs)

    return rule


def _linear(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    return None if tensor.ndim - 1 in seen.axes else _same(inputs, output, args, kwargs)


def _layer_norm(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    tensor, seen = _first(inputs)
    dims = len(_argument(args, kwargs, 1, "normalized_shape", ()))
    return seen.blurred if max(seen.axes) >= tensor.ndim - dims else seen


def _whole_norm(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    return _first(inputs)[1].blurred


def _nothing(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    return None


def _rolled(inputs: list, output: Tensor, args: tuple, kwargs: dict) -> Seen | None:
    return _first(inputs)[1].blurred


RULES: dict[str, Callable[..., Seen | None]] = {
    "conv2d": _convolution,
    "conv_transpose2d": _transposed,
    "max_pool2d": _pooling(dilated=True),
    "max_pool2d_with_indices": _pooling(dilated=True),
    "avg_pool2d": _pooling(dilated=False),
    "interpolate": _interpolated,
    "upsample": _interpolated,
    "pixel_shuffle": _nothing,
    "pixel_unshuffle": _nothing,
    "pad": _padded,
    "permute": _permuted,
    "transpose": _transposed_dims,
    "swapaxes": _transposed_dims,
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze"), _viewed),
    "getitem": _indexed,
    "cat": _along(1, "dim", 0),
    "concat": _along(1, "dim", 0),
    "chunk": _along(2, "dim", 0),
    "split": _along(2, "dim", 0),
    "tensor_split": _along(2, "dim", 0),
    "unbind": _along(1, "dim", 0),
    "narrow": _along(1, "dim", 0),
    "softmax": _along(1, "dim", -1),
    "log_softmax": _along(1, "dim", -1),
    "cumsum": _along(1, "dim", 0),
    "linear": _linear,
    "layer_norm": _layer_norm,
    "group_norm": _whole_norm,
    "instance_norm": _whole_norm,
    "roll": _rolled,
    "flip": _nothing,
    **dict.fromkeys(
        ("matmul", "bmm", "einsum", "scaled_dot_product_attention", "unfold", "fold"), _nothing
    ),
}
"""By the name of the function, without the underscores around it. All others: `_same`."""
