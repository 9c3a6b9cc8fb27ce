"""What can be wrong with signals, and with what is done with them."""

from __future__ import annotations

from plugins.shared.classification.errors import ModelFileError, TrainingError
from weights.errors import ParagoneError

__all__ = ["ModelFileError", "SignalError", "TrainingError"]


class SignalError(ParagoneError):
    """A signal, or a set of them, that cannot be used."""
