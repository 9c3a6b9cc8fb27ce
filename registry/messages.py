"""Messages, as every room of the host speaks and words them; what they are: `weights.messages`."""

from weights.messages import carry, identity, rich, say, speaking, spoken, spoken_all

__all__ = ["carry", "identity", "rich", "say", "speaking", "spoken", "spoken_all"]
