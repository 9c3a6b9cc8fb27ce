"""Pictures that are there without an upload: photographs in an installed package, which is found
but not imported, and four paintings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from plugins.shared.files.pictures import Picture, read_picture
from plugins.shared.page.html_parts import data_uri, shelf
from weights.errors import ParagoneError

PICTURES = Path(__file__).with_name("pictures")
CONTENT, STYLE = "content", "style"


@dataclass(frozen=True)
class Offer:
    """A picture; `file` lies in scikit-image's data, or among our paintings."""

    title: str
    credit: str
    file: str
    role: str

    @property
    def path(self) -> Path | None:
        """Where it lies; None: the package is not installed."""
        if self.role == STYLE:
            return PICTURES / self.file
        spec = find_spec("skimage")
        roots = (spec.submodule_search_locations or ()) if spec else ()
        paths = (Path(root, "data", self.file) for root in roots)
        return next((path for path in paths if path.is_file()), None)


OFFERS = {
    "astronaut": Offer("Eileen Collins", "NASA, public domain", "astronaut.png", CONTENT),
    "chelsea": Offer("Chelsea the cat", "CC0, scikit-image", "chelsea.png", CONTENT),
    "coffee": Offer("Coffee", "CC0, scikit-image", "coffee.png", CONTENT),
    "rocket": Offer("Rocket", "SpaceX, public domain", "rocket.jpg", CONTENT),
    "starry_night": Offer("The Starry Night", "Vincent van Gogh", "starry_night.webp", STYLE),
    "great_wave": Offer("The Great Wave", "Katsushika Hokusai", "great_wave.webp", STYLE),
    "scream": Offer("The Scream", "Edvard Munch", "scream.webp", STYLE),
    "wheat_field": Offer(
        "Wheat Field with Cypresses", "Vincent van Gogh", "wheat_field.webp", STYLE
    ),
}

OPENING = {"content": "astronaut", "style1": "starry_night"}
"""What lies in the slots at first: the pictures of the recorded painting."""


@lru_cache(maxsize=len(OFFERS))
def offered(key: str) -> Picture:
    """A picture by its key.

    Raises:
        ParagoneError: There is none.
    """
    offer = OFFERS.get(key)
    path = offer.path if offer else None
    if path is None:
        raise ParagoneError("There is no such picture here", where=key[:40], todo="Bring your own.")
    return read_picture(path, f"{offer.title} ({offer.credit})")


@lru_cache(maxsize=2)
def shelf_of(role: str) -> str:
    """The pictures of a role as buttons."""
    shown = ((key, offered(key)) for key, one in OFFERS.items() if one.role == role and one.path)
    return shelf([(key, one.name, data_uri(one.pixels, 96)) for key, one in shown])
