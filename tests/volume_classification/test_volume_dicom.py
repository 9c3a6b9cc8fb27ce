"""DICOM series: order, gaps, several series, compressions; and that nobody learns whose it is."""

from __future__ import annotations

import io
import logging
import tempfile
import traceback
import warnings
from pathlib import Path

import gdcm
import numpy as np
import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from volume_files import INTERCEPT, LIMITS, SLOPE, dicom, dicom_set, lump, series, stored, zipped

from plugins.volume_classification.data.reader import parts_of, read_set, read_volume
from plugins.volume_classification.errors import VolumeError

NAME, ID, BORN = "Zephyrine^Quillfeather", "PID-7734521", "19510203"
PRIVATE = dict(
    PatientName=NAME, PatientID=ID, PatientBirthDate=BORN, ReferringPhysicianName="Dr^Quillfeather",
    InstitutionName="Quillfeather Clinic", PatientComments=f"{NAME} {ID}",
)  # fmt: skip
SECRETS = ("zephyrine", "quillf", "7734521", BORN)


def read(tmp_path, files: list[bytes], name: str = "any/thing{}"):
    named = {name.format(i): data for i, data in enumerate(files)}
    return read_volume(zipped(tmp_path / "scan.zip", named), LIMITS)


def true(values: np.ndarray) -> np.ndarray:
    return values * SLOPE + INTERCEPT


def test_slices_are_ordered_by_place_and_other_files_are_left_out(tmp_path):
    values = lump(9, 6, 7)
    files = series(values)
    named = {f"CD/a/{(i * 5) % 9}{'' if i % 2 else '.dcm'}": data for i, data in enumerate(files)}
    named |= {"__MACOSX/CD/a/._1": b"x", ".DS_Store": b"x", "CD/README": b"A viewer", "empty": b""}
    named["DICOMDIR"] = dicom(values[0], SOPClassUID=uid.MediaStorageDirectoryStorage, Rows=None)
    volume = read_volume(zipped(tmp_path / "scan.zip", named), LIMITS)
    assert np.array_equal(volume.values, true(values))
    assert np.allclose(volume.spacing, (2.5, 0.5, 0.7)) and volume.oriented
    assert volume.name == "the DICOM series"
    assert "Left out: DICOM files without a picture (1)." in volume.notes
    assert "1 other file in the zip: not read." in volume.notes


def test_coronal_slices_from_back_to_front_come_to_the_same_body(tmp_path):
    values = lump(8, 6, 7)  # To the head, the back, the left.
    files = [
        dicom(
            values[::-1, y], ImagePositionPatient=[0, 3 * y, 7], PixelSpacing=[1, 1],
            ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
        )
        for y in range(6)
    ]  # fmt: skip
    volume = read(tmp_path, files)
    assert np.array_equal(volume.values, true(values)) and volume.spacing == (1, 3, 1)


def test_a_missing_slice_is_put_in_and_said(tmp_path):
    values = lump(10, 6, 6)
    files = series(values)
    del files[4]
    volume = read(tmp_path, files)
    wanted = true(values.astype(float))
    wanted[4] = (wanted[3] + wanted[5]) / 2
    assert np.allclose(volume.values, wanted)
    assert volume.notes[0].startswith("1 slice is missing, between slices 4 and 5 of 9;")


def test_uneven_distances_become_even_and_are_said(tmp_path):
    heights = np.array([0, 2, 4, 6.6, 8, 10])
    values = np.broadcast_to((100 * heights).astype(int)[:, None, None], (6, 5, 5)) + lump(5, 5)
    files = [
        dicom(plane, ImagePositionPatient=[0, 0, z])
        for plane, z in zip(values, heights, strict=True)
    ]
    volume = read(tmp_path, files)
    wanted = true(100 * np.arange(0, 11, 2)[:, None, None] + lump(5, 5).astype(float))
    assert np.allclose(volume.values, wanted, atol=0.5) and np.isclose(volume.spacing[0], 2)
    assert "1.4 to 2.6 mm apart; they were brought to even distances of 2 mm" in volume.notes[0]


def test_too_many_missing_slices_are_refused(tmp_path):
    files = [dicom(lump(5, 5, seed=z), ImagePositionPatient=[0, 0, z]) for z in (0, 1, 2, 50)]
    with pytest.raises(VolumeError, match=r"More of its slices are missing \(47\) than are there"):
        read(tmp_path, files)


def test_the_longest_series_is_read_and_the_others_are_told_of(tmp_path):
    values = lump(7, 6, 6)
    files = series(lump(3, 6, 6, seed=1), SeriesInstanceUID="1.2.4") + series(values)
    files += series(lump(2, 6, 6, seed=2), SeriesInstanceUID="1.2.5")
    files.append(dicom(lump(9, 9), ImagePositionPatient=[0, 0, 1]))
    files.append(dicom(lump(6, 6), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))
    files.append(dicom(lump(6, 18), SamplesPerPixel=3, PhotometricInterpretation="RGB"))
    volume = read(tmp_path, files)
    assert np.array_equal(volume.values, true(values))
    assert volume.notes[:4] == (
        "There are 3 series, of 8, 3 and 2 pictures; the one with 8 was read.",
        "1 picture of the series differs from the others in size or direction and was left out.",
        "Left out: colour pictures (1).",
        "Left out: survey pictures (localisers) (1).",
    )


def test_doubles_are_left_out_and_a_series_in_time_is_said(tmp_path):
    values = lump(5, 6, 6)
    once = read(tmp_path, [*series(values), series(values)[2]])
    assert np.array_equal(once.values, true(values)) and "1 slice lay where" in once.notes[0]
    thrice = read(tmp_path, series(values) * 3)
    assert np.array_equal(thrice.values, true(values))
    assert thrice.notes[0].startswith("In each place there are 3 pictures")


def test_without_places_the_numbers_give_the_order(tmp_path):
    values = lump(6, 5, 5)
    files = [
        dicom(plane, InstanceNumber=i + 1, SpacingBetweenSlices=4) for i, plane in enumerate(values)
    ]
    volume = read(tmp_path, files[::-1])
    assert np.array_equal(volume.values, true(values)) and volume.spacing[0] == 4
    assert "ordered by their numbers" in volume.notes[0]


def test_monochrome1_is_turned_round(tmp_path):
    values = lump(4, 5, 5)
    kinds = dict(PhotometricInterpretation="MONOCHROME1", PixelRepresentation=0)
    volume = read(tmp_path, series(values, **kinds, BitsStored=12, HighBit=11))
    assert np.array_equal(volume.values, true(4095 - values.astype(int)))
    assert any("MONOCHROME1" in note for note in volume.notes)


def enhanced(values: np.ndarray, order: list[int]) -> bytes:
    """One file of many frames, which lie in this order."""

    def group(**tags: object) -> Dataset:
        made = Dataset()
        for name, value in tags.items():
            setattr(made, name, value)
        return made

    def inside(sequence: str, **tags: object) -> dict:
        return {sequence: [group(**tags)]}

    shared = group(
        **inside("PixelMeasuresSequence", PixelSpacing=[0.5, 0.5], SliceThickness=3),
        **inside("PlaneOrientationSequence", ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
        **inside("PixelValueTransformationSequence", RescaleSlope=3, RescaleIntercept=-7),
    )
    frames = [
        group(**inside("PlanePositionSequence", ImagePositionPatient=[0, 0, 1.5 * z]))
        for z in order
    ]
    return dicom(
        values[order], NumberOfFrames=len(order), SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=frames, PixelSpacing=None, ImageOrientationPatient=None,
        RescaleSlope=None, RescaleIntercept=None, **PRIVATE,
    )  # fmt: skip


def test_one_file_of_many_frames_needs_no_zip(tmp_path):
    values = lump(6, 5, 7)
    volume = read_volume(stored(tmp_path / "ct.dcm", enhanced(values, [3, 0, 5, 1, 2, 4])), LIMITS)
    assert np.array_equal(volume.values, values * 3.0 - 7) and volume.spacing == (1.5, 0.5, 0.5)


def compressed(folder: Path, data: bytes, syntax: int) -> bytes:
    """The same file, its pixels packed by gdcm."""
    source, target = str(folder / "plain.dcm"), folder / "packed.dcm"
    Path(source).write_bytes(data)
    reader, change, writer = (
        gdcm.ImageReader(),
        gdcm.ImageChangeTransferSyntax(),
        gdcm.ImageWriter(),
    )
    reader.SetFileName(source)
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFile(reader.GetFile())
    writer.SetFileName(str(target))
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return target.read_bytes()


@pytest.mark.parametrize(
    "name", ["RLELossless", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"]
)
def test_compressed_series_are_read(tmp_path, name):
    values = lump(3, 32, 32)
    syntax = getattr(gdcm.TransferSyntax, name)
    files = [compressed(tmp_path, data, syntax) for data in series(values)]
    assert name in ("RLELossless",) or all(len(data) != len(series(values)[0]) for data in files)
    assert np.array_equal(read(tmp_path, files).values, true(values))


def test_a_compressed_picture_that_aborts_its_decoder_ends_only_that(tmp_path):
    files = [
        compressed(tmp_path, data, gdcm.TransferSyntax.JPEGLSLossless)
        for data in series(lump(3, 32, 32))
    ]
    files[1] = files[1][:-900] + bytes(900)
    with pytest.raises(VolumeError) as caught:
        read(tmp_path, files)
    assert caught.value.where == "slice 2 of 3 in the DICOM series"
    assert "damaged or cut short (JPEG-LS Lossless" in caught.value.what


def test_a_compression_that_is_not_read_is_named(tmp_path):
    packed = dicom_set(lump(5, 5), ImagePositionPatient=[0, 0, 0])
    files = []
    for z in range(3):
        packed.ImagePositionPatient = [0, 0, z]
        packed.file_meta.TransferSyntaxUID = uid.HTJ2KLossless
        packed.PixelData = (
            b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\4\0\0\0abcd\xfe\xff\xdd\xe0\0\0\0\0"
        )
        packed["PixelData"].VR, packed["PixelData"].is_undefined_length = "OB", True
        file = io.BytesIO()
        packed.save_as(file, enforce_file_format=True)
        files.append(file.getvalue())
    with pytest.raises(VolumeError, match="High-Throughput JPEG 2000") as caught:
        read(tmp_path, files)
    assert "Export the series uncompressed" in caught.value.todo


def test_a_slice_that_is_cut_short_is_named_by_its_number(tmp_path):
    files = series(lump(4, 6, 6))
    files[2] = files[2][:-20]
    with pytest.raises(VolumeError, match="damaged or cut short") as caught:
        read(tmp_path, files, "Quillfeather {}")
    assert caught.value.where == "slice 3 of 4 in the DICOM series"


def test_deflated_files_are_not_unpacked(tmp_path):
    made = dicom_set(lump(5, 5))
    made.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    with pytest.raises(VolumeError, match="deflated transfer syntax"):
        read(tmp_path, [file.getvalue()] * 2)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "It is empty"),
        ([b"text"], "It holds no volume"),
        ([dicom(lump(5, 5))], "has one picture"),
        ([dicom(lump(5, 5), ImagePositionPatient=[0, 0, 3])] * 2, "lie in one place"),
        ([dicom(lump(5, 5), Rows=None)], "no picture to read"),
    ],
)
def test_zips_without_a_series_are_refused(tmp_path, files, said):
    with pytest.raises(VolumeError) as caught:
        read(tmp_path, files)
    assert said in caught.value.what and caught.value.todo


def test_two_slices_are_a_volume_and_said_to_be_few(tmp_path):
    volume = read(tmp_path, series(lump(2, 6, 6)))
    assert volume.values.shape == (2, 6, 6)
    assert any(note.startswith("It has 2 slices only") for note in volume.notes)


def spoilt() -> list[tuple[str, list[bytes]]]:
    """Series that can be read, and some that cannot, all full of names."""
    files = series(lump(5, 6, 6), **PRIVATE)
    odd = [data.replace(b"1.2.3\0", b"Quillf") for data in files]  # No identifier: pydicom warns.
    places = [dicom_set(lump(6, 6), **PRIVATE) for _ in range(3)]
    texts = []
    for made in places:
        file = io.BytesIO()
        made.save_as(file, enforce_file_format=True)
        # A name where a number belongs.
        texts.append(file.getvalue().replace(b"0.5\\0.7 ", b"Quillfe "))
    assert all(b"Quillfe " in data for data in texts)
    return [
        ("whole", files),
        ("no identifiers", odd),
        ("a name for a number", texts),
        ("cut short", [*files[:2], files[2][:-30], *files[3:]]),
        ("cut in the header", [data[:700] for data in files]),
        ("one", files[:1]),
        ("frames", [enhanced(lump(4, 5, 5), [0, 1, 2, 3])]),
    ]


@pytest.mark.parametrize(("kind", "files"), spoilt(), ids=[kind for kind, _ in spoilt()])
def test_nobody_learns_whose_it_is(tmp_path, monkeypatch, caplog, capfd, kind, files):
    """Neither from the volume nor from a message, a log, a warning, the console or a file."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    caplog.set_level(logging.DEBUG)
    # A class is called as its folder, which people name themselves.
    named = {f"scans/{NAME} {ID}-{i}.dcm": data for i, data in enumerate(files)}
    source = zipped(tmp_path / "scan.zip", named)
    seen = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for door in (read_volume, read_set):
            try:
                seen.append(door(source, LIMITS))
            except VolumeError as error:
                seen += [error.for_people, "".join(traceback.format_exception(error))]
                seen += [repr(error.__context__), repr(error.__cause__)]
    told = ("notes", "name", "names", "classes", "title")
    text = "\n".join(f"{one!r} {[getattr(one, name, '') for name in told]}" for one in seen)
    text += caplog.text + "".join(str(one.message) for one in warned) + "".join(capfd.readouterr())
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path != source]
    assert seen and left == [] and [s for s in SECRETS if s in text.lower()] == []


def test_directions_that_differ_by_rounding_are_one(tmp_path):
    values, tilt = lump(8, 6, 6), np.radians(12.34567)
    files = []
    for i, plane in enumerate(values):
        turn = tilt + (3e-6 if i % 2 else 0)
        towards = [1, 0, 0, 0, round(float(np.cos(turn)), 7), round(float(np.sin(turn)), 7)]
        place = np.array([0, -np.sin(tilt), np.cos(tilt)]) * 2 * i
        files.append(
            dicom(plane, ImageOrientationPatient=towards, ImagePositionPatient=[*place.round(5)])
        )
    volume = read(tmp_path, files)
    assert volume.values.shape == (8, 6, 6) and np.isclose(volume.spacing[0], 2, rtol=1e-3)
    assert not any("left out" in note for note in volume.notes)


PASSES = {
    "acquisition": ("AcquisitionNumber", (7, 8)),
    "echo": ("EchoNumbers", (1, 2)),
    "moment": ("TemporalPositionIdentifier", (1, 2)),
}


@pytest.mark.parametrize("kind", PASSES)
@pytest.mark.parametrize("mixed", [False, True])
def test_passes_over_one_body_are_never_mixed(tmp_path, kind, mixed):
    tag, numbers = PASSES[kind]
    each = [lump(6, 5, 5, seed=i) for i in (1, 2)]
    files = [series(v, **{tag: n}) for v, n in zip(each, numbers, strict=True)]
    files[1] = files[1][::-1]
    ordered = [f for both in zip(*files, strict=True) for f in both] if mixed else sum(files, [])
    path = zipped(tmp_path / "a.zip", {f"{i}.dcm": f for i, f in enumerate(ordered)})
    with parts_of(path, LIMITS) as parts:
        titles = [part.title for part in parts]
    assert titles == [f"series 1, {kind} {i}: 6 pictures of 5 x 5" for i in (1, 2)]
    for i, values in enumerate(each):
        volume = read_volume(path, LIMITS, i)
        assert np.array_equal(volume.values, true(values))
        assert f"Of those {i + 1} was read, {titles[i]}" in volume.notes[0]


def test_every_series_can_be_chosen(tmp_path):
    longer, other = lump(7, 6, 6), lump(4, 6, 6, seed=1)
    files = series(other, SeriesInstanceUID="1.2.4") + series(longer)
    path = zipped(tmp_path / "a.zip", {f"{i}": f for i, f in enumerate(files)})
    assert np.array_equal(read_volume(path, LIMITS).values, true(longer))
    chosen = read_volume(path, LIMITS, 1)
    assert np.array_equal(chosen.values, true(other))
    assert chosen.notes[0].endswith("of 7 and 4 pictures; the one with 4 was read.")


def test_slices_without_places_lie_where_their_location_says_and_get_no_letters(tmp_path):
    values = lump(6, 5, 5)
    files = [dicom(plane, SliceLocation=-3.0 * i) for i, plane in enumerate(values)]
    volume = read(tmp_path, files)
    assert np.array_equal(volume.values, true(values)[::-1]) and volume.spacing[0] == 3
    assert not volume.oriented and "SliceLocation" in volume.notes[0]


def test_a_stack_ordered_by_numbers_gets_no_letters(tmp_path):
    files = [dicom(plane, InstanceNumber=i) for i, plane in enumerate(lump(6, 5, 5))]
    assert not read(tmp_path, files).oriented


def test_padding_is_nothing_that_was_measured(tmp_path):
    values = lump(5, 6, 6) + 10
    values[:, 0] = -2000
    values[:, 1] = -2010
    volume = read(tmp_path, series(values, PixelPaddingValue=-2000, PixelPaddingRangeLimit=-2010))
    assert np.array_equal(volume.values[:, 2:], true(values)[:, 2:])
    assert (volume.values[:, :2] == true(values)[:, 2:].min()).all()
    assert "33 % of its voxels are padding; they got the lowest value." in volume.notes


def test_a_table_gives_the_values_where_the_file_has_one(tmp_path):
    table = Dataset()
    table.LUTDescriptor = [4, 2, 16]
    table.LUTData = np.array([100, 200, 400, 800], "<u2").tobytes()
    table.ModalityLUTType = "US"
    values = np.arange(36).reshape(4, 3, 3) % 8
    volume = read(tmp_path, series(values, ModalityLUTSequence=[table]))
    assert np.array_equal(volume.values, np.array([100, 200, 400, 800])[np.clip(values - 2, 0, 3)])
    assert any("Modality LUT" in note for note in volume.notes)


def test_a_mosaic_is_taken_apart(tmp_path):
    values = lump(5, 6, 7)
    sheet = np.zeros((18, 21), np.int16)
    for i, plane in enumerate(values):
        sheet[i // 3 * 6 :, i % 3 * 7 :][:6, :7] = plane
    tags = dict(
        Modality="MR", ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"], SpacingBetweenSlices=3.3,
        ImagePositionPatient=[-10, -20, -30], RescaleSlope=None, RescaleIntercept=None,
    )  # fmt: skip
    made = dicom_set(sheet, **tags)
    made.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
    made.add_new(0x0019100A, "US", 5)
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    volume = read_volume(stored(tmp_path / "mosaic.dcm", file.getvalue()), LIMITS)
    assert np.array_equal(volume.values, values) and np.allclose(volume.spacing, (3.3, 0.5, 0.7))
    assert volume.oriented and volume.units == "other"
    assert any("Siemens mosaic" in note for note in volume.notes)


@pytest.mark.parametrize("absolute", [False, True])
def test_a_dose_grid_has_its_own_places_and_scale(tmp_path, absolute):
    values = lump(4, 5, 5).astype(np.uint32) * 100_003
    offsets = [0.0, 2.5, 5.0, 7.5]
    made = dicom_set(
        np.zeros((4, 5, 5)), Modality="RTDOSE", NumberOfFrames=4, DoseGridScaling=2e-7,
        GridFrameOffsetVector=[v + 40 for v in offsets] if absolute else offsets,
        ImagePositionPatient=[0, 0, 40], RescaleSlope=None, RescaleIntercept=None,
        BitsAllocated=32, BitsStored=32, HighBit=31, PixelRepresentation=0,
    )  # fmt: skip
    made.PixelData = values.astype("<u4").tobytes()
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    volume = read_volume(stored(tmp_path / "dose.dcm", file.getvalue()), LIMITS)
    assert np.allclose(volume.values, values * 2e-7, rtol=1e-6) and volume.spacing[0] == 2.5
    assert volume.oriented


def test_a_jpeg_of_12_bits_is_called_what_it_is(tmp_path):
    from pydicom.encaps import encapsulate

    files = []
    for i, plane in enumerate(lump(3, 8, 8)):
        made = dicom_set(
            plane, ImagePositionPatient=[0, 0, i], BitsStored=12, HighBit=11, PixelRepresentation=0
        )
        made.file_meta.TransferSyntaxUID = uid.JPEGExtended12Bit
        made.PixelData = encapsulate([b"\xff\xd8\xff\xc1\x00\x0b\x0c" + bytes(20) + b"\xff\xd9"])
        made["PixelData"].is_undefined_length = True
        file = io.BytesIO()
        made.save_as(file, enforce_file_format=True)
        files.append(file.getvalue())
    with pytest.raises(VolumeError) as caught:
        read(tmp_path, files)
    assert "JPEG" in caught.value.what and "12" in caught.value.what
    assert "uncompressed" in caught.value.todo


def test_values_of_ct_are_hounsfield_units_and_those_of_mr_are_not(tmp_path):
    values = lump(4, 5, 5)
    assert read(tmp_path, series(values)).units == "HU"
    assert read(tmp_path, series(values, Modality="MR")).units == "other"
    bare = series(values, Modality="CT", RescaleSlope=None, RescaleIntercept=None)
    assert read(tmp_path, bare).units == ""
