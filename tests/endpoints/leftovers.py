"""What calls leave in the folder for uploads."""

from __future__ import annotations

from pathlib import Path

from serving import Server

MADE = ("image.png", "image.webp")
"""What a task hands out, such as a painting."""


def left(server: Server) -> list[Path]:
    """Uploads that are still there."""
    return [p for p in server.temp.rglob("*") if p.is_file() and p.name not in MADE]
