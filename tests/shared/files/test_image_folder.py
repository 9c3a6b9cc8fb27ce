from __future__ import annotations

import os
import stat
import struct
import threading
import tracemalloc
import zipfile
from dataclasses import replace

import pytest

from plugins.shared.files.image_folder import (
    LabelledError,
    LabelledSet,
    check_for_pairs,
    open_labelled,
)
from plugins.shared.files.pictures import PictureError, read_picture
from tests.shared.faces import made

pytestmark = pytest.mark.usefixtures("nothing_stays_in_the_temp_folder")
LIMITS = made.Limits()
TWO = made.face_set({"anna": 2, "bob": 2})
PICTURE = TWO["anna/0.png"]


@pytest.fixture(params=["zip", "folder"])
def laid_out(request, tmp_path):
    """Lays files out as a zip or as a folder tree."""

    def lay_out(files, name="faces"):
        if request.param == "zip":
            return made.zipped(tmp_path / f"{name}.zip", files)
        root = tmp_path / name
        root.mkdir()
        return made.folder(root, files)

    return lay_out


def opened(source, limits=LIMITS) -> LabelledSet:
    with open_labelled(source, limits) as labelled:
        return labelled


def reasons(labelled: LabelledSet) -> dict[str, str]:
    return {file.name: file.why for file in labelled.skipped}


def refused(source, limits=LIMITS) -> LabelledError:
    with pytest.raises(LabelledError) as caught, open_labelled(source, limits):
        pytest.fail("it was opened")
    assert caught.value.where == source.name and source.name in caught.value.for_people
    assert caught.value.todo.endswith(".")
    return caught.value


def reading_fails(source, name, limits=LIMITS) -> LabelledError:
    with open_labelled(source, limits) as labelled:
        (item,) = (item for item in labelled.items if item.name == name)
        with pytest.raises(LabelledError) as caught:
            item.read()
        others = [other for other in labelled.items if other is not item]
        assert others and all(other.read() == PICTURE for other in others)
    assert caught.value.where == f"{name} in {source.name}"
    assert caught.value.todo.endswith(".")
    return caught.value


# What a good set gives


def test_a_folder_a_person(laid_out):
    source = laid_out(made.face_set({"bob": 1, "anna": 3, "Carl": 2}))
    with open_labelled(source, LIMITS) as labelled:
        assert labelled.people == ("anna", "bob", "Carl")
        assert [(item.person, item.name) for item in labelled.items] == [
            ("Carl", "Carl/0.png"),
            ("Carl", "Carl/1.png"),
            ("anna", "anna/0.png"),
            ("anna", "anna/1.png"),
            ("anna", "anna/2.png"),
            ("bob", "bob/0.png"),
        ]
        assert labelled.skipped == () and labelled.title == source.name
        assert (labelled.genuine_pairs, labelled.impostor_pairs) == (3 + 1 + 0, 15 - 4)
        check_for_pairs(labelled)
        pixels = read_picture(labelled.items[0].read(), labelled.items[0].name).pixels
        assert pixels.shape == (32, 48, 3) and tuple(pixels[0, 0]) == (255, 0, 0)


@pytest.mark.parametrize("top", ["set/", "set/people/pics/"])
def test_folders_above_all_pictures_do_not_count(laid_out, top):
    labelled = opened(laid_out(made.face_set({"anna": 2, "bob": 1}, top)))
    assert labelled.people == ("anna", "bob") and not labelled.skipped
    assert labelled.items[0].name == f"{top}anna/0.png"


def test_one_name_in_two_places_keeps_what_tells_them_apart(laid_out):
    files = made.face_set({"anna": 1, "bob": 1}, "set/lab/") | made.face_set(
        {"anna": 1}, "set/web/"
    )
    labelled = opened(laid_out(files))
    assert labelled.people == ("bob", "lab/anna", "web/anna")
    assert labelled.genuine_pairs == 0


def test_a_name_above_itself_still_ends_apart(laid_out):
    files = made.face_set({"x/anna": 1, "y/x/anna": 1, "anna": 1})
    assert opened(laid_out(files)).people == ("anna", "x/anna", "y/x/anna")


def test_what_systems_leave_behind_is_passed_over_in_silence(laid_out):
    litter = ["__MACOSX/anna/._0.png", "anna/.DS_Store", "bob/Thumbs.db", "anna/desktop.ini"]
    labelled = opened(laid_out(TWO | dict.fromkeys([*litter, ".git/HEAD"], b"x")))
    assert labelled.people == ("anna", "bob") and labelled.skipped == ()


def test_litter_does_not_count_as_files(tmp_path):
    litter = {f"__MACOSX/anna/._{i}.png": b"x" for i in range(60)}
    assert opened(made.zipped(tmp_path / "mac.zip", TWO | litter)).people == ("anna", "bob")


def test_other_files_are_named_with_the_reason(laid_out):
    extra = {
        "anna/notes.txt": b"hello",
        "bob/old.zip": b"PK\x05\x06" + bytes(18),
        "bob/empty.jpg": b"",
        "cover.jpg": PICTURE,
    }
    found = reasons(opened(laid_out(TWO | extra)))
    assert list(found) == ["anna/notes.txt", "bob/empty.jpg", "bob/old.zip", "cover.jpg"]
    assert "no picture" in found["anna/notes.txt"] and "is empty" in found["bob/empty.jpg"]
    assert "archive inside" in found["bob/old.zip"]
    assert "beside the people's folders" in found["cover.jpg"]


def test_names_that_differ_only_in_capitals_are_one(laid_out):
    files = TWO | {"ANNA/0.PNG": PICTURE, "Anna/7.png": PICTURE}
    labelled = opened(laid_out(files))
    assert labelled.people == ("ANNA", "bob")
    assert {item.name for item in labelled.items if item.person == "ANNA"} == {
        "ANNA/0.PNG",
        "Anna/7.png",
        "anna/1.png",
    }
    assert "same name as ANNA/0.PNG" in reasons(labelled)["anna/0.png"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_that_holds_one_name_twice(tmp_path):
    path = made.zipped(tmp_path / "faces.zip", TWO)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("anna/0.png", b"another")
    labelled = opened(path)
    assert len(labelled.items) == 4 and "same name" in reasons(labelled)["anna/0.png"]


@pytest.mark.parametrize("spelling", ["用户/张伟", "José", "Zoë"])
def test_names_in_any_script(laid_out, spelling):
    labelled = opened(laid_out({f"{spelling}/1.png": PICTURE, "bob/1.png": PICTURE}))
    assert set(labelled.people) == {spelling.rpartition("/")[2], "bob"}


@pytest.mark.parametrize(
    ("names", "coding"),
    [(["张伟", "王芳"], "gb2312"), (["张伟", "José"], "utf-8"), (["Jürgen", "Zoë"], "cp437")],
)
def test_old_zips_that_do_not_say_how_names_are_written(tmp_path, names, coding):
    files = {f"{name}/photo.png".encode(coding): PICTURE for name in names}
    with open_labelled(made.raw_names(tmp_path / "old.zip", files), LIMITS) as labelled:
        assert set(labelled.people) == set(names) and not labelled.skipped
        assert all(item.read() == PICTURE for item in labelled.items)


def test_composed_and_decomposed_letters_are_one_person(laid_out):
    labelled = opened(laid_out({"Jose\u0301/1.png": PICTURE, "José/2.png": PICTURE}))
    assert labelled.people == ("José",) and labelled.genuine_pairs == 1


def test_pictures_are_read_when_asked_for_from_several_threads(tmp_path):
    files = {f"{who}/{i}.png": os.urandom(5000) for who in "ab" for i in range(20)}
    read: dict[str, bytes] = {}
    with open_labelled(made.zipped(tmp_path / "faces.zip", files), LIMITS) as labelled:

        def take(items):
            read.update((item.name, item.read()) for item in items)

        threads = [threading.Thread(target=take, args=[labelled.items[i::4]]) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert read == files


def test_a_damaged_picture_in_a_good_set_is_the_picture_readers_to_refuse(laid_out):
    with open_labelled(laid_out(TWO | {"anna/2.jpg": b"Dear Anna"}), LIMITS) as labelled:
        (item,) = (item for item in labelled.items if item.name == "anna/2.jpg")
        with pytest.raises(PictureError, match=r"2.jpg: .*plain text"):
            read_picture(item.read(), item.name)


@pytest.mark.parametrize("top", ["", "set v1/"])
def test_folders_that_divide_a_set_are_nobody_and_part_nobody(laid_out, top):
    files = made.face_set({"train/Ana": 2, "Val/ana": 1, "test/Bob": 1, "train/Bob": 1}, top)
    labelled = opened(laid_out(files | {f"{top}test/7.png": PICTURE}))
    assert [name.lower() for name in labelled.people] == ["ana", "bob"]
    assert (len(labelled.items), labelled.genuine_pairs) == (5, 3 + 1)
    assert "beside the people" in reasons(labelled)[f"{top}test/7.png"]


def test_each_person_may_be_divided(laid_out):
    files = made.face_set({"Ana/train": 1, "Ana/test": 1, "Bob/train": 1, "Carl": 1})
    assert opened(laid_out(files)).people == ("Ana", "Bob", "Carl")


def test_somebody_may_be_called_test(laid_out):
    assert opened(laid_out(made.face_set({"Test": 1, "Ana": 1}))).people == ("Ana", "Test")
    assert opened(laid_out(made.face_set({"test": 2}), "one")).people == ("test",)


def test_a_divided_set_without_people_is_refused(laid_out):
    error = refused(laid_out(made.face_set({"train": 2, "test": 1})))
    assert "lie in no folder" in error.what


def test_blanks_do_not_part_people(tmp_path):
    names = ["Ana Lu /1.png", "Ana  Lu/1.png", " Ana Lu/2.png", "Bob/1.png", " /2.png"]
    labelled = opened(made.zipped(tmp_path / "faces.zip", dict.fromkeys(names, PICTURE)))
    assert labelled.people == ("Ana Lu", "Bob") and len(labelled.items) == 4


# What is left out of a zip


UNSAFE = {
    "../evil.png": "leaves the set",
    "anna/../../evil.png": "leaves the set",
    "..\\evil.png": "leaves the set",
    "/etc/evil.png": "absolute",
    "C:/evil/1.png": "absolute",
    "\\\\host\\evil.png": "absolute",
    "anna\\evil.png": "backslash",
    "anna/\x1b[2J.png": "cannot be shown",
    "<b>anna</b>/1.png": "cannot be shown",
    "anna/" + "x" * 600 + ".png": "more than 500 characters",
}


@pytest.mark.parametrize(("name", "why"), UNSAFE.items(), ids=UNSAFE.values())
def test_an_unsafe_name_is_left_out(tmp_path, name, why):
    before = sorted(tmp_path.rglob("*"))
    labelled = opened(made.zipped(tmp_path / "faces.zip", TWO | {name: PICTURE}))
    ((shown, reason),) = reasons(labelled).items()
    assert why in reason and len(shown) <= 500 and not set("<>\x1b") & set(shown)
    assert len(labelled.items) == 4
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "faces.zip"])


def test_a_zip_of_nothing_but_unsafe_names_is_refused_with_the_reasons(tmp_path):
    files = {f"../evil{i}.png": PICTURE for i in range(5)}
    error = refused(made.zipped(tmp_path / "evil.zip", files))
    assert "no picture to use" in error.what and "../evil0.png has a name that leaves" in error.what
    assert "and 2 more" in error.what and "one folder a person" in error.todo


def test_links_encrypted_entries_and_rare_packing_are_left_out(tmp_path):
    path = made.zipped(tmp_path / "faces.zip", TWO)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(made.entry("anna/link.png", mode=stat.S_IFLNK | 0o777), b"/etc/passwd")
        archive.writestr(made.entry("anna/rare.png", zipfile.ZIP_BZIP2), PICTURE)
        archive.writestr(made.entry("bob/secret.png"), PICTURE)
    labelled = opened(made.with_header(path, "bob/secret.png", flags=0x1))
    found = reasons(labelled)
    assert "symbolic link" in found["anna/link.png"]
    assert "rare way" in found["anna/rare.png"] and "deflate" in found["anna/rare.png"]
    assert "encrypted" in found["bob/secret.png"] and "password" in found["bob/secret.png"]
    assert len(labelled.items) == 4


def test_an_entry_that_is_too_large_or_packed_too_tightly_is_left_out(tmp_path):
    extra = {"anna/large.bmp": os.urandom(2**20 + 1), "bob/bomb.bmp": bytes(2**20 + 1)}
    limits = replace(LIMITS, picture_bytes=2**20)
    found = reasons(opened(made.zipped(tmp_path / "faces.zip", TWO | extra), limits))
    assert "larger than the 1 MiB" in found["anna/large.bmp"]
    assert "100 times" in found["bob/bomb.bmp"] and "zip bomb" in found["bob/bomb.bmp"]


# What a zip is refused for


def test_a_zip_bomb_is_refused_by_what_it_declares(tmp_path):
    files = TWO | {f"anna/bomb{i}.bmp": bytes(2**20) for i in range(5)}
    path = made.zipped(tmp_path / "bomb.zip", files)
    assert path.stat().st_size < 20_000
    error = refused(path)
    assert "unpacks to 5 MiB, more than the 4 MiB" in error.what and "smaller" in error.todo


def test_a_header_that_hides_a_bomb_gives_no_more_than_it_declares(tmp_path):
    path = made.zipped(tmp_path / "liar.zip", TWO | {"anna/bomb.bmp": bytes(50 * 2**20)})
    made.with_header(path, "anna/bomb.bmp", size=1000)
    tracemalloc.start()
    error = reading_fails(path, "anna/bomb.bmp")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert "damaged here" in error.what and "CRC" in error.what and "zip" in error.todo


def test_a_header_that_declares_too_much_is_caught(tmp_path):
    path = made.zipped(tmp_path / "liar.zip", TWO | {"anna/short.png": b"x" * 100})
    made.with_header(path, "anna/short.png", size=5000)
    error = reading_fails(path, "anna/short.png")
    assert "declares 5000 bytes here but holds 100" in error.what


def test_a_damaged_entry_is_named(tmp_path):
    path = made.zipped(
        tmp_path / "faces.zip", TWO | {"bob/bad.png": b"q" * 500}, zipfile.ZIP_STORED
    )
    path.write_bytes(path.read_bytes().replace(b"q" * 500, b"q" * 499 + b"r"))
    assert "(CRC-32)" in reading_fails(path, "bob/bad.png").what


def test_a_damaged_stream_is_named(tmp_path):
    path = made.zipped(tmp_path / "faces.zip", TWO | {"bob/bad.png": os.urandom(500) * 2})
    data = bytearray(path.read_bytes())
    start = data.index(b"bob/bad.png") + len(b"bob/bad.png")
    data[start : start + 40] = b"\xff" * 40
    path.write_bytes(bytes(data))
    assert "damaged here" in reading_fails(path, "bob/bad.png").what


def test_too_many_files(laid_out):
    error = refused(laid_out(made.face_set({"anna": 30, "bob": 21})))
    assert "more than the 50 files" in error.what and "fewer" in error.todo


def test_far_too_many_files_are_refused_before_the_directory_is_read(tmp_path, monkeypatch):
    path = tmp_path / "crowd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(3000):
            archive.writestr(f"a/{i}.png", b"")
    monkeypatch.setattr(zipfile, "ZipInfo", lambda *a: pytest.fail("an entry was made"))
    assert "more than the 50 files" in refused(path).what


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"anna,bob\n", "no zip archive; it seems to be plain text"),
        (PICTURE, "no zip archive; it seems to be a PNG picture"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "no zip archive; it seems to be a 7z archive"),
        (b"PK\x03\x04" + bytes(200), "cut short"),
        (b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 9, 9, 500, 900, 0), "is damaged"),
    ],
)
def test_what_is_no_zip(tmp_path, data, what):
    path = tmp_path / "faces.zip"
    path.write_bytes(data)
    assert what in refused(path).what


def test_half_a_zip(tmp_path):
    path = made.zipped(tmp_path / "faces.zip", TWO)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    error = refused(path)
    assert "cut short" in error.what and "again" in error.todo


def test_every_damage_to_a_zip_gives_our_own_error(tmp_path):
    """Each byte of both kinds of header, changed alone: a set, an error of ours, nothing else."""
    path = made.zipped(tmp_path / "faces.zip", {"a/1.png": b"one", "b/1.png": b"two"})
    good = path.read_bytes()
    outcomes = set()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
        try:
            with open_labelled(path, LIMITS) as labelled:
                for item in labelled.items:
                    item.read()
            outcomes.add("read")
        except LabelledError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_a_missing_file(tmp_path):
    error = refused(tmp_path / "gone.zip")
    assert "cannot be opened: No such file" in error.what and str(tmp_path) not in str(error)


def test_an_empty_set(tmp_path):
    assert "set is empty" in refused(made.zipped(tmp_path / "empty.zip", {})).what
    (tmp_path / "nobody").mkdir()
    error = refused(tmp_path / "nobody")
    assert "set is empty" in error.what and "one folder a person" in error.todo


def test_a_set_without_folders(laid_out):
    error = refused(laid_out({"anna.png": PICTURE, "bob.png": PICTURE}))
    assert "in no folder: anna.png, bob.png" in error.what and "one folder a person" in error.todo


def test_a_set_without_pictures(laid_out):
    error = refused(laid_out({"anna/notes.txt": b"hello"}))
    assert "no picture to use: anna/notes.txt is no picture" in error.what


# What a folder tree is refused or left out for


def test_links_in_a_folder(tmp_path):
    root = made.folder(tmp_path / "faces", TWO)
    outside = made.folder(tmp_path / "other", {"carl/0.png": PICTURE})
    (root / "anna" / "out.png").symlink_to(outside / "carl" / "0.png")
    (root / "carl").symlink_to(outside / "carl")
    (root / "anna" / "same.png").symlink_to(root / "anna" / "0.png")
    (root / "bob" / "again").symlink_to(root / "anna")
    (root / "bob" / "round.png").symlink_to(root / "bob" / "round.png")
    (root / "bob" / "nowhere.png").symlink_to(root / "bob" / "gone.png")
    os.mkfifo(root / "bob" / "pipe.png")
    labelled = opened(root)
    found = reasons(labelled)
    assert "leaves the folder" in found["anna/out.png"] and "leaves the folder" in found["carl"]
    assert "not followed" in found["bob/again"]
    assert {found[f"bob/{name}.png"] for name in ("round", "nowhere", "pipe")} == {
        "is no regular file"
    }
    assert labelled.people == ("anna", "bob")
    assert [i.name for i in labelled.items if i.person == "anna"] == [
        "anna/0.png",
        "anna/1.png",
        "anna/same.png",
    ]


def test_large_files_in_a_folder(tmp_path):
    root = made.folder(tmp_path / "faces", TWO | {"anna/large.bmp": bytes(2**20 + 1)})
    assert "larger than the 1 MiB" in reasons(opened(root))["anna/large.bmp"]
    error = refused(root, replace(LIMITS, archive_bytes=3 * len(PICTURE)))
    assert "more than" in error.what and "bytes" in error.what and "smaller" in error.todo


def test_a_picture_that_goes_or_grows_while_the_folder_is_open(tmp_path):
    root = made.folder(tmp_path / "faces", TWO)
    with open_labelled(root, LIMITS) as labelled:
        (root / "anna" / "0.png").unlink()
        (root / "anna" / "1.png").write_bytes(bytes(2**20 + 1))
        with pytest.raises(LabelledError, match="cannot be opened: No such file") as caught:
            labelled.items[0].read()
        assert caught.value.where == "anna/0.png in faces"
        with pytest.raises(LabelledError, match="larger than the 1 MiB"):
            labelled.items[1].read()


# Pairs


def test_one_picture_a_person_is_readable_but_has_no_genuine_pairs(laid_out):
    labelled = opened(laid_out(made.face_set(dict.fromkeys(["anna", "bob", "carl", "dora"], 1))))
    assert (labelled.genuine_pairs, labelled.impostor_pairs) == (0, 6)
    with pytest.raises(LabelledError) as caught:
        check_for_pairs(labelled)
    assert "No person has two pictures: anna, bob, carl and 1 more" in caught.value.what
    assert caught.value.where == labelled.title and "at least two pictures" in caught.value.todo


def test_a_single_person_has_no_impostor_pairs(laid_out):
    labelled = opened(laid_out(made.face_set({"anna": 3})))
    assert labelled.people == ("anna",)
    assert (labelled.genuine_pairs, labelled.impostor_pairs) == (3, 0)
    with pytest.raises(LabelledError) as caught:
        check_for_pairs(labelled)
    assert "only one person, anna" in caught.value.what and "Add more people" in caught.value.todo
