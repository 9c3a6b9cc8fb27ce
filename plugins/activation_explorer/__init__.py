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
        build="plugins.activation_explorer.tab:build",
        order=50,
        icon="▦",
        backbones=("*in1k*", "dlib_resnet.*"),
    )
