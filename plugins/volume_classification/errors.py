"""What can be wrong with volumes, and with what is done with them."""

from __future__ import annotations

from weights.errors import ParagoneError


class VolumeError(ParagoneError):
    """A volume, or a set of them, that cannot be used."""


class TrainingError(ParagoneError):
    """A run that cannot go on."""


class ModelFileError(ParagoneError):
    """A file that is no trained model of ours, or not the one that was written."""
