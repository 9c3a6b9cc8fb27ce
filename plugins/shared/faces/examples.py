"""Bundled example pictures: two public-domain portraits in installed packages, altered copies, and
both side by side.

The files lie in matplotlib and scikit-image, which are found but not imported.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from plugins.shared.files.pictures import Picture, PictureError, read_picture
from weights.messages import say

Alteration = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True)
class Portrait:
    """A picture file inside an installed package.

    Attributes:
        package: The package to look in, as it is imported.
        distribution: The same, as it is installed.
        crop: Left, top, right, bottom of the cropped copy, as shares of the sides.
    """

    title: str
    credit: str
    package: str
    distribution: str
    file: str
    crop: tuple[float, float, float, float]


PORTRAITS = {
    "grace_hopper": Portrait(
        "Grace Hopper",
        "US Navy, from matplotlib's sample data",
        "matplotlib",
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        (0.2, 0.07, 0.88, 0.7),
    ),
    "eileen_collins": Portrait(
        "Eileen Collins",
        "NASA, from scikit-image's data",
        "skimage",
        "scikit-image",
        "data/astronaut.png",
        (0.2, 0.04, 0.68, 0.52),
    ),
}
TOGETHER = "together"
ALTERATIONS: dict[str, Alteration] = {
    "mirrored": ImageOps.mirror,
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.45),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(3)),
}


@dataclass(frozen=True)
class Example:
    """A picture that the page can offer.

    Attributes:
        altered: How the copy differs (`mirrored`, `darker`, `blurred`, `cropped`); empty for the
            picture as it was taken.
    """

    key: str
    title: str
    credit: str
    licence: str
    altered: str

    def load(self) -> Picture:
        """The picture itself; see `load_example`."""
        return load_example(self.key)


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """Every bundled picture, each portrait followed by its altered copies; opens no file."""
    portraits = tuple(
        Example(
            key=f"{key}_{altered}" if altered else key,
            title=f"{portrait.title}, {altered} copy" if altered else portrait.title,
            credit=portrait.credit,
            licence="Public domain",
            altered=altered,
        )
        for key, portrait in PORTRAITS.items()
        for altered in ("", *ALTERATIONS, "cropped")
    )
    titles = " and ".join(portrait.title for portrait in PORTRAITS.values())
    credits = "; ".join(portrait.credit for portrait in PORTRAITS.values())
    both = Example(TOGETHER, f"{titles}, side by side", credits, "Public domain", altered="")
    return (*portraits, both)


@lru_cache(maxsize=16)
def load_example(key: str) -> Picture:
    """A bundled picture; its digest is that of the file, or of the altered copy's own pixels.

    Raises:
        PictureError: No example has this key, or the package that holds the file lacks it.
    """
    example = next((example for example in examples() if example.key == key), None)
    if example is None:
        known = ", ".join(example.key for example in examples())
        raise PictureError("No bundled picture has this key", where=key, todo=f"Known: {known}.")
    if key == TOGETHER:
        return _together(example.title)
    portrait = PORTRAITS[key.removesuffix(f"_{example.altered}")]
    path = _path_of(portrait)
    if not example.altered:
        return read_picture(path, name=example.title)
    with Image.open(path) as file:
        image = file.convert("RGB")
    if example.altered == "cropped":
        left, top, right, bottom = portrait.crop
        width, height = image.size
        image = image.crop(
            (int(left * width), int(top * height), int(right * width), int(bottom * height))
        )
    else:
        image = ALTERATIONS[example.altered](image)
    copy = io.BytesIO()
    image.save(copy, "BMP")
    return read_picture(copy.getvalue(), name=example.title)


def _together(title: str) -> Picture:
    """The cropped portraits in a row, at one height. Its digest names the two files and not its own
    pixels, which differ with Pillow's resampling.
    """
    cropped = [load_example(f"{key}_cropped").pixels for key in PORTRAITS]
    height = max(len(pixels) for pixels in cropped)
    row = [
        Image.fromarray(p).resize((round(p.shape[1] * height / len(p)), height)) for p in cropped
    ]
    canvas = Image.new("RGB", (sum(image.width for image in row), height))
    left = 0
    for image in row:
        canvas.paste(image, (left, 0))
        left += image.width
    file = io.BytesIO()
    canvas.save(file, "BMP")
    digests = "".join(load_example(key).digest for key in PORTRAITS)
    digest = hashlib.sha256(f"{TOGETHER}{digests}".encode()).hexdigest()
    return replace(read_picture(file.getvalue(), name=title), digest=digest)


def _path_of(portrait: Portrait) -> Path:
    spec = find_spec(portrait.package)
    folders = (spec.submodule_search_locations or ()) if spec else ()
    for folder in folders:
        path = Path(folder) / portrait.file
        if path.is_file():
            return path
    what = "The bundled picture of {title} is missing: {package} is not installed"
    if folders:
        what = "The bundled picture of {title} is missing: {package} has no such file"
    package = portrait.distribution
    raise PictureError(
        say(what, title=portrait.title, package=package),
        where=portrait.file,
        todo=say("Run: pip install --force-reinstall {package}.", package=package),
    )
