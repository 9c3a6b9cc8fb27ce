"""Record the painting that the page opens with: `python -m plugins.style_transfer.record`.

It is painted from two of the offered pictures with the embedded network.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import platform
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from plugins.shared.page.plots import thinned
from plugins.style_transfer.bundled import offered
from plugins.style_transfer.recorded import FOLDER
from plugins.style_transfer.run import Run
from plugins.style_transfer.settings import Settings
from plugins.style_transfer.views import heat
from weights import Weights

FRAME = 176
"""Pixels of the long side of a saved step."""


def record(folder: Path, content: str, style: str, settings: Settings) -> None:
    """Paint, and write what the page needs."""
    picture = offered(content).pixels
    backbone = Weights().backbone(settings.backbone)
    run = Run(settings, backbone, picture, [offered(style).pixels])
    for progress in run.advance():
        print(f"\rstep {progress.step} of {progress.steps}", end="", flush=True)
    print()
    folder.mkdir(exist_ok=True)
    height, width = run.schedule[-1].size
    shown = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
    (folder / "content.webp").write_bytes(_webp(shown, max(height, width), 80))
    (folder / "result.webp").write_bytes(_webp(run.result(), max(height, width), 84))
    frames = []
    for one in run.saved:
        frame = np.asarray(Image.open(io.BytesIO(one.webp)))
        frames.append([one.step, base64.b64encode(_webp(frame, FRAME, 50)).decode()])
    some = [run.losses[i] for i in thinned(len(run.losses), 80)]
    table = {
        "settings": settings.plain(),
        "pictures": [content, style],
        "size": [height, width],
        "seconds": round(run.seconds, 2),
        "note": f"{backbone.card.title} judged; {_threads()} of {platform.machine()}, "
        f"torch {torch.__version__}.",
        "losses": [[p.step, _short(p.losses), _short(p.by_layer)] for p in some],
        "grams": {n: [heat(now, goal), heat(goal, goal)] for n, (now, goal) in run.grams().items()},
        "frames": frames,
    }
    (folder / "run.json").write_text(json.dumps(table, separators=(",", ":")), encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{run.seconds:.1f} s, {size / 1024:.0f} KiB in {folder}")


def _threads() -> str:
    count = torch.get_num_threads()
    return "one thread" if count == 1 else f"{count} threads"


def _webp(pixels: np.ndarray, side: int, quality: int) -> bytes:
    image, out = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    image.save(out, "WEBP", quality=quality, method=6)
    return out.getvalue()


def _short(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--content", default="astronaut")
    parser.add_argument("--style", default="starry_night")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=250)
    options = parser.parse_args()
    settings = Settings(size=options.size, steps=options.steps)
    record(FOLDER, options.content, options.style, settings)


if __name__ == "__main__":
    main()
