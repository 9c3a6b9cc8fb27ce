"""Turn aligned chips into encodings, once each.

The encoding f(x) is the network's answer to a face: close for one person, far for two (course week
4, "Siamese network"; Taigman et al. 2014; Schroff et al. 2015).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from plugins.shared.faces.align import align, revision
from plugins.shared.faces.detect import Face
from plugins.shared.files.pictures import Picture

if TYPE_CHECKING:
    from weights import Backbone, Card, Origin


def encode(backbone: Backbone, chips: Sequence[np.ndarray], batch_size: int = 32) -> np.ndarray:
    """Encode chips in batches.

    Args:
        chips: uint8 RGB arrays of the size that the backbone's alignment makes.
        batch_size: How many go through the network at once.

    Returns:
        An (N, D) float32 array; every row has length 1 where the backbone's card says `normalise`.
    """
    import torch
    from torch.nn.functional import normalize

    parts = [np.empty((0, backbone.card.encoding_size), np.float32)]
    for start in range(0, len(chips), batch_size):
        with torch.inference_mode():
            out = backbone.module(backbone.transform(chips[start : start + batch_size]))
            out = normalize(out) if backbone.card.normalise else out
        parts.append(out.float().cpu().numpy())
    return np.concatenate(parts)


@dataclass(frozen=True)
class Network:
    """Which network encodes, and how to get it; naming it costs nothing, loading it does.

    Attributes:
        load: Makes or finds the backbone; called only when a face must be encoded.
        elsewhere: Encodes chips where a graphics card is lent; None: here.
    """

    card: Card
    origin: Origin
    load: Callable[[], Backbone]
    elsewhere: Callable[[Sequence[np.ndarray]], np.ndarray] | None = None

    @property
    def revision(self) -> str:
        """What makes its encodings: detector, alignment and weights; see `align.revision`."""
        return revision(self.origin.sha256, self.card.alignment)

    def encode(self, chips: Sequence[np.ndarray]) -> np.ndarray:
        """The encodings of chips, (N, D) float32."""
        return self.elsewhere(chips) if self.elsewhere else encode(self.load(), chips)


class EncodingCache:
    """The encodings of one session, so that no face is encoded twice. Bounded; in memory only.

    A key names the picture's content, the face's box, the network that really ran and its revision.
    """

    def __init__(self, limit: int = 4096):
        self.limit = limit
        self._kept: OrderedDict[tuple, np.ndarray] = OrderedDict()
        self._lock = Lock()

    def __deepcopy__(self, memo: dict) -> EncodingCache:
        """Every session starts with an empty cache of its own."""
        return EncodingCache(self.limit)

    def get(self, key: tuple) -> np.ndarray | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple, encoding: np.ndarray) -> None:
        with self._lock:
            self._kept[key] = encoding
            while len(self._kept) > self.limit:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


@dataclass(frozen=True)
class EncodedFace:
    """A face as the network saw it and what it said.

    Attributes:
        chip: (S, S, 3) uint8 RGB.
        encoding: (D,) float32.
        fresh: Whether the network ran for it now; false when the session already knew the encoding.
    """

    chip: np.ndarray
    encoding: np.ndarray
    fresh: bool


def encode_faces(
    network: Network, faces: Sequence[tuple[Picture, Face]], cache: EncodingCache
) -> list[EncodedFace]:
    """Align and encode faces; the network is loaded and run only for those the cache lacks."""
    who = (network.origin.name, network.revision)
    keys = [(picture.digest, face.box, *who) for picture, face in faces]
    chips = [align(picture, face, network.card.alignment) for picture, face in faces]
    known = [cache.get(key) for key in keys]
    missing = [i for i, encoding in enumerate(known) if encoding is None]
    fresh = network.encode([chips[i] for i in missing]) if missing else ()
    for i, encoding in zip(missing, fresh, strict=True):
        known[i] = encoding
        cache.put(keys[i], encoding)
    return [
        EncodedFace(chip, encoding, i in missing)
        for i, (chip, encoding) in enumerate(zip(chips, known, strict=True))
    ]
