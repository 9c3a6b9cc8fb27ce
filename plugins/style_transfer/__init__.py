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
        lesson="What is content to a network, what is style, and how a picture is optimised.",
        picture="picture.webp",
        picture_alt="A portrait, its left half painted in the manner of The Starry Night.",
        build="plugins.style_transfer.tab:build",
        order=40,
        icon="✦",
        backbones=("*in1k",),
    )
