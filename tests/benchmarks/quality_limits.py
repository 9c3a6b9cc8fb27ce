"""What the quality gate refuses, and what it should: faces of folders and degraded copies of them.

    python -m tests.benchmarks.quality_limits FOLDER... [--every N] [--model NAME]

A folder holds one folder a person. Every N-th face is degraded in several ways; each copy is found,
measured and encoded anew. A copy is lost where it lies beyond the network's threshold from most of
its person's photos. It prints how many originals each limit refuses, and for each kind of copy how
far it is from its person beside the original, how many are not found, lost and refused, and the
values of what it spoils.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from plugins.shared.faces.align import align
from plugins.shared.faces.detect import DETECTOR, FaceError, detector, usable
from plugins.shared.faces.encode import encode
from plugins.shared.faces.measured.cli import DEFAULT
from plugins.shared.faces.quality import Quality, assess, faults
from plugins.shared.files.pictures import Picture, read_picture
from weights import Weights
from weights.errors import ParagoneError


def _scaled(width: float) -> Callable:
    def copy(image: Image.Image, face: float) -> Image.Image:
        side = [max(16, round(s * width / face)) for s in image.size]
        return image.resize(side, Image.Resampling.LANCZOS)

    return copy


def _gain(factor: float, lift: float = 0.0) -> Callable:
    return lambda image, face: image.point(lambda v: max(0, min(255, round(v * factor + lift))))


def _blur(share: float) -> Callable:
    return lambda image, face: image.filter(ImageFilter.GaussianBlur(share * face))


def _noise(sigma: float) -> Callable:
    def copy(image: Image.Image, face: float) -> Image.Image:
        pixels = np.asarray(image) + np.random.default_rng(0).normal(
            0, sigma, (*image.size[::-1], 3)
        )
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

    return copy


COPIES: dict[str, tuple[str, Callable]] = {
    **{f"{w} px wide": ("size", _scaled(w)) for w in (64, 48, 40)},
    **{f"blurred by 1/{n}": ("sharpness", _blur(1 / n)) for n in (60, 40, 30, 20, 14)},
    **{f"dark x {f}": ("brightness", _gain(f)) for f in (0.5, 0.3, 0.2, 0.12)},
    **{f"bright x {f}": ("clipped", _gain(f)) for f in (1.6, 2.2, 3.0)},
    **{f"fog {f}": ("contrast", _gain(1 - f, 150 * f)) for f in (0.5, 0.7, 0.8, 0.88)},
    **{f"noise {s}": ("sharpness", _noise(s)) for s in (20, 45)},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--model", default=DEFAULT)
    args = parser.parse_args()
    weights = Weights()
    find, backbone = detector(weights.file(DETECTOR).path), weights.backbone(args.model)
    card = backbone.card

    def seen(picture: Picture) -> tuple[Quality, np.ndarray]:
        face = usable(picture, find(picture))
        (encoding,) = encode(backbone, [align(picture, face, card.alignment)])
        return assess(picture, face), encoding

    originals: list[tuple[str, Picture, Quality, np.ndarray]] = []
    for path in (p for folder in args.folders for p in sorted(folder.glob("*/*"))):
        try:
            picture = read_picture(path)
            originals.append((str(path.parent), picture, *seen(picture)))
        except ParagoneError:
            continue
    refused = Counter(fault.kind for *_, quality, _ in originals for fault in faults(quality))
    print(f"{args.model}: {len(originals)} faces; refused: {dict(refused) or 'none'}")
    for name in ("sharpness", "brightness", "clipped", "contrast", "yaw"):
        values = np.array([getattr(quality, name) for *_, quality, _ in originals])
        print(f"  {name}: {values.min():.2f} to {values.max():.2f}")
    people = np.array([person for person, *_ in originals])
    table = np.stack([encoding for *_, encoding in originals])
    totals: Counter[str] = Counter()
    for kind, (measure, degrade) in COPIES.items():
        counts, costs, values = Counter(), [], []
        for i, (person, picture, quality, encoding) in list(enumerate(originals))[:: args.every]:
            others = table[(people == person) & (np.arange(len(table)) != i)]
            image = degrade(Image.fromarray(picture.pixels), quality.size)
            copy = replace(picture, pixels=np.asarray(image), original_size=image.size)
            counts["copies"] += 1
            try:
                quality, moved = seen(copy)
            except FaceError:
                counts["not found"] += 1
                continue
            far = np.linalg.norm(others - moved, axis=1)
            costs.append(np.median(far) - np.median(np.linalg.norm(others - encoding, axis=1)))
            values.append(getattr(quality, measure))
            lost = np.median(far) > (card.threshold or np.inf)
            found = bool(faults(quality))
            counts["lost"] += lost
            counts["refused"] += found
            counts["lost and refused"] += lost and found
        totals += counts
        low, high = np.percentile(values, [5, 95]) if values else (np.nan,) * 2
        print(
            f"  {kind:16} {counts['copies']} copies, {counts['not found']} not found, cost "
            f"{np.mean(costs or [np.nan]):.3f}, lost {counts['lost']}, refused "
            f"{counts['refused']}, of the lost {counts['lost and refused']}; {measure} "
            f"{low:.2f} to {high:.2f}",
            flush=True,
        )
    print(
        f"of {totals['copies']} copies {totals['lost']} are lost, of these "
        f"{totals['lost and refused']} are refused"
    )


if __name__ == "__main__":
    main()
