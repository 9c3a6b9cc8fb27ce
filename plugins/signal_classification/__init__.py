"""Signal classification: train a 1-D network on labelled signals, and see what it looks at."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page."""
    register(
        name="signal-classification",
        title="Signal classification",
        summary="A ConvNet in one dimension: train it on signals, draw one, and see what it sees.",
        lesson="That convolution needs no picture: it reads heartbeats, and shows why.",
        picture="picture.webp",
        picture_alt="A heartbeat as a curve, coloured by how much each part speaks for the answer.",
        build="plugins.signal_classification.tab:build",
        order=60,
        icon="∿",
    )
