"""NRRD, MetaImage, MGH, Analyze and series in time: values, places, and what is wrong."""

from __future__ import annotations

import gzip
import io
import zlib

import nibabel
import numpy as np
import pytest
from volume_files import LIMITS, lump, nifti, stored, zipped

from plugins.volume_classification.data.reader import parts_of, read_volume
from plugins.volume_classification.errors import VolumeError

VALUES = lump(7, 8, 9)  # The fastest axis first; to the left, the back, the head.
BODY = VALUES.transpose(2, 1, 0)
BYTES = VALUES.astype("<i2").tobytes(order="F")


def read(tmp_path, data: bytes, name: str = "scan", part: int = 0):
    return read_volume(stored(tmp_path / name, data), LIMITS, part)


def nrrd(data: bytes = BYTES, **changes: str | None) -> bytes:
    lines = {
        "type": "short", "dimension": "3", "sizes": "7 8 9", "encoding": "raw",
        "endian": "little", "space": "left-posterior-superior",
        "space directions": "(2,0,0) (0,3,0) (0,0,4)", "space origin": "(1,2,3)",
    } | {key.replace("_", " "): value for key, value in changes.items()}  # fmt: skip
    head = "".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None)
    return b"NRRD0005\n# a comment: DOE JOHN\n" + head.encode() + b"who:=DOE JOHN\n\n" + data


def meta(data: bytes = BYTES, **changes: str | None) -> bytes:
    lines = {
        "ObjectType": "Image", "NDims": "3", "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False", "CompressedData": "False",
        "TransformMatrix": "1 0 0 0 1 0 0 0 1", "Offset": "1 2 3", "ElementSpacing": "2 3 4",
        "DimSize": "7 8 9", "ElementType": "MET_SHORT", "ElementDataFile": "LOCAL",
    } | changes  # fmt: skip
    lines["ElementDataFile"] = lines.pop("ElementDataFile")  # It is the last.
    head = "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None)
    return head.encode() + data


def mgz(values: np.ndarray) -> bytes:
    return gzip.compress(nibabel.MGHImage(values, np.diag([-2.0, -3.0, 4.0, 1.0])).to_bytes())


BIG = VALUES.astype(">i2").tobytes(order="F")
GOOD = {
    "nrrd": nrrd(),
    "nrrd, gzip": nrrd(gzip.compress(BYTES), encoding="gzip"),
    "nrrd, big": nrrd(BIG, endian="big"),
    "nrrd, at the end": nrrd(b"something else" + BYTES, byte_skip="-1"),
    "nrrd, RAS": nrrd(space="RAS", space_directions="(-2,0,0) (0,-3,0) (0,0,4)"),
    "nrrd, one channel": nrrd(
        dimension="4", sizes="1 7 8 9", space_directions="none (2,0,0) (0,3,0) (0,0,4)"
    ),
    "mha": meta(),
    "mha, zlib": meta(zlib.compress(BYTES), CompressedData="True"),
    "mha, big": meta(BIG, BinaryDataByteOrderMSB="True"),
    "mha, header": meta(bytes(12) + BYTES, HeaderSize="12"),
    "mgz": mgz(VALUES),
    "mgh": gzip.decompress(mgz(VALUES)),
    "nii": nifti(VALUES, np.diag([-2, -3, 4, 1])),
}


@pytest.mark.parametrize("kind", GOOD)
def test_whatever_the_format_the_body_is_the_same(tmp_path, kind):
    volume = read(tmp_path, GOOD[kind])
    assert np.array_equal(volume.values, BODY)
    assert np.allclose(volume.spacing, (4, 3, 2)) and volume.oriented
    assert "DOE" not in f"{vars(volume)}"


@pytest.mark.parametrize("kind", GOOD)
def test_a_file_that_is_cut_short_is_told(tmp_path, kind):
    whole = GOOD[kind]
    with pytest.raises(VolumeError) as caught:
        read(tmp_path, whole[: len(whole) * 4 // 5])
    assert caught.value.todo
    if kind not in ("nrrd, at the end",):
        assert "ends in" in caught.value.what or "damaged" in caught.value.what


@pytest.mark.parametrize(
    ("data", "turned"),
    [
        (nrrd(space_directions="(0,0,4) (0,3,0) (2,0,0)"), BODY.transpose(2, 1, 0)),
        (nrrd(space_directions="(-2,0,0) (0,3,0) (0,0,4)"), BODY[:, :, ::-1]),
        (meta(TransformMatrix="0 1 0 1 0 0 0 0 1"), BODY.transpose(0, 2, 1)),
        (meta(TransformMatrix="1 0 0 0 -1 0 0 0 -1"), BODY[::-1, ::-1]),
    ],
)
def test_axes_go_where_the_file_says(tmp_path, data, turned):
    assert np.array_equal(read(tmp_path, data).values, turned)


@pytest.mark.parametrize(
    ("data", "spacing"),
    [
        (nrrd(space=None, space_directions=None), (1, 1, 1)),
        (nrrd(space=None, space_directions=None, spacings="2 3 4"), (4, 3, 2)),
        (nrrd(space="scanner-xyz"), (4, 3, 2)),
        (meta(TransformMatrix=None), (4, 3, 2)),
        (meta(TransformMatrix=None, ElementSpacing=None), (1, 1, 1)),
    ],
)
def test_letters_are_given_only_where_the_file_knows_the_sides(tmp_path, data, spacing):
    volume = read(tmp_path, data)
    assert not volume.oriented and volume.spacing == spacing
    assert any("does not say how the patient lies" in note for note in volume.notes)
    assert any("no distances" in note for note in volume.notes) == (spacing == (1, 1, 1))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (nrrd(encoding="bzip2"), "packed in a way that is not read: bzip2"),
        (nrrd(type="block"), "unknown type"),
        (nrrd(sizes="7 8"), "does not say what it must"),
        (nrrd(sizes="7 8 99999"), "A side has 99,999"),
        (nrrd(data_file="scan.raw"), "a volume in two files"),
        (nrrd(dimension="4", sizes="3 7 8 9", kinds="vector space space space"), "several values"),
        (nrrd(space_directions="(0,0,0) (0,3,0) (0,0,4)"), ""),
        (meta(ElementDataFile="scan.raw"), "a volume in two files"),
        (meta(ElementNumberOfChannels="3"), "several values a voxel"),
        (meta(BinaryData="False"), "packed in a way that is not read"),
        (meta(DimSize="7 8 x"), "does not say what it must"),
        (meta(zlib.compress(BYTES)[:-4] + bytes(4), CompressedData="True"), "damaged"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(tmp_path, data, said):
    if not said:
        assert any("cannot be; it was not used" in note for note in read(tmp_path, data).notes)
        return
    with pytest.raises(VolumeError) as caught:
        read(tmp_path, data)
    assert said in caught.value.what and caught.value.todo


def analyze() -> dict[str, bytes]:
    image = nibabel.AnalyzeImage(VALUES, np.diag([2.0, 3.0, 4.0, 1.0]))
    files = image.make_file_map({"header": None, "image": None})
    for one in files.values():
        one.fileobj = io.BytesIO()
    image.to_file_map(files)
    return {"hdr": files["header"].fileobj.getvalue(), "img": files["image"].fileobj.getvalue()}


def pair() -> dict[str, bytes]:
    whole = nifti(VALUES, np.diag([-2, -3, 4, 1]))
    return {"hdr": whole[:344] + b"ni1\0", "img": whole[352:]}


PAIRS = {
    "analyze": {f"a/b/scan.{end}": data for end, data in analyze().items()},
    "nifti": {f"a/Scan.{end}": data for end, data in pair().items()},
    "packed": {"s.hdr": pair()["hdr"], "s.img.gz": gzip.compress(pair()["img"])},
    "mhd": {"m/s.mhd": meta(b"", ElementDataFile="voxels.raw"), "m/voxels.raw": BYTES},
    "nhdr": {"s.nhdr": nrrd(b"", data_file="./s.raw"), "s.raw": BYTES},
}


@pytest.mark.parametrize("kind", PAIRS)
def test_a_volume_in_two_files_is_read_from_a_zip(tmp_path, kind):
    volume = read_volume(zipped(tmp_path / "a.zip", PAIRS[kind]), LIMITS)
    assert np.array_equal(volume.values, BODY) and volume.spacing == (4, 3, 2)
    assert volume.oriented == (kind != "analyze")
    assert not any("not read" in note for note in volume.notes)


def test_a_header_without_its_voxels_is_told(tmp_path):
    for files in PAIRS.values():
        header = dict([next(iter(files.items()))])
        with pytest.raises(VolumeError) as caught:
            read_volume(zipped(tmp_path / "a.zip", header), LIMITS)
        assert "zip" in caught.value.todo.lower()


def test_a_path_in_a_header_leads_nowhere(tmp_path):
    outside = stored(tmp_path / "secret.raw", BYTES)
    header = meta(b"", ElementDataFile=str(outside))
    with pytest.raises(VolumeError, match="two files"):
        read_volume(zipped(tmp_path / "a.zip", {"s.mhd": header}), LIMITS)


@pytest.mark.parametrize("packed", [False, True])
def test_a_series_in_time_is_read_moment_by_moment(tmp_path, packed):
    moments = np.stack([lump(5, 6, 7, seed=i) for i in range(3)], 3)
    data = nifti(moments, np.diag([-1, -1, 1, 1]))
    path = stored(tmp_path / "bold.nii", gzip.compress(data) if packed else data)
    with parts_of(path, LIMITS) as parts:
        assert [part.title for part in parts] == [f"moment {i} of 3" for i in (1, 2, 3)]
    for i in range(3):
        volume = read_volume(path, LIMITS, i)
        assert np.array_equal(volume.values, moments[..., i].transpose(2, 1, 0))
        assert f"3 volumes. Number {i + 1} was read." in volume.notes[0]
    for wrong in (3, -1):
        with pytest.raises(VolumeError, match="part: It is"):
            read_volume(path, LIMITS, wrong)
    inside = zipped(tmp_path / "a.zip", {"b.nii": data})
    assert np.array_equal(read_volume(inside, LIMITS, 2).values, volume.values)


def test_the_qform_counts_where_the_sform_cannot_be(tmp_path):
    image = nibabel.Nifti1Image(VALUES, np.diag([-2, -3, 4, 1]))
    image.set_qform(np.diag([-2, -3, 4, 1]), 1)
    data = image.to_bytes()
    volume = read(tmp_path, data[:280] + bytes(48) + data[328:])  # The rows of the sform.
    assert volume.oriented and np.array_equal(volume.values, BODY)
    assert any("so the qform says how the patient lies" in note for note in volume.notes)
