"""Weights by name: cards, verified files, loaded networks. Importing this imports no torch."""

from .backbone import Backbone
from .backbones import Weights
from .catalog import Card
from .errors import ParagoneError, WeightsError
from .hub import Hub
from .store import Availability, Located, Origin

__all__ = [
    "Availability",
    "Backbone",
    "Card",
    "Hub",
    "Located",
    "Origin",
    "ParagoneError",
    "Weights",
    "WeightsError",
]
