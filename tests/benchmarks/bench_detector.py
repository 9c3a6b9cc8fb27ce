"""How many faces are found, and how fast: our detector beside dlib's HOG, in one run.

    python -m tests.benchmarks.bench_detector [--faces FOLDER...] [--nobody FOLDER...]

Bundled portraits, and the faces of the folders if any, are put on grey 120 pixels wide, and spoilt
in the ways that people spoil their photos; then there are crowds with known places, and pictures of
scikit-image without anybody, and those of the folders that show nobody. For each kind it prints how
many of the faces are found, and how many boxes lie where there is none. Then the time a picture at
three sizes, and the process's memory.
"""

from __future__ import annotations

import argparse
import io
import resource
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from skimage import data

from plugins.shared.faces.detect import DETECTOR, FaceDetector, detector
from plugins.shared.faces.examples import load_example
from plugins.shared.files.pictures import Picture, read_picture
from tests.benchmarks.hog import hog
from tests.shared.faces import made, real
from weights import Weights
from weights.errors import ParagoneError

WIDTH, SIDE = 120, 480
GREY = (118, 122, 128)
NOBODY = ("brick", "cell", "chelsea", "coffee", "coins", "colorwheel", "grass", "gravel", "horse")
NOBODY += ("hubble_deep_field", "immunohistochemistry", "logo", "microaneurysms", "moon", "page")
NOBODY += ("retina", "rocket", "text", "clock", "checkerboard", "shepp_logan_phantom")
Spot = tuple[float, float, float, float]


def placed(pixels: np.ndarray, box: Spot) -> tuple[Image.Image, np.ndarray]:
    """A picture with a face so wide in its middle, and the five landmarks' box scaled with it."""
    zoom = WIDTH / (box[2] - box[0])
    image = Image.fromarray(pixels)
    image = image.resize([max(1, round(side * zoom)) for side in image.size], reducing_gap=3)
    canvas = Image.new("RGB", (SIDE, SIDE), GREY)
    left, top = (round(SIDE / 2 - (box[i] + box[i + 2]) / 2 * zoom) for i in (0, 1))
    canvas.paste(image, (left, top))
    return canvas, np.array(box) * zoom + (left, top, left, top)


def masked(image: Image.Image, box: np.ndarray) -> Image.Image:
    left, top, right, bottom = box
    width, nose = right - left, top + 0.55 * (bottom - top)
    points = [(left, nose), ((left + right) / 2, nose - 0.1 * width), (right, nose)]
    points += [(right - 0.1 * width, bottom), (left + 0.1 * width, bottom)]
    ImageDraw.Draw(image).polygon(points, fill=(200, 215, 230))
    return image


def shaded(image: Image.Image, box: np.ndarray) -> Image.Image:
    left, top, right, bottom = box
    width, eyes = right - left, top + 0.38 * (bottom - top)
    draw = ImageDraw.Draw(image)
    for x in (left + 0.28 * width, left + 0.72 * width):
        draw.ellipse((x - 0.2 * width, eyes - 20, x + 0.2 * width, eyes + 20), fill=(15, 15, 15))
    return image


def packed(image: Image.Image, box: np.ndarray) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=5)
    return Image.open(file).convert("RGB")


def scaled(share: float) -> Callable:
    return lambda image, box: image.resize([round(side * share) for side in image.size])


def turned(degrees: float) -> Callable:
    resample = Image.Resampling.BICUBIC
    return lambda image, box: image.rotate(degrees, resample, True, fillcolor=GREY)


def dark(factor: float) -> Callable:
    return lambda image, box: image.point(lambda value: round(value * factor))


SPOILT: dict[str, Callable[[Image.Image, np.ndarray], Image.Image]] = {
    "plain": lambda image, box: image,
    **{f"{width} px wide": scaled(width / WIDTH) for width in (80, 60, 40)},
    **{f"turned by {degrees}": turned(degrees) for degrees in (15, 30, 45, 90, 135, 180, 270)},
    "mask": masked,
    "sunglasses": shaded,
    "left half cut off": lambda image, box: image.crop((SIDE // 2, 0, SIDE, SIDE)),
    "dark x 0.12": dark(0.12),
    "dark x 0.05": dark(0.05),
    "blurred by 4 px": lambda image, box: image.filter(ImageFilter.GaussianBlur(4)),
    "JPEG quality 5": packed,
}


def as_read(image: Image.Image) -> Picture:
    return read_picture(made.encoded(image, "PNG"), "made.png", keep_source=True)


def people(find: FaceDetector, folders: list[Path]) -> list[tuple[Image.Image, np.ndarray]]:
    """Faces to spoil: both portraits, and one picture of each folder below the folders."""
    pictures = [load_example(who) for who in real.WHO]
    for folder in folders:
        for one in sorted(path for path in folder.iterdir() if path.is_dir()):
            first = next(path for path in sorted(one.iterdir()) if path.suffix != ".txt")
            pictures.append(read_picture(first))
    return [placed(p.pixels, faces[0].box) for p in pictures if (faces := find(p))]


def spoilt(find: FaceDetector, faces: list[tuple[Image.Image, np.ndarray]]) -> None:
    print(f"{len(faces)} faces, {WIDTH} px wide: found by HOG and by ours (+ boxes too many)")
    for name, spoil in SPOILT.items():
        found = {"HOG": [], "ours": []}
        for image, box in faces:
            picture = as_read(spoil(image.copy(), box))
            found["HOG"].append(len(hog(picture.pixels)))
            found["ours"].append(len(find(picture)))
        told = [
            f"{who} {sum(n > 0 for n in counts):3} (+{sum(max(0, n - 1) for n in counts)})"
            for who, counts in found.items()
        ]
        print(f"  {name:18} {'   '.join(told)}", flush=True)


def crowd(size: tuple[int, int], width: int, large: int = 0) -> tuple[Image.Image, int]:
    """Portraits so wide in rows, beside one that is larger; and how many they are."""
    canvas, count = Image.new("RGB", size, GREY), 0
    faces = [(real.portrait(who), real.faces(f"{who}_cropped")[0].size) for who in real.WHO]
    pitch, start = round(2.4 * width), round(2.6 * large)
    if large:
        zoom = large / faces[0][1]
        canvas.paste(faces[0][0].resize([round(s * zoom) for s in faces[0][0].size]), (0, 0))
        count += 1
    for top in range(0, size[1] - pitch, pitch):
        for left in range(start, size[0] - pitch, pitch):
            image, wide = faces[count % 2]
            shrunk = [round(side * width / wide) for side in image.size]
            canvas.paste(image.resize(shrunk, reducing_gap=3), (left, top))
            count += 1
    return canvas, count


def crowds(find: FaceDetector) -> None:
    print("crowds: faces found by HOG and by ours, of all")
    kinds = {
        "2000 x 1500, 45 px": ((2000, 1500), 45, 0),
        "the same with one of 300 px": ((2000, 1500), 45, 300),
        "4032 x 3024, 90 px and one of 186": ((4032, 3024), 90, 186),
        "12 000 x 8000, 42 px": ((12_000, 8000), 42, 900),
    }
    for name, (size, width, large) in kinds.items():
        image, count = crowd(size, width, large)
        picture = read_picture(made.encoded(image, "JPEG", quality=92), "c.jpg", keep_source=True)
        start = time.process_time()
        faces = find(picture)
        seconds = time.process_time() - start
        large_enough = sum(face.large for face in faces)
        print(
            f"  {name:34} HOG {len(hog(picture.pixels)):4}   ours {large_enough:4} "
            f"(+{len(faces) - large_enough} smaller) of {count}; {seconds:.1f} s of processor",
            flush=True,
        )


def group(find: FaceDetector, faces: list[tuple[Image.Image, np.ndarray]]) -> None:
    """A photo of 4032 x 3024 with 60 faces of 60 to 150 px, ten in a row."""
    canvas, places = Image.new("RGB", (4032, 3024), GREY), []
    chance = np.random.default_rng(0)
    for i in range(60):
        image, box = faces[i % len(faces)]
        zoom = chance.uniform(60, 150) / WIDTH
        half = round(min(SIDE / 2 * zoom, 195))
        middle = (box.reshape(2, 2).mean(0) * zoom).round().astype(int)
        cut = image.resize([round(SIDE * zoom)] * 2).crop((*(middle - half), *(middle + half)))
        place = np.array((i % 10 * 400 + 200, i // 10 * 500 + 250)) + chance.integers(-5, 6, 2)
        canvas.paste(cut, tuple(place - half))
        places.append(box * zoom + np.tile(place - middle, 2))
    picture = read_picture(made.encoded(canvas, "JPEG", quality=92), "g.jpg", keep_source=True)
    start = time.process_time()
    found = np.array([face.box for face in find(picture)]) / picture.scale
    seconds = time.process_time() - start
    best = [_overlaps(place, found).max() for place in places]
    print(
        f"4032 x 3024 with 60 faces: {len(found)} boxes, {sum(x > 0.5 for x in best)} places "
        f"overlapped by more than a half (least {min(best):.2f}); {seconds:.1f} s of processor; "
        f"HOG {len(hog(picture.pixels))}",
        flush=True,
    )


def _overlaps(place: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with others."""
    low, high = np.maximum(place[:2], boxes[:, :2]), np.minimum(place[2:], boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return shared / (areas + (place[2:] - place[:2]).prod() - shared)


def nobody(find: FaceDetector, folders: list[Path]) -> None:
    pictures: Iterable[Picture] = [
        as_read(Image.fromarray(np.asarray(getattr(data, name)()) * np.uint8(1)).convert("RGB"))
        for name in NOBODY
    ]
    files = [path for folder in folders for path in sorted(folder.rglob("*"))]
    counts, seen = {"HOG": 0, "ours": 0}, 0
    for picture in (*pictures, *_readable(files)):
        seen += 1
        counts["HOG"] += len(hog(picture.pixels))
        counts["ours"] += len(find(picture))
    print(f"{seen} pictures of nobody: HOG {counts['HOG']} boxes, ours {counts['ours']}")


def _readable(paths: list[Path]) -> Iterable[Picture]:
    for path in paths:
        try:
            yield read_picture(path, keep_source=True)
        except ParagoneError:
            continue


def times(find: FaceDetector) -> None:
    print("milliseconds of processor a picture, median of 5: HOG, ours; with a face, and with none")
    whole = Image.fromarray(load_example("eileen_collins").pixels)
    for size in ((450, 450), (1366, 768), (2000, 1500)):
        told = []
        for image in (whole.resize(size), real.landscape(*size)):
            picture = as_read(image)
            for search in (lambda p: hog(p.pixels), find):
                spent = []
                for _ in range(5):
                    start = time.process_time()
                    search(picture)
                    spent.append(1000 * (time.process_time() - start))
                told.append(f"{statistics.median(spent):.0f}")
        print(f"  {size[0]} x {size[1]}: {told[0]}, {told[1]}; none: {told[2]}, {told[3]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faces", type=Path, nargs="*", default=[])
    parser.add_argument("--nobody", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    find = detector(Weights().file(DETECTOR).path)
    times(find)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    faces = people(find, args.faces)
    spoilt(find, faces)
    group(find, faces)
    nobody(find, args.nobody)
    crowds(find)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory: at most {before:.0f} MB before the crowds, {after:.0f} MB in all")


if __name__ == "__main__":
    main()
