"""The engines that keep enrolled faces, behind one contract and one URI."""

from plugins.shared.faces.gallery.stores.opening import open_store

__all__ = ["open_store"]
