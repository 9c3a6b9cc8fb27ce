"""Faces per second of our encoder beside dlib's own, in one run, and how far they differ.

python -m tests.benchmarks.bench_encoder [--faces FOLDER] [--rounds N] [--threads N]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dlib
import numpy as np
import torch
from matplotlib import cbook
from PIL import Image
from skimage import data

from tests.shared.faces import real
from weights import Weights

NAME = "dlib_resnet.faces_v1"
JOHNS = Path(__file__).parents[3] / "shared/data/faces_dlib_johns"
BATCHES = (1, 32)


def aligned_chips(weights: Weights) -> np.ndarray:
    """Two faces from installed packages, aligned, each as it is and mirrored."""
    detector = dlib.get_frontal_face_detector()
    landmarks = dlib.shape_predictor(real.dlib_landmarks())
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        hopper = np.asarray(Image.open(file).convert("RGB"))
    chips = []
    for picture in (data.astronaut(), hopper):
        shape = landmarks(picture, detector(picture, 1)[0])
        chip = dlib.get_face_chip(picture, shape, 150, 0.25)
        chips += [chip, chip[:, ::-1]]
    return np.ascontiguousarray(chips)


def read_chips(folder: Path) -> np.ndarray:
    """The chips of a folder tree, which must be aligned faces of 150 x 150 pixels."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".jpg", ".png"))
    chips = [np.asarray(Image.open(file).convert("RGB")) for file in files]
    odd = [str(f) for f, chip in zip(files, chips, strict=True) if chip.shape != (150, 150, 3)]
    if odd or not chips:
        what = f"{odd[0]} is no chip" if odd else f"{folder} holds no chips"
        sys.exit(f"{what} of 150 x 150 RGB pixels")
    return np.stack(chips)


def per_second(call: Callable[[], object], faces: int) -> float:
    start = time.perf_counter()
    call()
    return faces / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_encoder")
    parser.add_argument("--faces", type=Path, help="folder of aligned 150 x 150 chips")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    weights = Weights()
    backbone = weights.backbone(NAME)
    theirs = dlib.face_recognition_model_v1(str(weights.file(NAME).path))
    folder = options.faces or (JOHNS if JOHNS.is_dir() else None)
    chips = read_chips(folder) if folder else aligned_chips(weights)

    def ours(batch: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return backbone.module(backbone.transform(batch)).cpu().numpy()

    reference = np.array([theirs.compute_face_descriptor(chip) for chip in chips])
    difference = np.abs(ours(chips) - reference).max()

    print(f"{len(chips)} chips from {folder or 'installed packages'}")
    print(f"ours: {weights.device}, {options.threads} threads; dlib-bin {dlib.__version__}: CPU, 1")
    print(f"medians of {options.rounds} turns or more")
    print(f"largest absolute difference: {difference:.2e}\n")
    print("| batch | ours, faces/s | dlib, faces/s | dlib's batch call | ratio | ratio to batch |")
    print("|--:|--:|--:|--:|--:|--:|")
    for size in BATCHES:
        batch = np.ascontiguousarray(np.resize(chips, (size, 150, 150, 3)))
        calls = (
            lambda batch=batch: ours(batch),
            lambda batch=batch: [theirs.compute_face_descriptor(chip) for chip in batch],
            lambda batch=batch: theirs.compute_face_descriptor(list(batch)),
        )
        for call in calls:
            call()
        # The callers take turns, so that whatever else the machine does hits all of them.
        turns = options.rounds * max(1, 8 // size)
        rounds = [[per_second(call, size) for call in calls] for _ in range(turns)]
        mine, single, batched = map(statistics.median, zip(*rounds, strict=True))
        print(
            f"| {size} | {mine:.1f} | {single:.1f} | {batched:.1f} "
            f"| {mine / single:.1f} | {mine / batched:.1f} |"
        )


if __name__ == "__main__":
    main()
