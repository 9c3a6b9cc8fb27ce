"""Pictures of identities, ready for a network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from plugins.shared.files.image_folder import Skipped


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
    """

    title: str
    source: str
    chips: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    names: tuple[str, ...]
    files: tuple[str, ...] = field(repr=False)
    alignment: str = "whole-32"
    skipped: tuple[Skipped, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size(self) -> int:
        """S: pixels of a chip's side."""
        return self.chips.shape[1]

    def only(self, chosen: np.ndarray) -> PictureSet:
        """The part with the chosen pictures (indices or mask); identities without a picture go."""
        labels = self.labels[chosen]
        kept, fresh = np.unique(labels, return_inverse=True)
        files = tuple(np.asarray(self.files, object)[chosen])
        names = tuple(self.names[i] for i in kept)
        return replace(
            self, chips=self.chips[chosen], labels=fresh.astype(np.int64), names=names, files=files
        )
