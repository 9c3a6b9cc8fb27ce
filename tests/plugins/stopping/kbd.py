"""Raises KeyboardInterrupt by itself while it is imported."""

raise KeyboardInterrupt("raised by a plug-in")
