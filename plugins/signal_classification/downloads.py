"""What a visitor takes home, and brings again: the trained model, and answers as a table."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.shared.files.csv_files import write_csv
from plugins.shared.files.entries import LabelledError
from plugins.shared.files.file_kinds import plain_name
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import files_in_zip
from plugins.signal_classification.errors import ModelFileError
from plugins.signal_classification.learning.input_form import SCALES
from plugins.signal_classification.session import pool_of
from plugins.signal_classification.wording import title_of
from weights.errors import ParagoneError
from weights.messages import say, spoken

if TYPE_CHECKING:
    from plugins.signal_classification.learning.model_file import About
    from plugins.signal_classification.learning.trained import Trained
    from plugins.signal_classification.session import Answering, Session

MODEL, CARD = "model.safetensors", "README.md"
LAYOUT = "Bring the zip that this page gave you, or the .safetensors file in it."


def write_model(folder: Path, session: Session) -> Path:
    """The visitor's network as a zip: safetensors and a card. No signal is in it.

    Raises:
        ParagoneError: There is none.
    """
    from plugins.signal_classification.learning.model_file import About, to_bytes

    own = session.own
    if own is None or own.trained is None:
        raise ParagoneError("There is no network of yours", todo="Train one first.")
    about = About(own.licence, own.data, "trained on the page", _figures(own))
    path = folder / "signal-model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MODEL, to_bytes(own.trained, about))
        archive.writestr(CARD, card(own.trained, about))
    session.files.append(path)
    return path


def card(trained: Trained, about: About) -> str:
    """What the model is, for people, in Markdown."""
    form = trained.form
    classes = "\n".join(f"- {name}" for name in trained.classes)
    figures = "\n".join(f"| {name} | {value:g} |" for name, value in about.figures.items())
    settings = "\n".join(f"- {name}: {value}" for name, value in trained.settings.plain().items())
    return f"""# {spoken(title_of(trained))}

For learning, not for diagnosis.

- Input: {form.channels} channels of {form.length} samples; {SCALES[form.scale]}.
- Training data: {spoken(about.data)}
- To use it: bring this zip to the page that it came from, “A network from before”.

Classes:

{classes}

| Measure on the test signals | |
| --- | --- |
{figures}

Settings:

{settings}
"""


def _figures(own: Answering) -> dict[str, float]:
    if own.standing is None:
        return own.figures
    report = own.standing.report
    return {
        "accuracy": round(report.accuracy, 4),
        "balanced accuracy": round(report.balanced, 4),
        "majority accuracy": round(report.majority, 4),
        "test signals": int(report.confusion.sum()),
    }


def read_model(path: Path, limits: Limits) -> tuple[Trained, About]:
    """The model in a zip of ours, or in a safetensors file.

    Raises:
        ParagoneError: It is neither, or damaged.
    """
    from plugins.signal_classification.learning.model_file import from_bytes, load

    where = plain_name(path.name)
    if path.suffix.lower() == ".safetensors":
        return load(path)
    try:
        with files_in_zip(path, limits) as entries:
            found = [entry for entry in entries if entry.name.endswith(".safetensors")]
            if len(found) != 1 or found[0].fault:
                raise ModelFileError(
                    "The zip holds no model of this page", where=where, todo=LAYOUT
                )
            return from_bytes(
                found[0].read(), say("{name} in {where}", name=found[0].name, where=where)
            )
    except LabelledError as error:
        raise ModelFileError(error.what, where=error.where, todo=LAYOUT) from error


def write_answers(folder: Path, session: Session) -> Path:
    """The table of signals as CSV: name, answer, probabilities, and the truth where it is known.

    Raises:
        ParagoneError: None was classified.
    """
    pool = pool_of(session)
    if pool is None:
        raise ParagoneError("No signal was classified", todo="Bring a file first.")
    path = folder / "answers.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [["signal", "answer", *(f"p({name})" for name in pool.classes), "truth"]]
        for name, row, truth in zip(pool.names, pool.probabilities, pool.truths, strict=True):
            shares = (f"{share:.4f}" for share in row)
            rows.append([name, pool.classes[int(row.argmax())], *shares, truth])
        write_csv(file, rows)
    session.files.append(path)
    return path
