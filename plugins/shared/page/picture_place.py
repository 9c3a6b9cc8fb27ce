"""How a picture comes in, alike on every page: it is dropped where the pictures are shown, or
dropped, pasted, chosen or taken in the field below.
"""

from __future__ import annotations

from plugins.shared.page.html_parts import asset
from plugins.shared.page.widgets import PictureInput


def picture_input(label: str, elem_id: str) -> PictureInput:
    """The field: a picture by file, clipboard or camera. The camera stays off until it is asked
    for; then its picture stands in the place of the one that is shown.
    """
    return PictureInput(
        label=label,
        height=150,
        image_mode=None,
        sources=["upload", "clipboard", "webcam"],
        elem_id=elem_id,
        elem_classes="pv-picture-input",
        buttons=[],
    )


def takes_drops(elem_id: str) -> str:
    """A script of the place where pictures are shown.

    Args:
        elem_id: Of the field that gets what is dropped there.
    """
    return asset("drop.js").replace("FIELD", elem_id)
