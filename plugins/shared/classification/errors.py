"""What can go wrong with a classifier, whatever it classifies."""

from __future__ import annotations

from weights.errors import ParagoneError


class TrainingError(ParagoneError):
    """A run that cannot go on."""


class ModelFileError(ParagoneError):
    """A file that is no trained model of ours, or not the one that was written."""
