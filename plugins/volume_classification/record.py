"""Train the models that come with the page:

python -m plugins.volume_classification.record phantom [--device cuda]
python -m plugins.volume_classification.record adrenal --data FILE [--device cuda]

FILE is adrenalmnist3d.npz of MedMNIST. The volumes themselves are not kept. The phantom's are made
here, from seeds that are written below.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from plugins.shared.classification.model_file import About, digest_in, halve
from plugins.shared.classification.training import Outcome
from plugins.volume_classification.data.volume_set import VolumeSet
from plugins.volume_classification.learning.metrics import Report, report
from plugins.volume_classification.learning.model_file import save
from plugins.volume_classification.learning.training import Run, fixed_units
from plugins.volume_classification.lesson.packaged_models import (
    ADRENAL,
    FOLDER,
    MODELS,
    recorded,
)
from plugins.volume_classification.lesson.phantom import phantoms
from plugins.volume_classification.settings import Settings

PHANTOM = Settings(slices=5, steps=1500, budget=3600, symmetry="plane", shift=0.03, scaling=0.05)
GLAND = Settings(
    width=8,
    stem=1,
    steps=1500,
    budget=7200,
    rate=2e-3,
    average=0.995,
    smoothing=0.05,
    symmetry="mirror",
    shift=0.06,
    scaling=0.1,
    tilt=15,
)
LEARNT, HELD_OUT = (4000, 1), (2000, 2)
"""How many phantoms, and their seed."""
CLASSES = ("normal", "hyperplasia")
COMMAND = "python -m plugins.volume_classification.record"
GLANDS = (
    "AdrenalMNIST3D of MedMNIST v2, 28 x 28 x 28, official training part: the shapes of 1,188 "
    "adrenal glands. Yang et al., MedMNIST v2 - A large-scale lightweight benchmark for 2D and 3D "
    "biomedical image classification, Scientific Data 10:41, 2023; CC BY 4.0. The shapes come from "
    "Zhongshan Hospital, affiliated to Fudan University, annotated on abdominal CT"
)


def main() -> None:
    """Train, measure, and write the models and their cards."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("phantom", ADRENAL))
    parser.add_argument("--data", type=Path, metavar="FILE", help="adrenalmnist3d.npz")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, help="instead of the usual number")
    parser.add_argument("--budget", type=float, help="seconds at most for each")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to write")
    parser.add_argument(
        "--form",
        action="store_true",
        help="keep the weights; measure anew what the training volumes look like",
    )
    options = parser.parse_args()
    if options.what == ADRENAL and not options.data:
        parser.error("adrenal needs --data FILE")
    options.out.mkdir(parents=True, exist_ok=True)
    limits = {k: v for k, v in vars(options).items() if k in ("steps", "budget") and v}
    command = " ".join([COMMAND, options.what, *(f"--{k} {v:g}" for k, v in limits.items())])
    if options.what == ADRENAL:
        train, _, test = official(options.data)
        about = About("CC-BY-4.0", GLANDS, f"{command} --data adrenalmnist3d.npz")
        recipes = {ADRENAL: GLAND}
    else:
        train, test = phantoms(*LEARNT), phantoms(*HELD_OUT)
        data = f"{LEARNT[0]:,} volumes of our own simulation with seed {LEARNT[1]}"
        about = About("CC0-1.0", data, command)
        names = [name for name in MODELS if name != ADRENAL]
        recipes = {name: replace(PHANTOM, kind=MODELS[name].kind) for name in names}
    for name, settings in recipes.items():
        if options.form:
            remeasure(name, train, options.out)
            continue
        record(name, replace(settings, **limits), (train, test), about, options.device, options.out)


def official(file: Path) -> tuple[VolumeSet, VolumeSet, VolumeSet]:
    """The training, the validation and the test part of a MedMNIST3D file with two classes."""
    with np.load(file, allow_pickle=False) as held:
        found = [
            VolumeSet(
                held[f"{part}_images"],
                held[f"{part}_labels"][:, 0],
                CLASSES,
                title=f"AdrenalMNIST3D, {part}",
            )
            for part in ("train", "val", "test")
        ]
    return found[0], found[1], found[2]


def record(
    name: str,
    settings: Settings,
    sets: tuple[VolumeSet, VolumeSet],
    about: About,
    device: str,
    folder: Path,
) -> None:
    """Train one model, measure it as it is written, and write it with its card."""
    run = Run(settings, sets, device=device)
    for i, progress in enumerate(run.advance()):
        if i % 10 == 0:
            print(f"{name} {progress.share:.0%}  loss {progress.loss:.3f}", flush=True)
    outcome = run.finish()
    trained = outcome.trained
    halve(trained.network)
    judged = report(trained.logits(sets[1].values), sets[1].labels, sets[1].classes)
    figures = {
        "test volumes": len(sets[1]),
        "accuracy": judged.accuracy,
        "balanced accuracy": judged.balanced,
        "majority accuracy": judged.majority,
        "AUC": judged.auc,
        "calibration error": judged.calibration.error,
    }
    figures = {key: round(value, 4) for key, value in figures.items()}
    about = replace(about, figures=figures)
    digest = save(trained, about, folder / f"{name}.safetensors")
    text = card(name, outcome, about, judged, digest, device)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    print(name, figures, digest, flush=True)


def remeasure(name: str, train: VolumeSet, folder: Path) -> None:
    """Write a packaged model anew with the same weights, and with what its training volumes look
    like as they are now measured.
    """
    trained, about = recorded(name, folder)
    file, told = folder / f"{name}.safetensors", folder / f"{name}.md"
    before = digest_in(told)
    form = replace(trained.form, each=not fixed_units(train)).knowing(train.values)
    digest = save(replace(trained, form=form), about, file)
    text = told.read_text(encoding="utf-8").replace(before, digest)
    told.write_text(text, encoding="utf-8")
    print(name, digest, flush=True)


def card(
    name: str, outcome: Outcome, about: About, judged: Report, digest: str, device: str
) -> str:
    """What a model is, in words."""
    trained = outcome.trained
    settings, form = trained.settings, trained.form
    depth = {"2d": "its central slice", "2.5d": f"its {settings.slices} central slices"}
    seen = depth.get(settings.kind, "all of it")
    measures = "\n".join(f"| {key} | {value:g} |" for key, value in about.figures.items())
    classes = "\n".join(
        f"| {label} | {int(row.sum())} | {recall:.3f} |"
        for label, row, recall in zip(trained.classes, judged.confusion, judged.recall, strict=True)
    )
    held = f"{HELD_OUT[0]:,} other volumes with seed {HELD_OUT[1]}"
    test = "the official test part" if name == ADRENAL else held
    where = "a GPU" if device.startswith("cuda") else "a CPU"
    return f"""# {MODELS[name].title}

For learning, not for diagnosis.

- Network: {settings.timm} of timm with {settings.width} kernels in its first stage, from random
  weights{", as its 3-D twin" if settings.kind == "3d" else ""}; made by this project.
- Input: a cube of {form.size} voxels, of which it sees {seen}; values from {form.low:.0f} to
  {form.high:.0f}. It looks {settings.looks} times, turned or mirrored.
- Training data: {about.data}.{"" if name == ADRENAL else " No scan of anybody."}
- Licence of the weights: {about.licence}.
- Made by: `{about.command}` ({outcome.steps:,} steps, {outcome.seconds:.0f} seconds on {where}).
  Another machine rounds otherwise and gives slightly other numbers.
- SHA-256: `{digest}`

Measured on {test}, by which nothing was chosen:

| Measure | |
| --- | --- |
{measures}

| Class | Test volumes | Recall |
| --- | --- | --- |
{classes}
"""


if __name__ == "__main__":
    main()
