"""Sample files of every modality, for tests and for `python app.py check`."""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

MODALITIES = ("picture", "face", "signal", "volume", "zip", "text", "empty")
FACE = ("skimage", "data/astronaut.png")
"""Eileen Collins, NASA, public domain; inside the package scikit-image, which is not imported."""


def write_sample(modality: str, folder: Path) -> Path:
    """Write a sample file.

    Args:
        modality: `picture` (320 by 240, a drawn scene), `face` (one face, 512 by 512), `signal`
            (CSV, 512 numbers, one a line), `volume` (NumPy, float32, 32 by 32 by 32), `zip` (two
            folders of four pictures), `text` (prose in a file named .png), `empty` (no bytes).
        folder: Where to; made if it is not there.

    Raises:
        ValueError: There is no such modality.
        FileNotFoundError: The package that holds the face is not installed.
    """
    if modality not in MODALITIES:
        raise ValueError(f"There is no sample {modality!r}; there are {', '.join(MODALITIES)}")
    folder.mkdir(parents=True, exist_ok=True)
    return globals()[f"_{modality}"](folder)


def _picture(folder: Path, name: str = "picture.png", seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:240, 0:320]
    ground = np.stack([rows * 0.7, columns * 0.5, 160 - rows * 0.3], axis=-1)
    image = Image.fromarray((ground + rng.normal(0, 6, (240, 320, 3))).clip(0, 255).astype("u1"))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, radius = (int(v) for v in rng.integers((20, 20, 10), (280, 200, 40)))
        colour = tuple(int(v) for v in rng.integers(0, 255, 3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    image.save(folder / name)
    return folder / name


def _face(folder: Path) -> Path:
    package, file = FACE
    spec = find_spec(package)
    if spec is None or not spec.origin:
        raise FileNotFoundError("The sample face is in scikit-image: pip install scikit-image")
    path = folder / "face.png"
    path.write_bytes((Path(spec.origin).parent / file).read_bytes())
    return path


def _signal(folder: Path) -> Path:
    time = np.arange(512) / 128
    beats = np.exp(-(((time % 0.8) - 0.4) ** 2) / 0.002)
    path = folder / "signal.csv"
    np.savetxt(path, beats + 0.1 * np.sin(2 * np.pi * 0.3 * time), fmt="%.5f")
    return path


def _volume(folder: Path) -> Path:
    z, y, x = np.mgrid[-1:1:32j, -1:1:32j, -1:1:32j]
    path = folder / "volume.npy"
    np.save(path, np.exp(-4 * (z**2 + 2 * y**2 + x**2)).astype(np.float32))
    return path


def _zip(folder: Path) -> Path:
    path = folder / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for seed in range(8):
            inside = _picture(folder, f"part-{seed}.png", seed)
            archive.write(inside, f"{'one' if seed < 4 else 'two'}/{seed}.png")
            inside.unlink()
    return path


def _text(folder: Path) -> Path:
    path = folder / "letter.png"
    path.write_text("Dear reader, this is no picture, whatever its name says.\n", "utf-8")
    return path


def _empty(folder: Path) -> Path:
    path = folder / "empty.png"
    path.write_bytes(b"")
    return path
