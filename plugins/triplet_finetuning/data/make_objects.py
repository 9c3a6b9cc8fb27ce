"""Cut the built-in objects from the folder of Caltech-101, one folder a category:
`python -m plugins.triplet_finetuning.data.make_objects FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from plugins.triplet_finetuning.data.objects import EACH, FILE, NAMES, SIDE

FOLDERS = {"leopard": "Leopards"}
LEFT_OUT = {
    "dolphin": {14, 25, 30},
    "dragonfly": {5, 27},
    "grand piano": {1, 11, 34, 35},
    "hawksbill": {23, 24},
    "lamp": {7, 8, 11, 18, 30},
    "lotus": {1, 24},
    "metronome": {8, 9, 18, 19, 23, 29},
    "pigeon": {7, 9, 23, 36},
    "pizza": {15, 16, 18},
    "pyramid": {9, 13, 19, 20, 26, 31},
    "starfish": {13},
    "stegosaurus": {17, 20, 30},
    "stop sign": {4, 10, 18, 28, 35},
    "strawberry": {4, 17, 27, 28, 34},
    "sunflower": {4, 19},
    "wrench": {9, 11, 17, 19, 22, 23, 24, 25, 27},
    "yin yang": {10, 11, 12, 23, 26, 30, 31, 36},
}
"""Numbers of pictures that show writing, a person, a brand, or the object hardly."""


def main(folder: str) -> None:
    """Write the sheet: one row a category."""
    sheet = Image.new("RGB", (EACH * SIDE, len(NAMES) * SIDE))
    for row, name in enumerate(NAMES):
        files = sorted(Path(folder, FOLDERS.get(name, name.replace(" ", "_"))).glob("*.jpg"))
        numbered = ((int(path.stem.rpartition("_")[2]), path) for path in files)
        left = [path for number, path in numbered if number not in LEFT_OUT.get(name, ())]
        for column, path in enumerate(left[:EACH]):
            sheet.paste(square(path), (column * SIDE, row * SIDE))
    FILE.parent.mkdir(exist_ok=True)
    sheet.save(FILE, quality=82, method=6)


def square(path: Path, pixels: int = SIDE) -> Image.Image:
    """The middle of a picture, as a square of so many pixels a side."""
    with Image.open(path) as picture:
        side, (width, height) = min(picture.size), picture.size
        left, top = (width - side) // 2, (height - side) // 2
        middle = picture.convert("RGB").crop((left, top, left + side, top + side))
        return middle.resize((pixels, pixels), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main(sys.argv[1])
