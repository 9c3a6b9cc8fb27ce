from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile
from serving import run_code

from plugins.shared.files.file_kinds import guess_kind, plain_name, size_text
from plugins.shared.files.pictures import MAX_SIDE, PictureError, read_picture
from tests.shared.faces import made

pytestmark = pytest.mark.usefixtures("nothing_stays_in_the_temp_folder")
ROOT = Path(__file__).parents[3]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def corners(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """The colours in the middle of each quarter, in reading order."""
    height, width = pixels.shape[:2]
    spots = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [tuple(int(v) for v in pixels[spot]) for spot in spots]


def near(found: list[tuple[int, ...]], wanted: list[tuple[int, ...]], tolerance: int) -> bool:
    return bool(np.abs(np.array(found) - np.array(wanted)).max() <= tolerance)


def refused(source, name="holiday.jpg", **options) -> PictureError:
    with pytest.raises(PictureError) as caught:
        read_picture(source, name, **options)
    assert caught.value.where == name
    assert name in caught.value.for_people
    assert caught.value.todo.endswith(".")
    return caught.value


def test_a_picture_carries_pixels_name_digest_and_sizes():
    data = made.encoded(made.scene())
    picture = read_picture(data, "eileen.png")
    assert picture.pixels.dtype == np.uint8 and picture.pixels.shape == (32, 48, 3)
    assert corners(picture.pixels) == [RED, GREEN, BLUE, WHITE]
    assert picture.digest == hashlib.sha256(data).hexdigest()
    assert (picture.name, picture.original_size, picture.scale) == ("eileen.png", (48, 32), 1.0)
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0


def test_every_kind_of_source_gives_the_same_picture(tmp_path):
    data = made.encoded(made.scene())
    path = tmp_path / "eileen.png"
    path.write_bytes(data)
    with path.open("rb") as file:
        pictures = [read_picture(source) for source in (path, str(path), file)]
    assert [p.name for p in pictures] == ["eileen.png"] * 3
    assert len({p.digest for p in (*pictures, read_picture(io.BytesIO(data)))}) == 1
    assert read_picture(data).name == "the picture"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_whichever_way_the_camera_was_held(kind, orientation):
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    picture = read_picture(made.held(orientation, kind, **options))
    assert picture.original_size == (48, 32) and picture.pixels.shape == (32, 48, 3)
    assert near(corners(picture.pixels), [RED, GREEN, BLUE, WHITE], 12)


@pytest.mark.parametrize("orientation", [1, 6, 8])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_large_turned_picture_is_reduced_and_keeps_its_true_size(kind, orientation):
    data = made.held(orientation, kind, made.scene(900, 600))
    picture = read_picture(data, max_side=300)
    assert picture.original_size == (900, 600) and picture.pixels.shape == (200, 300, 3)
    assert picture.scale == pytest.approx(1 / 3)
    assert near(corners(picture.pixels), [RED, GREEN, BLUE, WHITE], 12)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # pytest undoes the module's own filter
def test_broken_exif_is_left_out():
    data = made.encoded(made.scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert near(corners(read_picture(data).pixels), [RED, GREEN, BLUE, WHITE], 40)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "PPM"])
def test_greyscale_becomes_three_equal_channels(kind):
    pixels = read_picture(made.encoded(made.scene().convert("L"), kind)).pixels
    assert np.ptp(pixels.astype(int), axis=2).max() <= 2  # WebP stores grey as colour
    assert near(corners(pixels)[-1:], [WHITE], 2) and corners(pixels)[2][0] < 60


def test_one_bit_palette_and_transparent_palette():
    one_bit = made.scene().convert("L").point(lambda v: 255 * (v > 200)).convert("1")
    black = (0, 0, 0)
    assert corners(read_picture(made.encoded(one_bit)).pixels) == [black, black, black, WHITE]
    palette = made.scene().quantize(4)
    assert corners(read_picture(made.encoded(palette)).pixels) == [RED, GREEN, BLUE, WHITE]
    through = palette.getpixel((1, 1))
    data = made.encoded(palette, transparency=through)
    assert corners(read_picture(data).pixels) == [WHITE, GREEN, BLUE, WHITE]
    data = made.encoded(palette, "GIF", transparency=through)
    assert corners(read_picture(data).pixels) == [WHITE, GREEN, BLUE, WHITE]


def test_a_cmyk_photo_keeps_its_colours():
    cmyk = made.scene().convert("CMYK")
    for data in (made.encoded(cmyk, "JPEG", quality=95), made.encoded(cmyk, "TIFF")):
        assert near(corners(read_picture(data).pixels), [RED, GREEN, BLUE, WHITE], 12)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_transparent_picture_lies_over_white(mode):
    image = made.scene().convert(mode)
    image.putalpha(Image.fromarray(np.repeat(np.uint8([[0], [255]]), 16, 0).repeat(48, 1)))
    found = corners(read_picture(made.encoded(image)).pixels)
    assert found[:2] == [WHITE, WHITE]
    assert found[2] == (BLUE if mode == "RGBA" else (29, 29, 29))
    half = Image.new("RGBA", (40, 40), (0, 0, 0, 128))
    assert near(corners(read_picture(made.encoded(half)).pixels), [(127, 127, 127)] * 4, 1)


def test_a_colour_key_is_transparent_too():
    data = made.encoded(made.scene(), transparency=RED)
    assert corners(read_picture(data).pixels) == [WHITE, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("top", [255, 1023, 4095, 65535])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_deep_grey_is_scaled_by_the_depth_it_uses_and_not_clipped_to_white(top, dtype):
    ramp = np.linspace(0, top, 64).astype(dtype)
    image = Image.fromarray(np.tile(ramp, (32, 1)))
    row = read_picture(made.encoded(image, "TIFF")).pixels[0, :, 0].astype(int)
    assert row[0] == 0 and row[-1] == 255
    assert np.abs(row - np.linspace(0, 255, 64)).max() <= 1


def test_a_16_bit_grey_png_equals_its_8_bit_copy():
    grey = np.tile(np.arange(10, 240, 5, dtype=np.uint8), (20, 1))
    deep = made.encoded(Image.fromarray(grey.astype(np.uint16) * 257))
    assert np.array_equal(read_picture(deep).pixels[..., 0], grey)


def test_floats_of_any_range_and_without_a_number():
    ramp = np.tile(np.linspace(-3, 5, 64, dtype=np.float32), (32, 1))
    ramp[3, 3], ramp[4, 4] = np.nan, np.inf
    row = read_picture(made.encoded(Image.fromarray(ramp), "TIFF")).pixels[0, :, 0]
    assert row[0] == 0 and row[-1] == 255 and 120 < row[32] < 135
    unit = Image.fromarray(np.full((20, 20), 0.5, np.float32))
    assert read_picture(made.encoded(unit, "TIFF")).pixels.max() == 128


def test_a_16_bit_colour_png():
    pixels = np.asarray(made.scene()).astype(np.uint16) * 257
    data = made.deep_colour_png(pixels)
    assert corners(read_picture(data).pixels) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "MPO", "TIFF", "PNG"])
def test_the_first_of_several_frames_is_read(kind):
    frames = {"save_all": True, "append_images": [Image.new("RGB", (48, 32), "black")] * 2}
    data = made.encoded(made.scene(), kind, **frames)
    assert near(corners(read_picture(data).pixels), [RED, GREEN, BLUE, WHITE], 60)


def test_a_colour_profile_is_honoured():
    data = made.encoded(made.scene(), icc_profile=made.swapped_profile())
    assert near(corners(read_picture(data).pixels), [BLUE, GREEN, RED, WHITE], 12)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_broken_or_foreign_profile_is_left_out(mode):
    plain = made.scene().convert(mode)
    wanted = read_picture(made.encoded(plain, "TIFF")).pixels
    for profile in (b"no profile", made.swapped_profile()[:200]):
        data = made.encoded(plain, "TIFF", icc_profile=profile)
        assert np.array_equal(read_picture(data).pixels, wanted)
    if mode != "RGB":  # An RGB profile does not fit these.
        data = made.encoded(plain, "TIFF", icc_profile=made.swapped_profile())
        assert np.array_equal(read_picture(data).pixels, wanted)


def test_a_50_megapixel_photo_is_reduced_while_it_is_decoded(monkeypatch):
    decoded = []
    resize = Image.Image.resize

    def watched(image, *args, **options):
        decoded.append(image.size)
        return resize(image, *args, **options)

    monkeypatch.setattr(Image.Image, "resize", watched)
    photo = made.encoded(Image.new("RGB", (8660, 5773), "teal"), "JPEG")
    picture = read_picture(photo, "wall.jpg")
    assert decoded == [(2165, 1444)]  # a quarter: the whole photo was never in memory
    assert picture.original_size == (8660, 5773)
    assert max(picture.pixels.shape) == MAX_SIDE
    assert picture.scale == pytest.approx(2048 / 8660)


def test_an_empty_file():
    error = refused(b"")
    assert "empty" in error.what and "again" in error.todo


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF"])
def test_a_picture_cut_short(kind):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = made.encoded(Image.fromarray(noise), kind)
    error = refused(data[: len(data) // 2])
    assert "damaged" in error.what and "save it again" in error.todo


def test_a_picture_of_which_only_the_start_is_left():
    error = refused(made.encoded(made.scene(), "JPEG")[:20])
    assert "starts like a JPEG picture" in error.what and "damaged" in error.what


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"Dear Grace,\nthis is no picture.\n", "plain text"),
        ("Grüße aus Köln".encode("utf-16"), "plain text"),
        (b"caf\xc3\xa9 " * 400, "plain text"),
        (b"%PDF-1.7\n%", "a PDF document"),
        (b"PK\x03\x04" + bytes(40), "a zip archive"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "a video"),
        (b"\x1aE\xdf\xa3" + bytes(40), "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a sound"),
        (bytes(range(256)), "data of an unknown kind"),
        (b"caf\xe9", "data of an unknown kind"),
    ],
)
def test_what_is_not_a_picture_is_said_to_be_what_it_seems(data, kind):
    error = refused(data, "holiday.jpg")
    assert "not a picture" in error.what and f"seems to be {kind}" in error.what
    assert "JPEG" in error.todo


def test_heic_has_its_own_advice():
    error = refused(HEIC, "IMG_0001.HEIC")
    assert "HEIC" in error.what and "Export it as JPEG" in error.todo


def test_the_middle_of_a_character_is_no_reason_to_doubt_a_text():
    assert guess_kind("é".encode() * 2000) == guess_kind(b"a" + "é".encode() * 2000) == "plain text"


@pytest.mark.parametrize(
    ("side", "limit", "said"),
    [
        (10_001, 100_000_000, "10,001 × 10,001 pixels, more than the 100,000,000"),
        (50_000, 100_000_000, "more than the 100,000,000 pixels"),
        (50_000, 10**10, "more than the 178,956,970 pixels"),
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side, limit, said, monkeypatch):
    """Also where a host allows more than Pillow does, whose global limit is never touched."""
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    before = Image.MAX_IMAGE_PIXELS
    error = refused(made.bomb_png(side, side), limits=made.Limits(picture_pixels=limit))
    assert "too large" in error.what and said in error.what and "smaller copy" in error.todo
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_file_of_too_many_bytes(tmp_path):
    path = tmp_path / "wall.bmp"
    path.write_bytes(bytes(2**20 + 1))
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        error = refused(source, "wall.bmp", limits=made.Limits())
        assert "larger than the 1 MiB" in error.what and "smaller copy" in error.todo


@pytest.mark.parametrize("size", [(15, 400), (400, 15), (1, 1)])
def test_a_picture_below_16_pixels(size):
    error = refused(made.encoded(Image.new("RGB", size)))
    assert f"too small: {size[0]} × {size[1]}" in error.what and "larger" in error.todo


def test_16_pixels_are_enough():
    assert read_picture(made.encoded(Image.new("RGB", (16, 16)))).pixels.shape == (16, 16, 3)


def test_a_missing_file_and_a_folder(tmp_path):
    error = refused(tmp_path / "gone.jpg", "gone.jpg")
    assert "cannot be opened" in error.what and "No such file" in error.what
    assert str(tmp_path) not in error.for_people
    assert "cannot be opened" in refused(tmp_path, "folder").what


def test_a_name_is_shortened_and_cannot_upset_a_page():
    assert plain_name("C:\\Users\\Grace\\me.jpg") == plain_name("../../me.jpg") == "me.jpg"
    assert plain_name("<img src=x onerror=alert(1)>.jpg") == "_img src=x onerror=alert(1)_.jpg"
    assert plain_name("gpj.\u202eexe\n.png\0") == "gpj.exe.png"
    long = plain_name("a" * 300 + ".jpeg")
    assert len(long) == 60 and long.endswith("a.jpeg") and "…" in long
    assert read_picture(made.encoded(made.scene()), "/tmp/x/名前.png").name == "名前.png"


def test_sizes_as_people_read_them():
    assert [size_text(n) for n in (5, 2048, 3 * 2**19, 2**30)] == [
        "5 bytes",
        "2 KiB",
        "1.5 MiB",
        "1 GiB",
    ]


def test_an_office_document_is_a_zip(tmp_path):
    path = made.zipped(tmp_path / "letter.docx", {"word/a.xml": b"<a/>"}, zipfile.ZIP_STORED)
    assert "a zip archive" in refused(path.read_bytes(), "letter.jpg").what


NOISY = """
import io, warnings
from PIL import Image
from plugins.shared.files.pictures import read_picture, PictureError
from tests.shared.faces import made
def read(data):
    try:
        print(read_picture(data, "x").original_size)
    except PictureError as error:
        print(error)
read(made.encoded(Image.new("1", (9500, 9500))))
read(made.encoded(made.scene(), "JPEG", exif=b"Exif\\0\\0II*\\0\\xff\\xff\\xff\\xff garbage"))
tiff = made.encoded(made.scene(), "TIFF")
read(tiff[:-20])
read(made.encoded(made.scene(), "TIFF", compression="tiff_lzw")[:150])
palette = made.scene().quantize(4)
read(made.encoded(palette, transparency=bytes([0, 128, 255, 255])))
"""


def test_pillow_does_not_warn_on_the_console():
    run = subprocess.run(
        [sys.executable, "-W", "default", "-c", NOISY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert run.stderr == ""
    assert run.stdout.startswith("(9500, 9500)\n(48, 32)\n")


def test_reading_imports_no_heavy_library():
    heavy = {"torch", "gradio", "dlib", "timm", "scipy", "skimage", "matplotlib"}
    code = (
        "import sys, plugins.shared.files.pictures, plugins.shared.files.image_folder;"
        "import plugins.shared.faces.examples;"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    assert run_code(code).strip() == "[]"
