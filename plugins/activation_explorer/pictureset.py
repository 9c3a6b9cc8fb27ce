"""The pictures that a survey looks at: tiles of pictures that come with installed packages, or a
zip of your own.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from plugins.shared.files.entries import LabelledError
from plugins.shared.files.file_kinds import plain_name
from plugins.shared.files.limits import Limits
from plugins.shared.files.pictures import read_picture
from plugins.shared.files.zip_files import files_in_zip
from weights.errors import ParagoneError
from weights.messages import say

SIDE = 224
"""Pixels of a picture, both ways."""
MOST = 4000
"""Pictures of a set: 0.6 GB."""
LEAST = 9
"""Fewer pictures cannot fill nine patches; said, not refused."""
OVERLAP = 0.5


@dataclass(frozen=True)
class Bundled:
    """A picture file inside an installed package."""

    package: str
    file: str
    title: str
    credit: str


# scikit-image and scikit-learn state these origins beside their data; matplotlib's portrait is the
# US Navy's.
BUNDLED = (
    Bundled("skimage", "data/astronaut.png", "Eileen Collins", "NASA, public domain"),
    Bundled("skimage", "data/brick.png", "Bricks", "CC0"),
    Bundled("skimage", "data/camera.png", "Cameraman", "CC0"),
    Bundled("skimage", "data/cell.png", "Cell", "CC0"),
    Bundled("skimage", "data/chelsea.png", "Chelsea the cat", "CC0"),
    Bundled("skimage", "data/chessboard_RGB.png", "Chessboard", "CC0"),
    Bundled("skimage", "data/coffee.png", "Coffee", "CC0"),
    Bundled("skimage", "data/coins.png", "Coins", "no known restrictions"),
    Bundled("skimage", "data/color.png", "Colours", "CC0"),
    Bundled("skimage", "data/grass.png", "Grass", "CC0"),
    Bundled("skimage", "data/gravel.png", "Gravel", "CC0"),
    Bundled("skimage", "data/horse.png", "Horse", "CC0"),
    Bundled("skimage", "data/hubble_deep_field.jpg", "Hubble deep field", "NASA, public domain"),
    Bundled("skimage", "data/ihc.png", "Stained tissue", "CC0"),
    Bundled("skimage", "data/moon.png", "Moon", "NASA, public domain"),
    Bundled("skimage", "data/page.png", "Page of text", "CC0"),
    Bundled("skimage", "data/retina.jpg", "Retina", "CC0"),
    Bundled("skimage", "data/rocket.jpg", "Rocket", "SpaceX, public domain"),
    Bundled("skimage", "data/text.png", "Text", "CC0"),
    Bundled("sklearn", "datasets/images/china.jpg", "Temple in China", "CC BY, Dirk Dhonau"),
    Bundled("sklearn", "datasets/images/flower.jpg", "Flower", "CC BY, Dirk Dhonau"),
    Bundled("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "Grace Hopper", "public domain"),
)


class PictureSet:
    """Square pictures of one size, in memory.

    Args:
        title: Of the set.
        names: Of the pictures.
        pixels: uint8 (N, 224, 224, 3).
        skipped: (file, reason) of what could not be used.
        sources: A number for each picture: tiles of one photograph have the same, and only the best
            of them counts. None: every picture is one of its own.

    Attributes:
        digest: Of all pixels and sources; two sets with the same one show the same.
    """

    def __init__(
        self,
        title: str,
        names: Sequence[str],
        pixels: np.ndarray,
        skipped: Sequence[tuple[str, str]] = (),
        sources: Sequence[int] | None = None,
    ):
        self.title, self.names, self.pixels = title, tuple(names), pixels
        self.skipped = tuple(skipped)
        numbers = range(len(self.names)) if sources is None else sources
        self.sources = np.array(numbers, np.int64)
        seen = hashlib.sha256(np.ascontiguousarray(pixels))
        seen.update(self.sources.tobytes())
        self.digest = seen.hexdigest()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of each picture."""
        return self.pixels.shape[1:3]

    def picture(self, i: int) -> np.ndarray:
        """uint8 (H, W, 3)."""
        return self.pixels[i]


@lru_cache(maxsize=1)
def bundled() -> PictureSet:
    """Tiles of the packages' pictures, at several scales; what is not installed is left out.

    Raises:
        LabelledError: None of the packages is installed.
    """
    names, tiles, sources = [], [], []
    for number, one in enumerate(BUNDLED):
        if (path := _path(one)) is not None:
            picture = read_picture(path, one.title).pixels
            for scale, tile in _tiles(picture):
                names.append(say("{title}, at {scale:.0%}", title=say(one.title), scale=scale))
                tiles.append(tile)
                sources.append(number)
    if not tiles:
        raise LabelledError(
            "The bundled pictures are not here",
            where="pictures",
            todo="Install scikit-image, or bring a zip of pictures.",
        )
    return PictureSet("the bundled pictures", names, np.stack(tiles), sources=sources)


def _path(one: Bundled) -> Path | None:
    spec = find_spec(one.package)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(root, one.file)).is_file():
            return path
    return None


def _tiles(picture: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """The whole, squeezed to a square crop, and overlapping tiles at half and at full size."""
    height, width = picture.shape[:2]
    short = min(height, width)
    seen = set()
    for scale in (SIDE / short, 2 * SIDE / short, 1.0):
        if scale > max(1.0, SIDE / short) or round(short * scale) in seen:
            continue
        seen.add(round(short * scale))
        size = max(SIDE, round(width * scale)), max(SIDE, round(height * scale))
        shown = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
        for top in _places(size[1]):
            for left in _places(size[0]):
                yield scale, shown[top : top + SIDE, left : left + SIDE]


def _places(length: int) -> list[int]:
    """Where tiles begin, so that they cover the length and overlap by half or so."""
    count = 1 + -(-(length - SIDE) // round(SIDE * OVERLAP))
    return [round(place) for place in np.linspace(0, length - SIDE, count)]


def from_zip(
    source: Path, name: str, limits: Limits, on_step: Callable[[int, int], None] = lambda *_: None
) -> PictureSet:
    """The pictures of a zip, each cut to its middle square; folders do not matter.

    Args:
        name: The visitor's name of the file.
        on_step: Called with (done, total).

    Raises:
        LabelledError: No zip, a hostile one, or none of its files is a picture.
    """
    names, tiles, skipped = [], [], []
    with files_in_zip(source, limits) as entries:
        if len(entries) > MOST:
            raise LabelledError(
                say(
                    "The zip holds {entries:,} files, more than the {most:,} that are looked at",
                    entries=len(entries),
                    most=MOST,
                ),
                where=plain_name(name),
                todo="Bring fewer pictures.",
            )
        for done, entry in enumerate(entries, 1):
            shown = plain_name(entry.name)
            if entry.fault:
                skipped.append((shown, entry.fault))
                continue
            try:
                picture = read_picture(io.BytesIO(entry.read()), entry.name, limits)
            except ParagoneError as error:
                skipped.append((shown, error.what))
                continue
            names.append(shown)
            tiles.append(square(picture.pixels))
            on_step(done, len(entries))
    if not tiles:
        reasons = "; ".join(say("{file}: {why}", file=file, why=why) for file, why in skipped[:3])
        what = "There is no picture in it that can be used"
        raise LabelledError(
            say("{what}: {reasons}", what=say(what), reasons=reasons) if reasons else what,
            where=plain_name(name),
            todo="Zip JPEG or PNG pictures.",
        )
    return PictureSet(plain_name(name), names, np.stack(tiles), skipped)


def square(picture: np.ndarray, side: int = SIDE) -> np.ndarray:
    """The middle square of a picture, at `side` pixels."""
    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    box = (left, top, left + short, top + short)
    shown = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS, box=box)
    return np.asarray(shown)
