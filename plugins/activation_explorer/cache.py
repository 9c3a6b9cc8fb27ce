"""Surveys that were made already."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugins.activation_explorer.pictureset import PictureSet
    from plugins.activation_explorer.survey import Survey
    from weights import Backbone

MOST_BYTES = 256 << 20
Key = tuple[str, str, tuple[str, ...], str]


def key_for(backbone: Backbone, pictures: PictureSet, layers: Sequence[str]) -> Key:
    """Of what a survey depends on: the weights, the layers and the pixels."""
    return backbone.card.name, backbone.origin.sha256, tuple(layers), pictures.digest


class Surveys:
    """Finished surveys by `key_for`; the least used leave when there is no room. A survey holds its
    pictures, so what a visitor brought has to be forgotten when the visit ends.
    """

    def __init__(self, most: int = MOST_BYTES):
        self._most = most
        self._kept: OrderedDict[Key, Survey] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Survey | None:
        """The survey, if it is kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Key, survey: Survey) -> None:
        """Keep a finished survey, if there is room for it."""
        if not survey.done or nbytes(survey) > self._most:
            return
        with self._lock:
            self._kept[key] = survey
            self._kept.move_to_end(key)
            while sum(map(nbytes, self._kept.values())) > self._most:
                self._kept.popitem(last=False)

    def forget(self, digest: str) -> int:
        """Drop all surveys of a set of pictures; gives their number."""
        with self._lock:
            gone = [key for key in self._kept if key[-1] == digest]
            for key in gone:
                del self._kept[key]
        return len(gone)


def nbytes(survey: Survey) -> int:
    """What a survey takes, its pictures included."""
    arrays = (
        array
        for found in survey.layers.values()
        for array in (found.values, found.pictures, found.rows, found.columns)
    )
    return survey.pictures.pixels.nbytes + sum(array.nbytes for array in arrays)
