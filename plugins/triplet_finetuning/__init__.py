"""Triplet fine-tuning: train a comparison, and watch it learn."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page and the command."""
    register(
        name="triplet-finetuning",
        title="Triplet fine-tuning",
        summary="Train a comparison on your own pictures, and see the triplets it learns from.",
        lesson="How a network learns to compare: pull positives near, push negatives off.",
        picture="picture.webp",
        picture_alt="Three pictures: one chandelier is drawn to another, an okapi pushed away.",
        build="plugins.triplet_finetuning.tab:build",
        order=30,
        icon="△",
        backbones=("dlib_resnet.faces_v1", "*ms1mv3", "*in1k"),
        requires=("pytorch-metric-learning>=2.8", "scikit-learn>=1.5"),
        commands={"finetune": "plugins.triplet_finetuning.command:finetune"},
    )
