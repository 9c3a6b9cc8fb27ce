"""The model that comes with the page: beats of ECG5000, told apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugins.shared.classification.model_file import digest_in
from plugins.signal_classification.learning.model_file import About, load
from plugins.signal_classification.learning.trained import Trained

if TYPE_CHECKING:
    from plugins.shared.classification.training import Outcome

FOLDER = Path(__file__).parents[1] / "recorded"
FILE, CARD = "ecg5000.safetensors", "ecg5000.md"
CLASSES = (
    "normal",
    "R-on-T premature ventricular contraction",
    "premature ventricular contraction",
    "supraventricular premature or ectopic beat",
    "unclassifiable",
)
"""Of ECG5000, in the order of its labels 1 to 5."""


def recorded(folder: Path = FOLDER) -> tuple[Trained, About]:
    """The packaged model, after its digest was checked against its card's.

    Raises:
        ModelFileError: The card or the model is missing, or the model is another one.
    """
    return load(folder / FILE, digest_in(folder / CARD))


def write_card(folder: Path, digest: str, outcome: Outcome, about: About) -> None:
    """Write what the model is, beside it."""
    report, settings = outcome.report, outcome.trained.settings
    classes = "\n".join(
        f"| {name} | {int(row.sum())} | {recall:.3f} |"
        for name, row, recall in zip(CLASSES, report.confusion, report.recall, strict=True)
    )
    measures = "\n".join(f"| {name} | {value:g} |" for name, value in about.figures.items())
    text = f"""# ECG5000: beats told apart

For learning, not for diagnosis. The beats are of one patient; the model knows no other.

- Network: {settings.members} voting ResNet-1D of width {settings.width}, made by this project;
  weights in half precision.
- Input: one channel, {outcome.trained.form.length} samples, each beat with mean 0 and deviation 1.
- Training data: {about.data}. The signals are not part of this project.
- Licence of the weights: {about.licence}.
- Made by: `{about.command}` ({outcome.steps:,} steps, {outcome.seconds:.0f} seconds).
- SHA-256: `{digest}`

| Measure on the test part | |
| --- | --- |
{measures}

| Class | Test beats | Recall |
| --- | --- | --- |
{classes}

Nothing was chosen by the test part. Of the two ways to draw the classes the plain one ships, which
is what published figures are measured with; drawn evenly, each class counts as much as any other.
Rare classes have few examples to learn from (10, 19 and 2), and are often missed: look at the
recall, not at the accuracy alone. The test part that we have lacks one beat of the official 4,500.
"""
    (folder / CARD).write_text(text, encoding="utf-8")
