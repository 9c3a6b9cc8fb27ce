"""Record the run that the page opens with: `python -m plugins.triplet_finetuning.record`."""

from __future__ import annotations

from plugins.triplet_finetuning.data.digits import HELD_OUT, digits
from plugins.triplet_finetuning.data.split import split
from plugins.triplet_finetuning.recorded import write
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.encoder import encode
from plugins.triplet_finetuning.training.run import Run


def main() -> None:
    """Train on the digits 0 to 6, hard beside random triplets, and write the files."""
    settings = Settings()
    run = Run(settings, *split(digits(), 0.3, settings.seed, HELD_OUT), rival=True)
    telling = None
    for _ in run.advance():
        scene = run.track.scene
        if scene and scene.hardest and scene.hardest[0].loss > 0 and run.learnt > 60:
            telling = scene  # The last one that still had something to teach.
    outcome = run.finish()
    run.track.scene = telling or run.track.scene
    write(run, outcome, encode(outcome.encoder, run.pictures.chips))
    print(outcome.report.figures(), f"{outcome.pace:.1f} steps a second")


if __name__ == "__main__":
    main()
