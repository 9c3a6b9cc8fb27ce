"""Neural style transfer: one picture's content, painted after another's style."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page."""
    register(
        name="style-transfer",
        title="Neural style transfer",
        summary="Paint one picture after another, with the layers of any ConvNet as the judge.",
        build="plugins.style_transfer.tab:build",
        order=40,
        icon="✦",
        backbones=("*in1k",),
    )
