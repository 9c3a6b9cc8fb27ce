"""Handwritten digits: 1,797 real scans of 8 x 8 pixels, inside the installed scikit-learn, which is
found and not imported.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from PIL import Image

from plugins.triplet_finetuning.data.picture_set import PictureSet
from weights.errors import ParagoneError

FILE = "sklearn/datasets/data/digits.csv.gz"
SOURCE = (
    "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI Machine Learning "
    "Repository, CC BY 4.0; the part that scikit-learn packages (BSD-3-Clause)"
)
HELD_OUT = ("7", "8", "9")
"""Never trained on."""
WHITE = 16


@lru_cache(maxsize=1)
def digits(size: int = 32) -> PictureSet:
    """All scans, enlarged.

    Raises:
        ParagoneError: The file is not where scikit-learn keeps it.
    """
    try:
        path = Path(str(distribution("scikit-learn").locate_file(FILE)))
        with gzip.open(path, "rt", encoding="ascii") as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    except (PackageNotFoundError, OSError, ValueError) as error:
        what = "The digits are not in the installed scikit-learn"
        todo = "Run: pip install --force-reinstall scikit-learn"
        raise ParagoneError(what, where=FILE, todo=todo) from error
    scans, labels = table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(np.int64)
    chips = np.stack([_enlarged(scan, size) for scan in scans])
    files = tuple(f"digit {label}, scan {i:04d}" for i, label in enumerate(labels))
    names = tuple(str(i) for i in range(10))
    return PictureSet(
        "handwritten digits", SOURCE, chips, labels, names, files, alignment=f"whole-{size}"
    )


def _enlarged(scan: np.ndarray, size: int) -> np.ndarray:
    grey = (scan.astype(np.float32) * (255 / WHITE)).round().astype(np.uint8)
    large = Image.fromarray(grey).resize((size, size), Image.Resampling.BICUBIC)
    return np.array(large.convert("RGB"))
