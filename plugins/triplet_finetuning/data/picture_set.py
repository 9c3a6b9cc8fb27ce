"""Pictures of identities, ready for a network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from plugins.shared.files.image_folder import Skipped
from weights.messages import say


@dataclass(frozen=True)
class PictureSet:
    """Pictures with the identity that each shows.

    Attributes:
        title: What it is called on the page. `source`: where it comes from and under which licence.
        chips: (N, S, S, 3) uint8 RGB.
        labels: (N,) int64 indices into `names`.
        names: The identities.
        files: N names of pictures, as the person who brought them knows them.
        alignment: How the chips were cut from the pictures: `dlib-150`, `arcface-112`, or
            `whole-S` for the whole picture, padded to a square and scaled to S x S.
        skipped: What was left out, and why.
        large: (N, L, L, 3) the same pictures as people see them, where there are larger ones.
        worded: Whether the names are words of ours, which the page puts into its language.
    """

    title: str
    source: str
    chips: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    names: tuple[str, ...]
    files: tuple[str, ...] = field(repr=False)
    alignment: str = "whole-32"
    skipped: tuple[Skipped, ...] = field(default=(), repr=False)
    large: np.ndarray | None = field(default=None, repr=False)
    worded: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size(self) -> int:
        """S: pixels of a chip's side."""
        return self.chips.shape[1]

    def picture(self, index: int) -> np.ndarray:
        """(L, L, 3) as people see it."""
        return (self.chips if self.large is None else self.large)[index]

    def name(self, picture: int) -> str:
        """What a picture shows, for the page."""
        return self.called[self.labels[picture]]

    @property
    def called(self) -> tuple[str, ...]:
        """The names for the page."""
        return tuple(map(say, self.names)) if self.worded else self.names

    def only(self, chosen: np.ndarray) -> PictureSet:
        """The part with the chosen pictures (indices or mask); identities without a picture go."""
        labels = self.labels[chosen]
        kept, fresh = np.unique(labels, return_inverse=True)
        files = tuple(np.asarray(self.files, object)[chosen])
        names = tuple(self.names[i] for i in kept)
        return replace(
            self,
            chips=self.chips[chosen],
            labels=fresh.astype(np.int64),
            names=names,
            files=files,
            large=None if self.large is None else self.large[chosen],
        )
