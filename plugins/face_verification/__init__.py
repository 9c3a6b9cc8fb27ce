"""Face verification: two pictures, one network, one distance, one threshold."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page."""
    register(
        name="face-verification",
        title="Face verification",
        summary="Are these two faces one person? Two encodings, a distance, a threshold.",
        build="plugins.face_verification.tab:build",
        order=10,
        icon="⚖",
        backbones=("dlib_resnet.faces_v1", "*ms1mv3", "finetuned.*"),
        requires=("dlib-bin>=19.24",),
    )
