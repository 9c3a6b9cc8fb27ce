"""Our own plug-ins. They enter by the same door as anybody else's."""

DEFAULT_PLUGINS = (
    "plugins.face_verification",
    "plugins.face_identification",
    "plugins.triplet_finetuning",
    "plugins.style_transfer",
    "plugins.activation_explorer",
    "plugins.signal_classification",
    "plugins.volume_classification",
)
