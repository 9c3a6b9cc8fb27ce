"""dlib's face ResNet as a timm model, and the reader of its `.dat` file.

The network is the one that dlib's author published for face recognition: 29 convolutions, a pooled
256-d vector and a 256x128 matrix. It differs from the usual ResNets in three ways. A convolution
with stride 2 does not pad. A shortcut is average-pooled, never convolved. And where the two
branches of a block differ in size or in channels, the smaller is filled up with zeros.

dlib follows every convolution by a fixed scale and shift. We fold both into the convolution when
the file is read, which changes the result by rounding only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from timm.models import generate_default_cfgs, register_model
from torch import Tensor, nn

from weights.messages import say

from .errors import BadWeightsFile
from .packaged_models import build

__all__ = ["DlibResNet", "read_dat"]

# Channels and number of blocks of each stage; every stage but the first halves the picture.
STAGES = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))

MAGIC = b"\x01\x01\x01\x0dloss_metric_2"
# Between two tensors lie layer names and settings. The longest run, at the start, is 1.3 kB.
LONGEST_GAP = 4096


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut without weights."""

    def __init__(self, in_chs: int, out_chs: int, stride: int):
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(in_chs, out_chs, 3, stride, padding=1 if stride == 1 else 0)
        self.conv2 = nn.Conv2d(out_chs, out_chs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.stride == 1 else F.avg_pool2d(x, self.stride)
        x = self.conv2(F.relu(self.conv1(x), inplace=True))
        # On even sides the unpadded convolution comes out one pixel smaller than the shortcut.
        down, right = (s - n for s, n in zip(shortcut.shape[-2:], x.shape[-2:], strict=True))
        if down or right:
            x = F.pad(x, (0, right, 0, down))
        if extra := x.shape[1] - shortcut.shape[1]:
            shortcut = F.pad(shortcut, (0, 0, 0, 0, 0, extra))
        return F.relu(x.add_(shortcut), inplace=True)


class DlibResNet(nn.Module):
    """dlib's face ResNet.

    Args:
        num_classes: Length of the encoding. 0 leaves the head out: the 256 pooled features remain.
        in_chans: Channels of the input.
        global_pool: "avg", or "" for no pooling and no head.
        drop_rate: Dropout before the head, for training.
    """

    def __init__(
        self,
        num_classes: int = 128,
        in_chans: int = 3,
        global_pool: str = "avg",
        drop_rate: float = 0.0,
    ):
        super().__init__()
        self.num_features = self.head_hidden_size = STAGES[-1][0]
        self.drop_rate = drop_rate
        # dlib pools after the ReLU. The result is the same, and this order has less to do.
        self.stem = nn.Sequential(
            nn.Conv2d(in_chans, STAGES[0][0], 7, stride=2),
            nn.MaxPool2d(3, 2),
            nn.ReLU(inplace=True),
        )
        self.stages = nn.Sequential()
        self.feature_info = []
        chs, reduction = STAGES[0][0], 4
        for index, (out_chs, depth) in enumerate(STAGES):
            stride = 1 if index == 0 else 2
            reduction *= stride
            blocks = [
                Block(chs if i == 0 else out_chs, out_chs, stride if i == 0 else 1)
                for i in range(depth)
            ]
            self.stages.append(nn.Sequential(*blocks))
            self.feature_info.append(
                {"num_chs": out_chs, "reduction": reduction, "module": f"stages.{index}"}
            )
            chs = out_chs
        self.reset_classifier(num_classes, global_pool)

    def get_classifier(self) -> nn.Module:
        """The last layer, as timm asks for it."""
        return self.head

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Put a fresh head on, as timm asks for it."""
        if global_pool is not None:
            if global_pool not in ("avg", ""):
                raise ValueError(f"global_pool must be 'avg' or '', not {global_pool!r}")
            self.global_pool = global_pool
        self.num_classes = num_classes
        self.head = (
            nn.Linear(self.num_features, num_classes, bias=False) if num_classes else nn.Identity()
        )

    def forward_features(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, 256, h, w); 150 x 150 pixels give 2 x 2."""
        return self.stages(self.stem(x))

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """(N, 256, h, w) to (N, num_classes)."""
        if not self.global_pool:
            return x
        x = F.dropout(x.mean((2, 3)), self.drop_rate, self.training)
        return x if pre_logits else self.head(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))

    @torch.no_grad()
    def load_pretrained(self, path: str | Path) -> None:
        """Fill the network from a `.dat` file, as timm asks for it (`custom_load`)."""
        tensors = read_dat(path)
        for conv in self._convolutions():
            run, affine = next(tensors), next(tensors)
            weight, bias = np.split(run.astype(np.float64), [conv.weight.numel()])
            scale, shift = np.split(affine.astype(np.float64), 2)
            weight = weight.reshape(conv.weight.shape) * scale[:, None, None, None]
            conv.weight.copy_(torch.from_numpy(weight))
            conv.bias.copy_(torch.from_numpy(bias * scale + shift))
        head = next(tensors).T
        # Any other head is for something else: it keeps its random weights, as timm does it.
        if getattr(self.head, "weight", head).shape == head.shape and self.num_classes:
            self.head.weight.copy_(torch.from_numpy(head.copy()))

    def _convolutions(self) -> Iterator[nn.Conv2d]:
        return (module for module in self.modules() if isinstance(module, nn.Conv2d))


def _packed(value: int) -> bytes:
    """A non-negative integer as dlib writes it: a length byte, then little-endian bytes."""
    size = max(1, math.ceil(value.bit_length() / 8))
    return bytes([size]) + value.to_bytes(size, "little")


def _shapes() -> Iterator[tuple[int, int]]:
    """The first two sizes of every tensor in the file, from the input on; the other two are 1."""
    chs, kernel = 3, 7
    widths = [STAGES[0][0]] + [out for out, depth in STAGES for _ in range(2 * depth)]
    for out_chs in widths:
        yield out_chs * (chs * kernel**2 + 1), 1
        yield 2 * out_chs, 1
        chs, kernel = out_chs, 3
    yield chs, 128


def read_dat(path: str | Path) -> Iterator[np.ndarray]:
    """Read the tensors of a `dlib_face_recognition_resnet_model_v1.dat`, as plain numbers.

    A tensor is the packed integer 2, four packed sizes, then raw little-endian float32. The reader
    looks for exactly the tensors that this network has, in order, and executes nothing.

    Yields:
        float32 arrays from the input side on: weights and bias of a convolution in one run, then
        its scale and shift in one run, 29 times; last the (256, 128) head.

    Raises:
        BadWeightsFile: The file is truncated, or not this network in this format.
    """
    data = Path(path).read_bytes()
    if not data.startswith(MAGIC):
        raise BadWeightsFile(
            "The file is not a network with a metric loss in dlib's format",
            where=str(path),
            todo="Install the package that carries it again.",
        )
    position = len(MAGIC)
    for index, shape in enumerate(_shapes()):
        header = b"".join(map(_packed, (2, *shape, 1, 1)))
        found = data.find(header, position, position + LONGEST_GAP)
        start = found + len(header)
        position = start + 4 * math.prod(shape)
        if found < 0 or position > len(data):
            raise BadWeightsFile(
                say(
                    "The file ends early, or holds another network: tensor {index} of size "
                    "{shape}x{shape_2} is not there",
                    index=index,
                    shape=shape[0],
                    shape_2=shape[1],
                ),
                where=str(path),
                todo="Install the package that carries it again.",
            )
        values = np.frombuffer(data, "<f4", math.prod(shape), start)
        if not np.isfinite(values).all():
            raise BadWeightsFile(
                say("Tensor {index} holds values that are no numbers", index=index), where=str(path)
            )
        yield values.reshape(shape) if shape[1] > 1 else values


default_cfgs = generate_default_cfgs(
    {
        "dlib_resnet.faces_v1": {
            "num_classes": 128,
            "input_size": (3, 150, 150),
            "pool_size": (2, 2),
            "crop_pct": 1.0,
            "mean": (122.782 / 255, 117.001 / 255, 104.298 / 255),
            "std": (256 / 255,) * 3,
            "first_conv": "stem.0",
            "classifier": "head",
            "license": "cc0-1.0",
            "custom_load": True,
        }
    }
)


@register_model
def dlib_resnet(pretrained: bool = False, **kwargs) -> DlibResNet:
    """dlib's face ResNet; `pretrained=True` reads the packaged weights, checked as always."""
    return build(
        DlibResNet,
        "dlib_resnet",
        "dlib_resnet.faces_v1",
        pretrained,
        feature_cfg={"out_indices": (0, 1, 2, 3, 4), "flatten_sequential": True},
        **kwargs,
    )
