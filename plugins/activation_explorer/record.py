"""Records the survey that the page opens with: `python -m plugins.activation_explorer.record`.

The packaged EfficientNet-lite0, five stages, over the bundled pictures; a minute or less.
"""

from __future__ import annotations

import time

from plugins.activation_explorer.pictureset import bundled
from plugins.activation_explorer.recorded import write
from plugins.activation_explorer.survey import survey
from weights import Weights

NETWORK = "tf_efficientnet_lite0.packaged_in1k"


def main() -> None:
    """Survey, and write what was found."""
    backbone = Weights(device="cpu", offline=True).backbone(NETWORK)
    pictures, begun = bundled(), time.monotonic()
    *_, found = survey(backbone, pictures)
    seconds = time.monotonic() - begun
    write(found, backbone.card.title, backbone.origin.sentence, seconds)
    print(f"{len(pictures)} pictures in {seconds:.1f} s, {len(found.layers)} layers")


if __name__ == "__main__":
    main()
