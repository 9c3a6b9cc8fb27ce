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
        lesson="Why two photos of one person lie close together, and what a threshold costs.",
        picture="picture.webp",
        picture_alt="Two faces, the numbers that a network makes of each, and a sign: not equal.",
        build="plugins.face_verification.tab:build",
        order=10,
        icon="⚖",
        backbones=("dlib_resnet.faces_v1", "sface_mobilefacenet.*", "*ms1mv3", "finetuned.*"),
        requires=("opencv-python-headless>=4.13",),
    )
