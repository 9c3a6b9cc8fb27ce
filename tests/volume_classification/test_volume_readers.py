"""The door for volumes and sets: arrays, zips, limits, and what no volume is."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from volume_files import LIMITS, array, lump, nifti, series, stored, zipped

from plugins.volume_classification.data.reader import read_set, read_volume
from plugins.volume_classification.data.units import like_hounsfield
from plugins.volume_classification.data.volume import Volume
from plugins.volume_classification.errors import VolumeError
from plugins.volume_classification.views.ct_windows import presets_of
from plugins.volume_classification.views.projections import projections
from tests.shared.faces import made


def npz(path, **arrays: np.ndarray):
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["u1", ">i2", "f4", "f8", "?"])
def test_arrays_are_read_whatever_their_type_and_order(tmp_path, order, kind):
    values = np.asarray(lump(5, 6, 7) % (2 if kind == "?" else 200), kind, order=order)
    volume = read_volume(stored(tmp_path / "no ending", array(values)), LIMITS)
    assert np.array_equal(volume.values, values.astype(np.float32))
    assert volume.notes == (
        "The file gives no distances between voxels, so they count as cubes of 1 mm.",
    )
    with_channel = read_volume(stored(tmp_path / "a.npy", array(values[None])), LIMITS)
    assert np.array_equal(with_channel.values, volume.values)


def test_the_one_volume_of_an_npz_is_found(tmp_path):
    path = npz(tmp_path / "a.npz", notes=np.arange(3), scan=lump(5, 6, 7))
    volume = read_volume(path, LIMITS)
    assert np.array_equal(volume.values, lump(5, 6, 7)) and volume.name == "a.npz"


def objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (objects(), "Python objects, which are never loaded"),
        (array(lump(3, 4, 5, 6)), "4 dimensions (3 x 4 x 5 x 6)"),
        (array(lump(4, 5)), "no volume: its size is 4 x 5"),
        (array(np.array(3.0)), "a single value"),
        (array(lump(4, 5, 6))[:-5], "ends in part 4 of 4"),
        (array(lump(4, 5, 6))[:20], "its beginning is damaged"),
        (array(lump(4, 5, 6).astype(complex)), "no real numbers but complex128"),
        (array(np.full((4, 5, 6), "a")), "no real numbers but str"),
        (array(np.zeros((4, 5, 6))), "hold one value, 0"),
        (array(lump(1, 5, 6)), "a picture, not a volume"),
        (array(np.zeros((0, 5, 6))), "no volume"),
        (b"", "The file is empty"),
        (b"NRRD0004\ntype: short", "header does not say what it must"),
        (b"MINC of long ago", "a volume in the format MINC"),
        (gzip.compress(gzip.compress(nifti(lump(4, 5, 6)))), "packed with gzip twice"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"hello there", "plain text"),
        (b"PK\x03\x04 and no more", "cut short"),
    ],
)
def test_what_is_no_volume_is_told_why(tmp_path, data, said):
    with pytest.raises(VolumeError) as caught:
        read_volume(stored(tmp_path / "thing", data), LIMITS)
    assert said in caught.value.what and caught.value.where and caught.value.todo


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(VolumeError, match="cannot be opened"):
        read_volume(tmp_path / "gone.nii", LIMITS)


def test_what_a_zip_must_not_hold(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"a.npy": array(lump(4, 5, 6))}).read_bytes()
    with pytest.raises(VolumeError, match="holds another zip and no volume"):
        read_volume(zipped(tmp_path / "a.zip", {"b/inner": inner}), LIMITS)
    with pytest.raises(VolumeError, match=r"a file has a name that leaves the set"):
        read_volume(zipped(tmp_path / "a.zip", {"../a.nii": nifti(lump(4, 5, 6))}), LIMITS)
    with pytest.raises(VolumeError, match="as a zip bomb does"):
        read_volume(zipped(tmp_path / "a.zip", {"a/b.nii": bytes(2**22)}), LIMITS)
    with pytest.raises(VolumeError, match="It is empty"):
        read_volume(zipped(tmp_path / "a.zip", {}), LIMITS)
    with pytest.raises(VolumeError, match="holds 2 volumes"):
        two = {f"{i}.nii": nifti(lump(4, 5, 6)) for i in range(2)}
        read_volume(zipped(tmp_path / "a.zip", two), LIMITS)


def test_one_volume_in_a_zip_is_read(tmp_path):
    path = zipped(tmp_path / "a.zip", {"x/Doe John.nii": nifti(lump(4, 5, 6)), "note": b"hi"})
    volume = read_volume(path, LIMITS)
    assert volume.values.shape == (6, 5, 4) and "Doe" not in f"{volume} {volume.notes}"
    assert "1 other file in the zip: not read." in volume.notes


def test_the_limits_hold(tmp_path):
    small = replace(LIMITS, archive_bytes=5000)
    for name, data in (("a.npy", array(lump(20, 20, 20))), ("a.nii", nifti(lump(20, 20, 20)))):
        with pytest.raises(VolumeError, match="more than the 4.88 KiB"):
            read_volume(stored(tmp_path / name, data), small)
    with pytest.raises(VolumeError, match="more than the 4.88 KiB"):
        read_volume(npz(tmp_path / "a.npz", scan=lump(20, 20, 20)), small)
    many = zipped(
        tmp_path / "a.zip", {f"a/{i}": data for i, data in enumerate(series(lump(5, 9, 9)))}
    )
    with pytest.raises(VolumeError, match="more than the 4 files"):
        read_volume(many, replace(LIMITS, archive_files=4))


def medmnist(size: int = 28, shape: tuple[int, ...] = (), **more: np.ndarray) -> dict:
    sides = shape or (size,) * 3
    made = {}
    for seed, (part, many) in enumerate({"train": 5, "val": 3, "test": 4}.items()):
        made[f"{part}_images"] = (lump(many, *sides, seed=seed) % 256).astype(np.uint8)
        made[f"{part}_labels"] = (np.arange(many) % 2).astype(np.uint8)[:, None]
    return made | more


def test_a_set_like_medmnists_keeps_its_split_and_bytes(tmp_path):
    made = medmnist()
    train, test = read_set(npz(tmp_path / "adrenalmnist3d.npz", **made), LIMITS)
    assert np.array_equal(train.values, made["train_images"]) and train.values.dtype == np.uint8
    assert test.counts.tolist() == [2, 2] and test.classes == ("normal", "hyperplasia")
    assert train.notes == ("Its 3 volumes to validate with were left out.",)
    train, test = read_set(npz(tmp_path / "other.npz", **made), LIMITS, 16)
    assert train.values.shape == (5, 16, 16, 16) and train.classes == ("0", "1")
    assert (
        train.notes[0] == "The volumes of 28 x 28 x 28 voxels were brought to cubes of 16 voxels."
    )
    assert np.isclose(train.values.mean(), made["train_images"].mean(), rtol=0.01)


def test_a_set_like_modelnets_is_read_with_its_numbers_as_bytes(tmp_path):
    values = (lump(6, 12, 12, 12) > 1000).astype(np.int32)
    values[3, 0, 0, 0] = 300
    path = npz(tmp_path / "m.npz", X_train=values, y_train=np.arange(6) % 3, X_test=values[:3],
               y_test=np.array([2.0, 1.0, 0.0]))  # fmt: skip
    train, test = read_set(path, LIMITS)
    assert train.values.dtype == np.float32 and np.array_equal(train.values, values)
    assert test.values.dtype == np.uint8 and test.labels.tolist() == [2, 1, 0]


def test_a_set_that_is_not_divided_with_labels_as_words_and_bad_values(tmp_path):
    values = lump(4, 10, 12, 9).astype(np.float32)
    values[1, 2, 3, 4], values[2] = np.nan, 5
    words = np.array(["cat", "dog", "cat", "dog"])
    found = read_set(npz(tmp_path / "a.npz", images=values, labels=words), LIMITS, 8)
    assert found.classes == ("cat", "dog") and found.labels.tolist() == [0, 1, 0, 1]
    assert np.isfinite(found.values).all() and found.values.shape == (4, 8, 8, 8)
    assert "1 voxel is no number; the volume's lowest value was put in." in found.notes


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (medmnist(shape=(28, 28)), "pictures, not volumes (5 x 28 x 28)"),
        (medmnist(shape=(28, 28, 3)), "pictures in colours, not volumes"),
        (medmnist(test_labels=np.zeros((4, 14), int)), "have 14 labels each"),
        (medmnist(train_labels=np.zeros((7, 1), int)), "5 volumes and 7 labels"),
        (medmnist(train_labels=np.linspace(0, 1, 5)), "no whole numbers"),
        (medmnist(train_images=np.full((5, 9, 9, 9), np.nan)), "None of its voxels"),
        (medmnist(train_images=np.full((5, 9, 9, 9), "a")), "no real numbers"),
        (dict(scan=lump(4, 5, 6)), "no images with labels, but arrays called scan"),
    ],
)  # fmt: skip
def test_other_sets_are_refused_with_words(tmp_path, made, said):
    with pytest.raises(VolumeError) as caught:
        read_set(npz(tmp_path / "a.npz", **made), LIMITS)
    assert said in caught.value.what and caught.value.todo


def folders(tmp_path, prefix: str = "", parts: tuple[str, ...] = ("",), flat: bool = True):
    """Two classes with two NIfTI files, an array and a DICOM series each, of several sizes."""
    files = {}
    for part in parts:
        for c, name in enumerate(("clot", "none")):
            at = f"{prefix}{part}{name}/"
            for i in range(2):
                files[f"{at}{i + 9}.nii"] = nifti(lump(12, 12, 12, seed=c) + 1000 * c)
            files[f"{at}z.npy"] = array(lump(8, 10, 12, seed=c) + 1000 * c)
            for i, data in enumerate(series(lump(6, 10, 10, seed=c) + 500 * c)):
                files[f"{at}{'' if flat else 'patient/'}{i}"] = data
    return zipped(tmp_path / "set.zip", files)


@pytest.mark.parametrize("prefix", ["", "my set/volumes/"])
@pytest.mark.parametrize("flat", [True, False])
def test_a_zip_of_folders_is_a_set_of_one_size(tmp_path, prefix, flat):
    found = read_set(folders(tmp_path, prefix, flat=flat), LIMITS, 16)
    assert found.classes == ("clot", "none") and found.counts.tolist() == [4, 4]
    assert found.values.shape == (8, 16, 16, 16)
    means = np.array([values.mean() for values in found.values])
    assert (means[found.labels == 1] > 1.5 * means[found.labels == 0]).all()
    assert found.names[:2] == ("clot 1", "clot 2")
    assert any(note.startswith("The volumes have 3 sizes (12 x 12 x 12") for note in found.notes)
    assert any("sizes in mm are lost" in note for note in found.notes)


def test_class_names_are_read_in_their_encoding_or_in_the_chosen_one(tmp_path):
    names, volume = ("норма", "тромб"), array(lump(8, 8, 8))
    files = {f"{name}/{i}.npy".encode("cp866"): volume for name in names for i in range(2)}
    path = made.raw_names(tmp_path / "set.zip", files)
    assert read_set(path, LIMITS, 8).classes == names
    chosen = read_set(path, LIMITS, 8, "cp437").classes
    assert set(chosen) == {name.encode("cp866").decode("cp437") for name in names}


def test_of_a_patients_folder_the_longest_series_counts(tmp_path):
    files = {}
    for name in ("clot", "none"):
        for patient in range(2):
            scan = series(lump(6, 9, 9, seed=patient))
            scout = series(lump(2, 9, 9), SeriesInstanceUID="1.2.4")
            for i, data in enumerate([*scout, *scan]):
                files[f"{name}/patient {patient}/{i}"] = data
    found = read_set(zipped(tmp_path / "a.zip", files), LIMITS, 8)
    assert found.counts.tolist() == [2, 2]
    assert "8 other files in the zip: not read." in found.notes


def test_folders_called_train_and_test_divide_the_set(tmp_path):
    parts = ("train/", "val/", "test/")
    train, test = read_set(folders(tmp_path, "x/", parts), LIMITS, 8)
    assert train.counts.tolist() == test.counts.tolist() == [4, 4]
    assert train.classes == test.classes == ("clot", "none")
    assert "The 8 volumes for validation were not read." in train.notes


def test_without_a_size_the_first_volume_gives_it(tmp_path):
    assert read_set(folders(tmp_path), LIMITS).size == 10  # The series comes first: 6 x 10 x 10.


def test_a_set_is_made_smaller_where_the_memory_would_not_suffice(tmp_path, monkeypatch):
    monkeypatch.setattr("plugins.volume_classification.data.cubes.MOST_BYTES", 12 * 28**3)
    train, test = read_set(npz(tmp_path / "a.npz", **medmnist()), LIMITS)
    assert train.size == test.size == 28 and train.values.dtype == np.uint8  # A byte a voxel.
    wide = {key: values * 1.0 for key, values in medmnist().items()}
    train, test = read_set(npz(tmp_path / "b.npz", **wide), LIMITS, 28)
    assert train.size == test.size == 16
    assert "Cubes of 28 voxels would take too much memory, so they have 16." in train.notes
    monkeypatch.setattr("plugins.volume_classification.data.cubes.MOST_BYTES", 8 * 4 * 12**3)
    found = read_set(folders(tmp_path), LIMITS, 64)
    assert found.size == 12 and any("so they have 12" in note for note in found.notes)
    monkeypatch.setattr("plugins.volume_classification.data.cubes.MOST_BYTES", 100)
    with pytest.raises(VolumeError, match="too many to hold at once"):
        read_set(folders(tmp_path), LIMITS)


def test_what_is_no_set(tmp_path):
    with pytest.raises(VolumeError, match="lies in no folder"):
        files = {"a.nii": nifti(lump(4, 5, 6)), "b/c.nii": nifti(lump(4, 5, 6))}
        read_set(zipped(tmp_path / "a.zip", files), LIMITS)
    with pytest.raises(VolumeError, match="one volume, not a labelled set"):
        read_set(stored(tmp_path / "a.nii", nifti(lump(4, 5, 6))), LIMITS)
    with pytest.raises(VolumeError, match="hold one value") as caught:
        files = {"a/1.nii": nifti(lump(4, 5, 6)), "b/2.nii": nifti(np.ones((4, 4, 4), np.int16))}
        read_set(zipped(tmp_path / "a.zip", files), LIMITS)
    assert caught.value.where == "b 1"
    with pytest.raises(VolumeError, match="It is 7"):
        read_set(zipped(tmp_path / "a.zip", files), LIMITS, 7)


def test_a_damaged_file_in_a_zip_is_named_by_its_number(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(2):
            archive.writestr(f"a/Doe John {i}.nii", nifti(lump(8, 8, 8, seed=i)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 + 300] ^= 1
    with pytest.raises(VolumeError, match="damaged here") as caught:
        read_set(stored(path, bytes(data)), LIMITS)
    assert caught.value.where == "file 2 of 2 in the zip" and caught.value.__context__ is None


def test_windows_are_offered_where_values_are_hounsfield_units():
    air = Volume(np.array([-1000.0, 40, 900, 2000], np.float32).reshape(1, 2, 2))
    assert like_hounsfield(air.values) and ("Lung", -1350.0, 150.0) in presets_of(air)
    assert presets_of(Volume(np.arange(8, dtype=np.float32).reshape(2, 2, 2))) == ()


def test_a_bright_voxel_moves_on_a_sine():
    values = np.zeros((20, 30, 40), np.float32)
    values[5, 8, 33] = 1
    angles = np.arange(0, 360, 15)
    found = projections(Volume(values), angles)
    assert found.shape == (24, 20, 53)
    middle = (found.shape[2] - 1) / 2
    columns = [(one.max(0) * np.arange(one.shape[1])).sum() / one.max(0).sum() for one in found]
    turn = np.radians(angles)
    sine = (33 - 19.5) * np.cos(turn) + (8 - 14.5) * np.sin(turn)
    assert np.allclose(np.array(columns) - middle, sine, atol=0.05)
    assert set(found.max(2).argmax(1)) == {14}  # The head is up.


def test_a_projection_has_square_pixels_and_the_lowest_value_around():
    values = lump(10, 12, 12).astype(np.float32) + 50
    found = projections(Volume(values, (3.0, 1.0, 1.0)), [0, 90], most=12**3)
    height, width = found.shape[1:]
    deep, across = 30 / (30 * 144 / 12**3) ** (1 / 3), 12 / (30 * 144 / 12**3) ** (1 / 3)
    assert abs(height - deep) <= 1 and across <= width <= 1.5 * across + 4
    assert found.min() >= 50 and found.max() <= values.max()
