"""Style transfer beside the textbook's loop, judged by VGG16, in one run.

python -m tests.benchmarks.bench_style race  --vgg NPZ --content FILE --style FILE [--size N]
python -m tests.benchmarks.bench_style sheet --vgg NPZ --pair CONTENT STYLE … --out FILE [--size N]

`race`: seconds until VGG16 finds the picture as good as the textbook's after so many evaluations;
looking at it with VGG16 in between is not counted. `sheet`: the same pairs with several networks
and ways, VGG16's losses and seconds of each, and a contact sheet. The networks with random weights
come from a small local server that speaks the Hub's protocol.

The textbook: VGG16, its pixels, L-BFGS as torch has it (20 evaluations a step, history 100, no line
search), from the content picture, at full size from the start. `--objective gatys`: it lowers the
losses of Gatys et al. (squared differences of plain Gram matrices over 4 N^2 M^2, alpha / beta of
1e-3); `judge`, which is generous: the very J by which all are judged. NPZ: VGG16's convolutions up
to conv4_3, for BGR less the mean in 0..255, as `block1_conv1.weight` and so on.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import timm
import torch
from hub.models import hub_files
from hub.server import LocalHub
from PIL import Image, ImageDraw

from plugins.style_transfer.layers import vgg_names
from plugins.style_transfer.model import content_loss, gram_matrix, style_loss
from plugins.style_transfer.run import Run
from plugins.style_transfer.settings import Settings, fitted
from weights import Backbone, Hub, Weights
from weights.layers.parametrization import resized
from weights.transform import Transform

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE = (103.939, 116.779, 123.68)
"""What VGG's own preparation takes off blue, green and red."""
STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
CONTENT = "relu4_2"
ALPHA, BETA = 1.0, 20.0
LITE = "tf_efficientnet_lite0.in1k"
RANDOM = ("resnet18", "convnext_atto")


def vgg16(path: Path) -> Backbone:
    """timm's vgg16 with those convolutions. What lies deeper stays random, and is never run."""
    module = timm.create_model("vgg16").eval()
    convolutions = [m for m in module.features if isinstance(m, torch.nn.Conv2d)]
    arrays = np.load(path)
    names = [
        f"block{b}_conv{c}" for b, n in ((1, 2), (2, 2), (3, 3), (4, 3)) for c in range(1, n + 1)
    ]
    for place, (name, conv) in enumerate(zip(names, convolutions, strict=False)):
        weight = torch.from_numpy(arrays[f"{name}.weight"])
        bias = torch.from_numpy(arrays[f"{name}.bias"])
        if place == 0:
            # RGB, normalised as timm does, instead of BGR less the mean in 0..255. Both take the
            # same mean off but for rounding, which the bias makes good.
            weight = weight.flip(1)
            shift = 255 * torch.tensor(MEAN) - torch.tensor(CAFFE).flip(0)
            bias = bias + (weight.sum(dim=(2, 3)) * shift).sum(dim=1)
            weight = weight * (255 * torch.tensor(STD)).view(1, 3, 1, 1)
        with torch.no_grad():
            conv.weight.copy_(weight)
            conv.bias.copy_(bias)
    card = SimpleNamespace(name="vgg16.caffe", licence="CC BY 4.0", training_data="ImageNet")
    origin = SimpleNamespace(why="", sentence="", sha256="")
    module = module.requires_grad_(False).to(memory_format=torch.channels_last)
    return Backbone(module, Transform((224, 224), MEAN, STD, "cpu"), card, origin)


class Judge:
    """J as VGG16 sees it, of any picture for one pair."""

    def __init__(self, vgg: Backbone, content: np.ndarray, style: np.ndarray, size: int):
        self.encoder = vgg.encoder()
        names = vgg_names(self.encoder.layers((64, 64)))
        self.style, self.content = [names[n] for n in STYLE], names[CONTENT]
        self.size = fitted(content.shape, size)
        with torch.no_grad():
            found = self._activations(tensor(content, self.size))
            self.target = found[self.content]
            there = self._activations(tensor(style, fitted(style.shape, size)))
            self.grams = {name: gram_matrix(there[name]) for name in self.style}
        self.found: dict[str, torch.Tensor] = {}

    def _activations(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.encoder.normalise(picture).contiguous(memory_format=torch.channels_last)
        found = self.encoder(x, [*self.style, self.content])
        self.encoder.forget()
        return found

    def losses(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(content, style) of (1, 3, H, W) in 0..1."""
        found = self.found = self._activations(picture)
        styles = [style_loss(gram_matrix(found[n]), g) for n, g in self.grams.items()]
        return content_loss(found[self.content], self.target), sum(styles) / len(styles)

    def gatys(self) -> torch.Tensor:
        """What Gatys et al. lower, of the picture that `losses` saw last: their G is a sum over M
        positions, ours a mean, so that 1 / (4 N^2 M^2) becomes 1 / (4 N^2).
        """
        found = self.found
        styles = [
            (gram_matrix(found[n]) - g).square().sum() / (4 * len(g) ** 2)
            for n, g in self.grams.items()
        ]
        content = (found[self.content] - self.target).square().sum() / 2
        return 1e-3 * content + sum(styles) / len(styles)

    @torch.no_grad()
    def of(self, picture: np.ndarray) -> tuple[float, float, float]:
        """(J, content, style) of uint8 (H, W, 3)."""
        content, style = (float(x) for x in self.losses(tensor(picture, self.size)))
        return ALPHA * content + BETA * style, content, style


def tensor(picture: np.ndarray, size: tuple[int, int]) -> torch.Tensor:
    whole = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
    return resized(whole, size)


@dataclass
class Mark:
    """A moment of a painting."""

    seconds: float
    evaluations: int
    picture: np.ndarray
    J: float


def textbook(
    judge: Judge, content: np.ndarray, evaluations: int, objective: str = "judge"
) -> Iterator[Mark]:
    """Pixels and L-BFGS. What the judge finds is seen on the way, at no cost to speak of."""
    picture = tensor(content, judge.size).clone(memory_format=torch.contiguous_format)
    picture.requires_grad_(True)
    optimiser = torch.optim.LBFGS([picture])
    marks: list[Mark] = []
    started = time.perf_counter()

    def closure() -> torch.Tensor:
        with torch.no_grad():
            picture.clamp_(0, 1)
        optimiser.zero_grad()
        content_part, style_part = judge.losses(picture)
        total = ALPHA * content_part + BETA * style_part
        aim = total if objective == "judge" else judge.gatys()
        aim.backward()
        spent = time.perf_counter() - started
        marks.append(Mark(spent, len(marks) + 1, _pixels(picture), float(total.detach())))
        return aim

    done = 0
    while len(marks) < evaluations:
        optimiser.step(closure)
        yield from marks[done:evaluations]
        done = len(marks)


def _pixels(picture: torch.Tensor) -> np.ndarray:
    scaled = (picture.detach()[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return scaled.permute(1, 2, 0).numpy()


def ours(
    judge: Judge,
    backbone: Backbone,
    settings: Settings,
    content: np.ndarray,
    style: np.ndarray,
    every: int = 10,
) -> Iterator[Mark]:
    """Our painting, looked at every few steps; the clock is the run's own."""
    run = Run(settings, backbone, content, [style])
    for progress in run.advance():
        if progress.step % every == 0 or progress.step in (1, settings.steps):
            picture = run.result()
            yield Mark(progress.seconds, progress.step, picture, judge.of(picture)[0])


def race(options: argparse.Namespace) -> None:
    vgg = vgg16(options.vgg)
    lite = Weights(offline=True).backbone(LITE)
    content, style = read(options.content), read(options.style)
    for size in options.size:
        judge = Judge(vgg, content, style, size)
        print(f"\n{size} px, J before: {judge.of(content)[0]:.3f}", flush=True)
        theirs = list(textbook(judge, content, options.evaluations, options.objective))
        rungs = sorted({1, options.evaluations // 4, options.evaluations // 2, options.evaluations})
        goals = [(n, min(m.J for m in theirs[:n]), theirs[n - 1].seconds) for n in rungs if n]
        layers = tuple((name, 1.0) for name in judge.style)
        classic = Settings(size=size, steps=options.steps, content_layer=judge.content)
        classic = replace(classic, style_layers=layers)
        racers = {
            "ours, VGG16, Fourier, Adam": (vgg, classic),
            "ours, VGG16, pixels, L-BFGS": (
                vgg,
                replace(classic, parametrisation="pixels", optimiser="lbfgs"),
            ),
            "ours, EfficientNet-lite0": (lite, Settings(size=size, steps=200)),
        }
        for name, (backbone, settings) in racers.items():
            marks = list(ours(judge, backbone, settings, content, style, 3))
            first = marks[0].seconds
            print(
                f"{name}: first picture {first:.2f} s, {marks[-1].seconds:.1f} s in all, J "
                f"{min(m.J for m in marks):.3f}"
            )
            for evaluations, goal, seconds in goals:
                reached = next((m.seconds for m in marks if goal >= m.J), None)
                told = (
                    "not reached"
                    if reached is None
                    else (f"{reached:.1f} s, {seconds / reached:.1f} x as fast")
                )
                print(
                    f"   J {goal:.3f}: textbook {seconds:.1f} s ({evaluations} looks); {told}",
                    flush=True,
                )


def sheet(options: argparse.Namespace) -> None:
    vgg = vgg16(options.vgg)
    size = options.size[0]
    rows = []
    with tempfile.TemporaryDirectory() as folder, LocalHub() as hub:
        weights, names = random_networks(hub, Path(folder))
        for c, s in options.pair:
            content, style = read(Path(c)), read(Path(s))
            judge = Judge(vgg, content, style, size)
            layers = tuple((name, 1.0) for name in judge.style)
            classic = Settings(
                size=size, steps=options.steps, content_layer=judge.content, style_layers=layers
            )
            paint = partial(ours, judge, content=content, style=style, every=1000)
            ways: dict[str, Callable[[], Iterator[Mark]]] = {
                "VGG16, pixels, L-BFGS": partial(
                    textbook, judge, content, options.evaluations, options.objective
                ),
                "VGG16, Fourier": partial(paint, vgg, classic),
            }
            for name in (LITE, *names):
                backbone = (weights if name in names else Weights(offline=True)).backbone(name)
                short = name.partition(".")[0]
                ways[f"{short}, Fourier"] = partial(paint, backbone, Settings(size=size))
            cells = [("content", content), ("style", style)]
            for name, way in ways.items():
                mark = list(way())[-1]
                J, content_part, style_part = judge.of(mark.picture)
                words = f"{name}: content {content_part:.3f} style {style_part:.4f} J {J:.2f}, "
                words += f"{mark.seconds:.0f} s"
                print(f"{Path(c).stem} / {Path(s).stem}: {words}", flush=True)
                cells.append((words, mark.picture))
            rows.append(cells)
    draw(rows, options.out)


def random_networks(hub: LocalHub, folder: Path) -> tuple[Weights, list[str]]:
    """Weights that know two networks with random weights, served by the local Hub."""
    weights = Weights(hub=Hub(endpoint=hub.url, cache_dir=folder / "cache", offline=False))
    names = []
    for architecture in RANDOM:
        (folder / architecture).mkdir()
        repo = f"random/{architecture}"
        hub.add(repo, hub_files(folder / architecture, architecture))
        name = f"{architecture}.random"
        weights.register(name=name, source=f"hub:{repo}")
        names.append(name)
    return weights, names


def draw(rows: list[list[tuple[str, np.ndarray]]], out: Path, side: int = 240) -> None:
    width = max(len(row) for row in rows)
    canvas = Image.new("RGB", (width * (side + 6), len(rows) * (side + 34)), "white")
    pen = ImageDraw.Draw(canvas)
    for r, row in enumerate(rows):
        for k, (words, picture) in enumerate(row):
            image = Image.fromarray(picture)
            image.thumbnail((side, side))
            at = k * (side + 6), r * (side + 34)
            canvas.paste(image, at)
            for line, part in enumerate(words.split(": ")):
                pen.text((at[0], at[1] + side + 2 + 13 * line), part, fill="black")
    canvas.save(out)


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("race", "sheet"))
    parser.add_argument("--vgg", type=Path, required=True)
    parser.add_argument("--content", type=Path)
    parser.add_argument("--style", type=Path)
    parser.add_argument("--pair", nargs=2, action="append", default=[])
    parser.add_argument("--out", type=Path, default=Path("sheet.png"))
    parser.add_argument("--size", type=int, nargs="+", default=[256])
    parser.add_argument("--evaluations", type=int, default=60)
    parser.add_argument("--objective", choices=("gatys", "judge"), default="gatys")
    parser.add_argument("--steps", type=int, default=80, help="of ours with VGG16")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    {"race": race, "sheet": sheet}[options.what](options)


if __name__ == "__main__":
    main()
