"""SFace's MobileFaceNet as a timm model, filled from OpenCV Zoo's block-quantised ONNX file.

SFace (Zhong et al. 2021, arXiv:2205.12010) is a loss; the network that OpenCV Zoo publishes under
its name is a MobileNet (Howard et al. 2017) with PReLUs, for faces of 112 pixels: a convolution, 13
depthwise separable ones, and one matrix from all 7 × 7 × 1024 features to 128 numbers. Its graph is
written here once more; the file gives the numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from timm.models import generate_default_cfgs, register_model
from torch import Tensor, nn

from weights.messages import say

from .errors import BadWeightsFile
from .onnx_tensors import TODO, dequantised, read_onnx
from .packaged_models import build

__all__ = ["SFaceMobileFaceNet"]

# Channels and number of blocks of each stage; every stage but the first halves the picture.
STAGES = ((64, 1), (128, 2), (256, 2), (512, 6), (1024, 2))
STEM, SIDE, ENCODING_SIZE = 32, 7, 128
CONV_EPS, HEAD_EPS = 1e-3, 2e-5


class ConvNormAct(nn.Sequential):
    """A convolution without bias, batch normalisation, PReLU."""

    def __init__(self, in_chs: int, out_chs: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__()
        padding = kernel // 2
        self.conv = nn.Conv2d(in_chs, out_chs, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out_chs, CONV_EPS)
        self.act = nn.PReLU(out_chs)


class Block(nn.Sequential):
    """A depthwise convolution, then a pointwise one."""

    def __init__(self, in_chs: int, out_chs: int, stride: int):
        super().__init__()
        self.depthwise = ConvNormAct(in_chs, in_chs, 3, stride, groups=in_chs)
        self.pointwise = ConvNormAct(in_chs, out_chs, 1)


class SFaceMobileFaceNet(nn.Module):
    """The network.

    Args:
        num_classes: Length of the encoding. 0 leaves the head out: the 50176 features remain.
        in_chans: Channels of the input, of 112 × 112 pixels.
        global_pool: "flat" for all features in a row, or "" for feature maps and no head.
        drop_rate: Dropout before the head, for training.
    """

    def __init__(
        self,
        num_classes: int = ENCODING_SIZE,
        in_chans: int = 3,
        global_pool: str = "flat",
        drop_rate: float = 0.0,
    ):
        super().__init__()
        self.drop_rate = drop_rate
        self.stem = ConvNormAct(in_chans, STEM, 3)
        self.stages = nn.Sequential()
        self.feature_info = []
        chs = STEM
        for index, (out_chs, depth) in enumerate(STAGES):
            strides = [1 if index == 0 else 2] + [1] * (depth - 1)
            blocks = [Block(chs if i == 0 else out_chs, out_chs, s) for i, s in enumerate(strides)]
            self.stages.append(nn.Sequential(*blocks))
            self.feature_info.append(
                {"num_chs": out_chs, "reduction": 2**index, "module": f"stages.{index}"}
            )
            chs = out_chs
        self.norm = nn.BatchNorm2d(chs, HEAD_EPS)
        self.num_features = self.head_hidden_size = chs * SIDE**2
        self.reset_classifier(num_classes, global_pool)

    def get_classifier(self) -> nn.Module:
        """The last layers, as timm asks for them."""
        return self.head

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Put a fresh head on, as timm asks for it."""
        if global_pool is not None:
            if global_pool not in ("flat", ""):
                raise ValueError(f"global_pool must be 'flat' or '', not {global_pool!r}")
            self.global_pool = global_pool
        self.num_classes = num_classes
        self.head = nn.Identity()
        if num_classes:
            matrix = nn.Linear(self.num_features, num_classes)
            self.head = nn.Sequential(matrix, nn.BatchNorm1d(num_classes, HEAD_EPS))

    def forward_features(self, x: Tensor) -> Tensor:
        """(N, C, 112, 112) to (N, 1024, 7, 7)."""
        return self.norm(self.stages(self.stem(x)))

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """(N, 1024, 7, 7) to (N, num_classes)."""
        if not self.global_pool:
            return x
        x = F.dropout(x.flatten(1), self.drop_rate, self.training)
        return x if pre_logits else self.head(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))

    @torch.no_grad()
    def load_pretrained(self, path: str | Path) -> None:
        """Fill the network from the ONNX file, as timm asks for it (`custom_load`).

        Raises:
            BadWeightsFile: It holds another network, or is damaged.
        """
        tensors = read_onnx(path)
        try:
            for name, norm, part in self._layers():
                for ours, theirs in (
                    ("weight", "gamma"),
                    ("bias", "beta"),
                    ("running_mean", "moving_mean"),
                    ("running_var", "moving_var"),
                ):
                    _fill(getattr(norm, ours), tensors[f"{name}_{theirs}"])
                if isinstance(part, ConvNormAct):
                    conv = name.removesuffix("batchnorm")
                    _fill(part.act.weight, tensors[f"{conv}relu_gamma"].reshape(-1))
                    _fill(part.conv.weight, dequantised(tensors, f"{conv}conv2d_weight"))
                elif part is not None:
                    _fill(part.weight, dequantised(tensors, "pre_fc1_weight"))
                    _fill(part.bias, dequantised(tensors, "pre_fc1_bias"))
        except (KeyError, ValueError) as error:
            what = say("The file holds another network than SFace's: {error}", error=error)
            raise BadWeightsFile(what, where=str(path), todo=TODO) from error

    def _layers(self) -> Iterator[tuple[str, nn.Module, nn.Module | None]]:
        """Every normalisation with its name in the file, and what else has weights there."""
        yield "conv_1_batchnorm", self.stem.norm, self.stem
        blocks = [block for stage in self.stages for block in stage]
        for number, block in enumerate(blocks, 2):
            yield f"conv_{number}_dw_batchnorm", block.depthwise.norm, block.depthwise
            yield f"conv_{number}_batchnorm", block.pointwise.norm, block.pointwise
        yield "bn1", self.norm, None
        # Any other head is for something else: it keeps its random weights, as timm does it.
        if self.num_classes == ENCODING_SIZE:
            yield "fc1", self.head[1], self.head[0]


def _fill(ours: Tensor, theirs) -> None:
    if ours.shape != theirs.shape:
        raise ValueError(f"a tensor is {tuple(theirs.shape)}, and {tuple(ours.shape)} was expected")
    ours.copy_(torch.from_numpy(theirs.copy()))


default_cfgs = generate_default_cfgs(
    {
        "sface_mobilefacenet.opencv_2021dec": {
            "num_classes": ENCODING_SIZE,
            "input_size": (3, 112, 112),
            "pool_size": (SIDE, SIDE),
            "crop_pct": 1.0,
            "mean": (0.5, 0.5, 0.5),
            "std": (128 / 255,) * 3,
            "first_conv": "stem.conv",
            "classifier": "head.0",
            "license": "apache-2.0",
            "custom_load": True,
        }
    }
)


@register_model
def sface_mobilefacenet(pretrained: bool = False, **kwargs) -> SFaceMobileFaceNet:
    """SFace's network; `pretrained=True` reads the packaged weights, checked as always."""
    return build(
        SFaceMobileFaceNet,
        "sface_mobilefacenet",
        "sface_mobilefacenet.opencv_2021dec",
        pretrained,
        feature_cfg={"out_indices": (0, 1, 2, 3, 4), "flatten_sequential": True},
        **kwargs,
    )
