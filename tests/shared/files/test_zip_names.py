"""Names in archives whose encoding is not told, as people's programs pack them."""

from __future__ import annotations

import random
import struct
import zipfile
import zlib

import pytest

from plugins.shared.files.entries import LabelledError
from plugins.shared.files.image_folder import open_labelled
from plugins.shared.files.zip_files import readings_of
from plugins.shared.files.zip_names import ENCODINGS, readings
from tests.shared.faces import made

PICTURE = made.encoded(made.scene())
PEOPLE = {
    "cp949": "한지민 류승룡 공효진 이병헌 김태희 하정우 배두나 송중기 박해일 염혜란",
    "gb18030": "王菲 张国荣 黄渤 章子怡 葛优 周迅 刘烨 赵薇 孙俪 朱镕 陶喆 邓紫棋",
    "big5hkscs": "陳奕迅 林青霞 張學友 楊紫瓊 劉若英 蔡明亮 黃秋生 許鞍華 侯麗芳 鄭伊健",
    "cp932": "たかはし ミドリ 渡辺直美 小澤征爾 中島健人 吉永小百合 大谷翔平 浅田真央 佐々木蔵之介",
    "cp1251": "Мария Пётр Ефросинья Святослав Аглая Жан Царёв Юрий Щербакова Эльвира",
    "cp866": "Мария Пётр Ефросинья Святослав Аглая Жан Царёв Юрий Щербакова Эльвира",
    "cp850": "Óscar Agnès Jérôme Cäcilie Ümit Håkon Søren Iñaki Lászlo Ântonia",
    "cp1252": "Óscar Agnès Jérôme Cäcilie Ümit Håkon Søren Iñaki Lászlo Ântonia",
}


def packed(path, encoding: str, names):
    """A zip with a folder for each name and two pictures in it."""
    files = {f"{name}/{i}.png".encode(encoding): PICTURE for name in names for i in (1, 2)}
    return made.raw_names(path, files)


@pytest.mark.parametrize("encoding", PEOPLE)
def test_names_are_read_in_the_encoding_that_they_are_in(tmp_path, encoding):
    names = PEOPLE[encoding].split()
    source = packed(tmp_path / "people.zip", encoding, names)
    with open_labelled(source, made.Limits()) as labelled:
        assert set(labelled.people) == set(names) and not labelled.skipped
        assert all(item.read() == PICTURE for item in labelled.items)
    first, second, *_ = readings_of(source, made.Limits())
    assert first.names == tuple(sorted(names)) and first.score >= second.score


def test_two_short_names_are_enough_nearly_always():
    """Detectors of encodings are right in 59 (charset-normalizer) to 85 of 100 such archives."""
    draw, right, tries = random.Random(7), 0, 0
    for encoding, people in PEOPLE.items():
        for _ in range(40):
            names = draw.sample(people.split(), 2)
            found = readings([f"{name}/1.png".encode(encoding) for name in names])
            right += found[0].names == tuple(sorted(names))
            tries += 1
    assert right / tries > 0.97


@pytest.mark.parametrize("encoding", PEOPLE)
def test_the_right_names_can_be_chosen_whatever_was_guessed(tmp_path, encoding):
    for name in PEOPLE[encoding].split():
        found = readings([f"{name}/1.png".encode(encoding)])
        assert (name,) in [reading.names for reading in found]
        assert len({reading.names for reading in found}) == len(found)


def test_a_chosen_encoding_is_used_and_a_wrong_one_is_refused(tmp_path):
    source = packed(tmp_path / "people.zip", "cp949", ["이영희", "김철수"])
    with open_labelled(source, made.Limits(), "gb18030") as labelled:
        assert labelled.people == ("捞康锐", "辫枚荐")  # What it would be if it were Chinese.
    source = packed(tmp_path / "more.zip", "cp1251", ["Иван", "Я"])
    with pytest.raises(LabelledError, match="are not cp932"):
        with open_labelled(source, made.Limits(), "cp932"):
            pass


def test_there_is_no_question_where_the_zip_says_it(tmp_path):
    plain = made.zipped(tmp_path / "plain.zip", made.face_set({"Ana": 1, "陶喆": 1}))
    utf8 = packed(tmp_path / "utf8.zip", "utf-8", ["Zoë", "陶喆"])
    for source, people in ((plain, {"Ana", "陶喆"}), (utf8, {"Zoë", "陶喆"})):
        assert readings_of(source, made.Limits()) == []
        with open_labelled(source, made.Limits()) as labelled:
            assert set(labelled.people) == people
    (tmp_path / "no.zip").write_bytes(b"no zip")
    assert readings_of(tmp_path / "no.zip", made.Limits()) == []


def with_unicode_path(path, name: str, raw: bytes, checksum: int):
    """A zip of one picture whose entry has an Info-ZIP Unicode path field."""
    stand_in = "x" * len(raw)
    info = made.entry(stand_in)
    field = struct.pack("<BL", 1, checksum) + name.encode()
    info.extra = struct.pack("<HH", 0x5455, 1) + b"\0" + struct.pack("<HH", 0x7075, len(field))
    info.extra += field
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(info, PICTURE)
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), raw))
    return path


def test_a_unicode_path_field_says_the_name(tmp_path):
    raw = "ж/1.png".encode("cp866")
    source = with_unicode_path(tmp_path / "a.zip", "陶喆/1.png", raw, zlib.crc32(raw))
    assert readings_of(source, made.Limits()) == []
    with open_labelled(source, made.Limits()) as labelled:
        assert labelled.people == ("陶喆",) and labelled.items[0].read() == PICTURE


def test_a_unicode_path_field_of_another_name_says_nothing(tmp_path):
    raw = "Жанна/1.png".encode("cp866")
    source = with_unicode_path(tmp_path / "a.zip", "陶喆/1.png", raw, 1)
    assert readings_of(source, made.Limits())[0].names == ("Жанна",)
    with open_labelled(source, made.Limits()) as labelled:
        assert labelled.people == ("Жанна",)


def test_every_encoding_is_one_that_python_knows():
    assert all("a".encode(encoding) == b"a" for encoding in ENCODINGS)
