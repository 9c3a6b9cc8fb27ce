"""NIfTI: which way is up, values, spacing, and what is wrong with a file."""

from __future__ import annotations

import gzip

import nibabel
import numpy as np
import pytest
from nibabel import orientations
from volume_files import LIMITS, lump, nifti, stored

from plugins.volume_classification.data.reader import read_volume
from plugins.volume_classification.errors import VolumeError


def read(tmp_path, data: bytes, name: str = "scan.nii"):
    return read_volume(stored(tmp_path / name, data), LIMITS)


def oriented(codes: str) -> nibabel.Nifti1Image:
    """One and the same body, its file's axes going where the letters say."""
    image = nibabel.Nifti1Image(lump(7, 8, 9), np.diag([2.0, 3.0, 4.0, 1.0]))
    wanted = orientations.axcodes2ornt(tuple(codes))
    found = orientations.io_orientation(image.affine)
    return image.as_reoriented(orientations.ornt_transform(found, wanted))


@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAS", "PIR", "SAR", "ASL"])
def test_whichever_way_the_file_goes_depth_is_to_the_head(tmp_path, codes):
    volume = read(tmp_path, oriented(codes).to_bytes())
    body = lump(7, 8, 9)  # To the right, the front, the head.
    assert np.array_equal(volume.values, body[::-1, ::-1].transpose(2, 1, 0))
    assert np.allclose(volume.spacing, (4, 3, 2)) and volume.oriented
    assert any("no cubes: 4 x 3 x 2 mm" in note for note in volume.notes)


def test_an_oblique_body_is_not_turned_but_told_of(tmp_path):
    angle = np.radians(25)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    volume = read(tmp_path, nifti(lump(7, 8, 9), turn @ np.diag([2, 2, 2, 1])))
    assert np.allclose(volume.spacing, 2) and "oblique in the patient, by 25" in volume.notes[0]


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
def test_slope_and_intercept_count_in_either_format_and_byte_order(tmp_path, kind, order):
    header = kind.header_class(endianness=order)
    header.set_data_dtype(np.int16)
    data = kind(lump(6, 7, 8) * 0.5 - 20, np.diag([-1, -1, 1, 1]), header).to_bytes()
    theirs = kind.from_bytes(data)
    assert theirs.dataobj.slope not in (0, 1) and theirs.header.endianness == order
    volume = read(tmp_path, gzip.compress(data), "no ending")
    assert np.allclose(volume.values, theirs.get_fdata().transpose(2, 1, 0), atol=1e-3)


def test_a_file_that_does_not_say_how_the_patient_lies_stays_as_it_is(tmp_path):
    image = nibabel.Nifti1Image(lump(5, 6, 7), None)
    image.header["pixdim"][1:4] = 0
    volume = read(tmp_path, image.to_bytes())
    assert np.array_equal(volume.values, lump(5, 6, 7).transpose(2, 1, 0))
    assert not volume.oriented and volume.spacing == (1, 1, 1)
    assert [note.split(",")[0] for note in volume.notes] == [
        "The file does not say how the patient lies", "The file gives no distances between voxels",
    ]  # fmt: skip


def test_metres_and_micrometres_are_lengths_too(tmp_path):
    for unit, scale in (("meter", 1000), ("micron", 0.001)):
        image = nibabel.Nifti1Image(lump(5, 6, 7), np.diag([-2, -2, 3, 1]))
        image.header.set_xyzt_units(unit)
        assert np.allclose(read(tmp_path, image.to_bytes()).spacing, np.array([3, 2, 2]) * scale)


def test_what_is_no_number_becomes_the_lowest_value_and_is_counted(tmp_path):
    values = lump(6, 6, 6).astype(np.float32) - 500
    values[..., 0], values[2, 3, 4] = np.nan, np.inf
    volume = read(tmp_path, nifti(values, np.diag([-1, -1, 1, 1])))
    sound = np.where(np.isfinite(values), values, np.nanmin(values[np.isfinite(values)]))
    assert np.array_equal(volume.values, sound.transpose(2, 1, 0))
    assert volume.notes == ("37 voxels are no numbers (17 %); the lowest value was put in.",)


def test_a_series_of_one_volume_is_one(tmp_path):
    assert read(tmp_path, nifti(lump(5, 6, 7, 1))).values.shape == (7, 6, 5)


RGB = np.zeros((4, 4, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
GOOD = nifti(lump(8, 8, 8))
PACKED = gzip.compress(GOOD)


def changed(start: int, new: bytes) -> bytes:
    return GOOD[:start] + new + GOOD[start + len(new) :]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (nifti(lump(1, 6, 7, 3)), "4 dimensions (1 x 6 x 7 x 3): a series of pictures"),
        (nifti(lump(5, 6, 7, 1, 3)), "several values a voxel (5 x 6 x 7 x 1 x 3)"),
        (nifti(RGB), "voxels are colours"),
        (nifti(lump(4, 4, 4).astype(np.complex64)), "complex numbers"),
        (GOOD[:-100], "ends in slice 8 of 8"),
        (GOOD[:200], "ends in its header"),
        (PACKED[:-700], "ends in"),
        (PACKED[:-8] + bytes(4) + PACKED[-4:], "packing (gzip) is damaged in its checksum"),
        (PACKED[:20] + bytes(9) + PACKED[29:], "no volume that can be read"),
        (changed(344, b"abc\0"), "begins like NIfTI but does not say"),
        (changed(344, b"ni1\0"), ".hdr and .img"),
        (changed(70, (9999).to_bytes(2, "little")), "unknown type"),
        (changed(108, np.float32(1e12).tobytes()), "begin where they cannot"),
        (changed(42, (32767).to_bytes(2, "little") * 3), "A side has 32,767 voxels"),
        (changed(42, (-3).to_bytes(2, "little", signed=True)), "no volume: its size is -3"),
        (changed(40, (0).to_bytes(2, "little")), "a single value"),
        (nifti(np.full((5, 5, 5), 7, np.int16)), "one value, 7"),
        (nifti(np.full((5, 5, 5), np.nan, np.float32)), "None of its voxels"),
        (nifti(lump(5, 5, 1)), "a picture, not a volume"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_to_do(tmp_path, data, said):
    with pytest.raises(VolumeError) as caught:
        read(tmp_path, data)
    assert said in caught.value.what and caught.value.todo and caught.value.where == "scan.nii"


def test_the_texts_of_a_header_are_not_looked_at(tmp_path):
    image = nibabel.Nifti1Image(lump(5, 6, 7), np.eye(4))
    image.header["descrip"], image.header["db_name"] = b"DOE JOHN 1950", b"DOE"
    volume = read(tmp_path, image.to_bytes())
    assert "DOE" not in f"{volume!r} {volume.notes} {vars(volume)}"
