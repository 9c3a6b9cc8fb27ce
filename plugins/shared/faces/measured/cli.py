"""What the measuring commands share: anyone who runs them brings their own machine and pictures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from plugins.shared.faces.encode import Network
from plugins.shared.files.limits import Limits
from weights.errors import ParagoneError

if TYPE_CHECKING:
    from weights import Weights

DEFAULT = "dlib_resnet.faces_v1"
LIMITS = Limits(archive_files=20_000, archive_bytes=2**33)
"""Wider than a visitor's."""


def network_named(weights: Weights, name: str) -> Network:
    """A network, loaded.

    Raises:
        ParagoneError: There is none of this name, or it cannot be had.
    """
    backbone = weights.backbone(name)
    return Network(backbone.card, backbone.origin, lambda: backbone)


def exit_code(measure: Callable[[], None]) -> int:
    """Measure; 2 after an error, which is printed in one line."""
    try:
        measure()
    except ParagoneError as error:
        print(error.for_people, file=sys.stderr)
        return 2
    return 0
