"""The activation explorer: the patches that excite the units of a ConvNet most."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page."""
    register(
        name="activation-explorer",
        title="What ConvNets learn",
        summary="For every unit of every layer, the nine patches of your pictures that excite it.",
        lesson="What single units look for: first edges, then textures, then parts of things.",
        picture="picture.webp",
        picture_alt="Nine patches that excite one unit, all stripes; and nine of another, arcs.",
        build="plugins.activation_explorer.tab:build",
        order=50,
        icon="▦",
        backbones=("*in1k*", "dlib_resnet.*"),
    )
