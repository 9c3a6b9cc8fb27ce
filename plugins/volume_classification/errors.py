"""What can be wrong with volumes, and with what is done with them."""

from __future__ import annotations

from plugins.shared.classification.errors import ModelFileError, TrainingError
from weights.errors import ParagoneError

__all__ = ["ModelFileError", "TrainingError", "VolumeError"]


class VolumeError(ParagoneError):
    """A volume, or a set of them, that cannot be used."""
