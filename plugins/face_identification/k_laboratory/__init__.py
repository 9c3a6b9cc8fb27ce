"""K laboratory."""
