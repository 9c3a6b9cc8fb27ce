"""Face identification: who is this, or nobody we know? A gallery, a distance, a threshold."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page and the commands."""
    register(
        name="face-identification",
        title="Face recognition",
        summary="Who is this, or nobody we know? One photo enrols; strangers stay strangers.",
        lesson="Why one among many is harder than one against one, and how a stranger is noticed.",
        picture="picture.webp",
        picture_alt="Two people in one picture: one is recognised and named, one is unknown.",
        build="plugins.face_identification.tab:build",
        order=20,
        icon="◎",
        backbones=("dlib_resnet.faces_v1", "sface_mobilefacenet.*", "*ms1mv3", "finetuned.*"),
        requires=("opencv-python-headless>=4.13",),
        commands={
            "enrol": "plugins.face_identification.command:enrol",
            "encode": "plugins.face_identification.encode_command:encode",
        },
    )
