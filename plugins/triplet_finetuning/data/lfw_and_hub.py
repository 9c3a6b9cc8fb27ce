"""Pictures from elsewhere: Labelled Faces in the Wild through scikit-learn, and image datasets on
the Hub: folders of pictures, or parquet tables with an image and a label column.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from plugins.shared.faces.detect import Face
from plugins.shared.files.image_folder import PICTURES, Labelled, LabelledSet, Skipped
from plugins.shared.files.limits import Limits
from plugins.shared.files.pictures import Picture
from plugins.triplet_finetuning.data.folder import read_set
from plugins.triplet_finetuning.data.picture_set import PictureSet
from weights.errors import ParagoneError
from weights.hub import Hub
from weights.messages import say
from weights.refusals import translated

Steps = Iterator[tuple[int, int] | PictureSet]
Find = Callable[[Picture], tuple[Face, ...]]
T = TypeVar("T")
MOST = 5000
"""Pictures that are taken of a dataset."""
LFW_SOURCE = "Labelled Faces in the Wild (Huang et al. 2007), people with ten photos or more"


class DatasetError(ParagoneError):
    """A dataset that cannot be had, or is none of labelled pictures."""


def lfw_pictures(alignment: str, detector: Find, offline: bool, limits: Limits) -> Steps:
    """People of LFW with ten photos or more, fetched once by scikit-learn.

    Raises:
        DatasetError: It cannot be fetched here.
    """
    from sklearn.datasets import fetch_lfw_people

    try:
        found = fetch_lfw_people(
            min_faces_per_person=10,
            color=True,
            resize=1.0,
            slice_=None,
            download_if_missing=not offline,
            n_retries=1,
        )
    except Exception as error:  # Whatever goes wrong on the way: web, disk, a changed file.
        what = say(
            "Labelled Faces in the Wild cannot be fetched ({name__})", name__=type(error).__name__
        )
        todo = "Check the connection, or bring the pictures as a zip."
        raise DatasetError(what, where="scikit-learn's fetcher", todo=todo) from error
    top = 255 if found.images.max() <= 1 else 1
    names = tuple(str(name) for name in found.target_names)
    rows = [
        (names[label], f"{names[label]}/{i:05d}.png", _png(np.uint8(np.round(pixels * top))))
        for i, (pixels, label) in enumerate(zip(found.images[:MOST], found.target, strict=False))
    ]
    yield from read_set(_set("LFW", rows, ()), alignment, detector, limits)


def hub_pictures(dataset: str, alignment: str, detector: Find, limits: Limits) -> Steps:
    """An image dataset on the Hub: the first 5,000 labelled pictures of its training part.

    Args:
        dataset: "owner/name".

    Raises:
        DatasetError: It is none of pictures with labels, or the name cannot be one.
        HubError: It cannot be had; the subclass says why.
    """
    import huggingface_hub as client

    hub, name = Hub(), dataset.strip().strip("/")
    if name.count("/") != 1 or not all(name.split("/")):
        todo = "Write it as owner/name, such as ylecun/mnist."
        raise DatasetError(
            say("{name} is no name of a dataset", name=repr(name)), where="dataset", todo=todo
        )
    if hub.offline:
        todo = "Unset HF_HUB_OFFLINE, or bring the pictures as a zip."
        raise DatasetError("The Hub is not asked: offline mode is on", where=name, todo=todo)

    def ask(call: Callable[[], T]) -> T:
        return translated(call, name, hub.endpoint)

    def file(path: str) -> Path:
        get = client.hf_hub_download
        return Path(ask(lambda: get(name, path, repo_type="dataset", endpoint=hub.endpoint)))

    api = client.HfApi(endpoint=hub.endpoint)
    listed = ask(lambda: api.list_repo_files(name, repo_type="dataset"))
    tables = _training([path for path in listed if path.endswith(".parquet")])
    if tables:
        rows, skipped = _rows_of_tables([file(path) for path in tables], name)
    else:
        paths = _training([p for p in listed if PurePosixPath(p).suffix.lower() in PICTURES])
        labelled = [path for path in paths if len(PurePosixPath(path).parts) > 1]
        if not labelled:
            what = "It holds neither parquet tables nor folders of pictures"
            raise DatasetError(what, where=name, todo="Choose an image classification dataset.")
        skipped = [Skipped(p, "lies in no folder") for p in paths if p not in set(labelled)]
        rows = [
            (PurePosixPath(path).parent.name, path, lambda path=path: file(path).read_bytes())
            for path in _taken(labelled)
        ]
    yield from read_set(_set(name, rows, skipped), alignment, detector, limits)


def _training(paths: list[str]) -> list[str]:
    """The training part of a dataset, where its files say which that is."""
    return sorted([path for path in paths if "train" in path.lower()] or paths)


def _taken(paths: list[str]) -> list[str]:
    """At most `MOST`, evenly over the list, so that every folder has some."""
    if len(paths) <= MOST:
        return paths
    return [paths[i] for i in np.linspace(0, len(paths) - 1, MOST).astype(int)]


def _rows_of_tables(files: list[Path], name: str) -> tuple[list[tuple], list[Skipped]]:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        todo = "Run: pip install pyarrow"
        raise DatasetError("Its tables need the package pyarrow", where=name, todo=todo) from error
    rows: list[tuple] = []
    for path in files:
        try:
            table = parquet.ParquetFile(path)
            image, label, words = _columns(table.schema_arrow, name)
            for batch in table.iter_batches(256, columns=[image, label]):
                for cell, answer in zip(*(column.to_pylist() for column in batch), strict=True):
                    if cell is None or answer is None or not cell.get("bytes"):
                        continue
                    who = words[answer] if words else str(answer)
                    rows.append((who, f"{who}/{len(rows):05d}", cell["bytes"]))
                    if len(rows) == MOST:
                        return rows, []
        except (OSError, ValueError, IndexError) as error:
            what = say("A table of it cannot be read ({name__})", name__=type(error).__name__)
            raise DatasetError(what, where=path.name, todo="Choose another dataset.") from error
    return rows, []


def _columns(schema: Any, name: str) -> tuple[str, str, list[str]]:
    """The columns with the picture and the label, and the labels' names where they are numbers."""
    known = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    features = known.get("info", {}).get("features", {})
    kinds = {column: str(schema.field(column).type) for column in schema.names}
    images = [column for column, kind in kinds.items() if "bytes: binary" in kind]
    classes = [c for c, f in features.items() if isinstance(f, dict) and "names" in f]
    usual = [c for c in ("label", "labels", "identity", "person", "class") if c in kinds]
    if not images:
        todo = "Choose an image classification dataset."
        raise DatasetError("It has no column of pictures", where=name, todo=todo)
    if not (classes or usual):
        what = say("It has no column of labels; its columns are {kinds}", kinds=", ".join(kinds))
        raise DatasetError(what, where=name, todo="Choose an image classification dataset.")
    label = (classes or usual)[0]
    return images[0], label, list(features.get(label, {}).get("names", []))


def _set(title: str, rows: list[tuple], skipped: Any) -> LabelledSet:
    items = tuple(
        Labelled(who, path, data if callable(data) else lambda data=data: data)
        for who, path, data in rows
    )
    return LabelledSet(items, tuple(sorted({item.person for item in items})), tuple(skipped), title)


def _png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
