"""Volume classification: train 2-D, 2.5-D and 3-D networks on labelled volumes, side by side."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page."""
    register(
        name="volume-classification",
        title="Volume classification",
        summary="A slice cannot tell a nodule from a vessel: 2-D, 2.5-D and 3-D ConvNets side by "
        "side.",
        lesson="What a third dimension shows that no single slice can, and what it costs.",
        picture="picture.webp",
        picture_alt="Three slices through a volume, with a ring around the same round spot.",
        build="plugins.volume_classification.tab:build",
        order=70,
        icon="◈",
        backbones=("tf_efficientnet_lite0.packaged_in1k",),
    )
