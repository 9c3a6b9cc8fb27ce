"""Encoding in several processes, with Ray."""
