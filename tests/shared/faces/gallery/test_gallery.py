"""What a gallery promises, on every engine that keeps one."""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from plugins.shared.faces.gallery.corrections import delete, merge, move, rename, undo
from plugins.shared.faces.gallery.gallery import Written
from plugins.shared.faces.gallery.stores.contract import Counts, GalleryError, NotThere, OtherName
from tests.shared.faces.gallery.enrolments import (
    LANDMARKS,
    SIZE,
    brute_force,
    encoding,
    enrolment,
    names_and_distances,
    people,
)

NAMES = (
    "O'Brien; DROP TABLE faces;--",
    "Zoë ‘Zo’ Müller",
    "李小龍",
    "محمد بن سلمان",
    "דוד בן־גוריון",
    "Дарья 🚀",
    "ศรีสุวรรณ",
    "🙂",
    "100 % \\ {} [] %s",
)


def is_normal(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


# --- enrol ----------------------------------------------------------------------------------------


def test_an_empty_gallery_knows_nobody(open_gallery):
    gallery = open_gallery()
    assert gallery.identify(encoding(1)) == [[]]
    assert gallery.identify(np.zeros((0, SIZE), np.float32)) == []
    assert gallery.people() == {} and list(gallery.rows()) == []
    assert gallery.count() == Counts() and gallery.elsewhere() == {}
    assert gallery.missing(["a" * 32]) == {"a" * 32}
    assert gallery.enrol([]) == Written(new=0, known=0)
    for ask in (gallery.faces, gallery.delete, lambda name: rename(gallery, name, "Ben")):
        with pytest.raises(NotThere) as caught:
            ask("Ada")
        assert "Ada" in caught.value.for_people


def test_what_is_enrolled_is_all_there(open_gallery):
    gallery = open_gallery()
    rows = people({"Ada": 2, "Ben": 1}) + people({"Cy": 1}, start=50, picture=False)
    assert gallery.enrol(rows) == Written(new=4, known=0)
    assert gallery.people() == {"Ada": 2, "Ben": 1, "Cy": 1}
    assert gallery.count() == Counts(3, faces=4, chips=4, pictures=3, encodings=4, index_rows=4)
    found = list(gallery.rows())
    assert found == rows
    for row, wanted in zip(found, rows, strict=True):
        assert row.encoding.dtype == np.float32
        assert row.encoding.tobytes() == wanted.encoding.tobytes()
    first, second = gallery.faces("Ada")
    assert (first.id, second.id) == (rows[0].id, rows[1].id)
    assert (first.chip, first.picture, first.label) == (rows[0].chip, rows[0].picture, "0.jpg")
    assert first.landmarks == LANDMARKS
    (bare,) = gallery.faces("Cy")
    assert bare.picture == b"" and bare.landmarks == ()
    ids = [row.id for row in rows]
    assert gallery.owners([*ids, "f" * 32]) == {row.id: row.person for row in rows}
    assert gallery.chips([ids[2], "f" * 32]) == {ids[2]: rows[2].chip}
    assert gallery.missing([*ids, "f" * 32]) == {"f" * 32}


def test_enrolling_again_doubles_nobody(open_gallery):
    gallery = open_gallery()
    rows = people({"Ada": 2, "Ben": 1})
    gallery.enrol(rows)
    assert gallery.enrol([*rows, enrolment("Ada", 9), rows[0]]) == Written(new=1, known=3)
    assert gallery.count() == Counts(2, faces=4, chips=4, pictures=4, encodings=4, index_rows=4)
    later = replace(rows[0], encoding=encoding(77), label="later.jpg", picture=b"", landmarks=())
    assert gallery.enrol([later]) == Written(new=0, known=1)
    assert [face.label for face in gallery.faces("Ada")] == ["later.jpg", "1.jpg", "9.jpg"]
    ((best,),) = gallery.identify(encoding(77), top=1)
    assert (best.person, best.face) == ("Ada", later.id) and best.distance < 1e-6
    assert gallery.count().pictures == 3 and gallery.count().index_rows == 4


def test_one_face_never_has_two_names(open_gallery):
    gallery = open_gallery()
    rows = people({"Ada": 1, "Ben": 1})
    gallery.enrol(rows)
    for batch in (
        [enrolment("Cy", 5), replace(rows[0], person="Eve")],
        [enrolment("Cy", 5), replace(enrolment("Cy", 5), person="Eve")],
    ):
        with pytest.raises(OtherName) as caught:
            gallery.enrol(batch)
        assert set(caught.value.owners.values()) <= {"Ada", "Cy", "Eve"}
        assert caught.value.todo
    assert gallery.people() == {"Ada": 1, "Ben": 1}  # Cy, who came with it, is not enrolled.


def test_what_cannot_be_kept_is_refused_whole(open_gallery):
    gallery = open_gallery()
    good = enrolment("Ada", 1)
    broken = np.full(SIZE, np.nan, np.float32)
    for bad in (
        replace(good, encoding=broken),
        replace(good, encoding=broken * np.inf),
        replace(good, encoding=encoding(1, SIZE + 1)),
        replace(good, id="../../etc/passwd"),
        replace(good, person=" Ada "),
        replace(good, person=""),
        replace(good, person="Ada\0"),
    ):
        with pytest.raises(GalleryError) as caught:
            gallery.enrol([enrolment("Ben", 2), bad])
        assert caught.value.what and caught.value.todo
    assert gallery.count() == Counts()


def test_names_of_all_the_world(open_gallery):
    gallery = open_gallery()
    gallery.enrol([enrolment(name, seed) for seed, name in enumerate(NAMES)])
    assert set(gallery.people()) == set(NAMES)
    for seed, name in enumerate(NAMES):
        ((best,),) = gallery.identify(encoding(seed), top=1)
        assert best.person == name
        assert len(gallery.faces(name)) == 1
    rename(gallery, NAMES[0], "O'Neill")
    gallery.delete(NAMES[2])
    assert set(gallery.people()) == {"O'Neill", NAMES[1], *NAMES[3:]}


def test_names_of_256_letters_from_all_scripts_come_sorted(open_gallery):
    gallery = open_gallery()
    letters = [c for c in map(chr, range(0x41, 0x30000)) if c.isalpha() and is_normal(c)]
    names = [f"{c}{'xX'[i % 2]}" for i, c in enumerate(letters[:: len(letters) // 255][:256])]
    assert len(set(names)) == 256
    gallery.enrol([enrolment(name, i, picture=False) for i, name in enumerate(names)])
    assert list(gallery.people()) == sorted(names, key=lambda name: (name.casefold(), name))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Howard", "howard"),
        ("Strauß", "STRAUSS"),
        ("Ｈｏｗａｒｄ", "Howard"),
        ("José Nuñez", "Jose Nunez"),
        ("Đỗ Thị Ánh", "ĐỖ THI ANH"),
        ("Андрей", "андреи"),
        ("ﾊﾅｺ", "ハナコ"),
    ],
)
def test_case_width_and_accents_make_no_other_person(open_gallery, one, other):
    gallery = open_gallery()
    gallery.enrol([enrolment(one, 1), enrolment("Ben", 2)])
    assert gallery.enrol([enrolment(other, 3), enrolment(one, 1)]) == Written(new=1, known=1)
    assert gallery.people() == dict(
        sorted({one: 2, "Ben": 1}.items(), key=lambda n: n[0].casefold())
    )
    assert [face.person for face in gallery.faces(other)] == [one, one]
    assert gallery.known([other, "Ben", "Cy"]) == {other: one, "Ben": "Ben"}
    with pytest.raises(OtherName):
        rename(gallery, "Ben", other)
    rename(gallery, one, other)  # Only the spelling.
    assert gallery.people()[other] == 2
    gallery.delete(one)
    assert gallery.people() == {"Ben": 1}


@pytest.mark.parametrize(("one", "other"), [("かき", "がき"), ("कलम", "क़लम"), ("Ann", "Anne")])
def test_marks_that_make_another_letter_make_another_name(open_gallery, one, other):
    gallery = open_gallery()
    gallery.enrol([enrolment(one, 1), enrolment(other, 2)])
    assert set(gallery.people()) == {one, other}


def test_two_spellings_in_one_batch_are_one_person(open_gallery):
    gallery = open_gallery()
    gallery.enrol([enrolment("ada", 1), enrolment("Ada", 2)])
    assert gallery.people() == {"ada": 2}


# --- identify -------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_identification_is_that_of_brute_force(open_gallery, distance):
    gallery = open_gallery(distance=distance)
    counts = {f"P{i:02d}": 1 + i % 5 for i in range(40)}
    rows = [replace(r, encoding=r.encoding * (1 + i % 3)) for i, r in enumerate(people(counts))]
    gallery.enrol(rows)
    near = [row.encoding + 0.05 * encoding(900 + i) for i, row in enumerate(rows[:3])]
    probes = np.stack([encoding(1000), encoding(1001), rows[5].encoding, *near])
    for template in ("all", "mean"):
        for top in (1, 5, 100):
            found = gallery.identify(probes, top, template)
            for probe, candidates in zip(probes, found, strict=True):
                wanted = brute_force(rows, probe, top, template, distance)
                names, values = names_and_distances(wanted)
                got_names, got_values = names_and_distances(candidates)
                assert got_names == names
                assert got_values == pytest.approx(values, abs=1e-6)
                if template == "all":
                    assert [c.face for c in candidates] == [c.face for c in wanted]
                assert gallery.owners([c.face for c in candidates]) == {
                    c.face: c.person for c in candidates
                }


def test_every_person_comes_once_however_many_faces_are_near(open_gallery):
    gallery = open_gallery()
    crowd = [
        replace(enrolment("Ada", i), encoding=encoding(0) + np.float32(0.001) * encoding(i))
        for i in range(60)
    ]
    gallery.enrol([*crowd, enrolment("Ben", 100), enrolment("Cy", 101)])
    names, values = names_and_distances(gallery.identify(encoding(0), top=3)[0])
    assert names[0] == "Ada" and set(names) == {"Ada", "Ben", "Cy"}
    assert values == sorted(values) and values[0] == pytest.approx(0.001, rel=1e-3)
    assert len(gallery.identify(encoding(0), top=5)[0]) == 3  # No more people than there are.


def test_two_people_at_one_distance_both_come(open_gallery):
    gallery = open_gallery()
    twins = [replace(enrolment(name, i), encoding=encoding(7)) for i, name in enumerate("ABC")]
    gallery.enrol(twins)
    found = gallery.identify(encoding(7), top=3)[0]
    assert {each.person for each in found} == set("ABC")
    assert [each.distance for each in found] == [0, 0, 0]
    assert len(gallery.identify(encoding(7), top=2)[0]) == 2


def test_a_probe_must_be_of_this_network(open_gallery):
    gallery = open_gallery()
    gallery.enrol([enrolment("Ada", 1)])
    for probe in (encoding(1, SIZE - 1), np.full(SIZE, np.inf), np.zeros((2, 2, SIZE))):
        with pytest.raises(GalleryError) as caught:
            gallery.identify(probe)
        assert caught.value.where == "encoding"
    with pytest.raises(GalleryError, match="median"):
        gallery.identify(encoding(1), template="median")


# --- apart ----------------------------------------------------------------------------------------


def test_two_namespaces_never_see_each_other(open_gallery):
    mine, yours = open_gallery(), open_gallery(namespace=open_gallery.space.namespace + "b")
    face = enrolment("Ada", 1)
    mine.enrol([face])
    assert yours.people() == {} and yours.identify(face.encoding) == [[]]
    assert yours.chips([face.id]) == {} and yours.owners([face.id]) == {}
    yours.enrol([replace(face, person="Somebody else")])  # The same photo, by other people.
    yours.delete_everything()
    assert mine.people() == {"Ada": 1} and mine.chips([face.id]) == {face.id: face.chip}
    assert mine.identify(face.encoding, top=1)[0][0].person == "Ada"
    assert yours.count() == Counts()


def test_encodings_of_two_networks_never_meet(open_gallery):
    first = open_gallery()
    others = [
        open_gallery(network="made.v2"),
        open_gallery(revision="2" * 64),
        open_gallery(network="made.v3", size=8, distance="cosine"),
    ]
    rows = people({"Ada": 1, "Ben": 1})
    first.enrol(rows)
    for other in others:
        assert other.identify(encoding(0, other.space.size)) == [[]]
        assert list(other.rows()) == [] and other.missing([rows[0].id]) == {rows[0].id}
        assert other.people() == {"Ada": 1, "Ben": 1} and other.count().index_rows == 0
        assert other.elsewhere() == {first.space: 2}
    small = others[-1]
    small.enrol([replace(rows[0], encoding=encoding(5, 8))])
    assert small.count() == Counts(2, faces=2, chips=2, pictures=2, encodings=3, index_rows=1)
    assert first.elsewhere() == {small.space: 1} and small.elsewhere() == {first.space: 2}
    rename(first, "Ada", "Eve")
    assert small.identify(encoding(5, 8))[0][0].person == "Eve"
    first.delete("Eve")
    assert small.identify(encoding(5, 8)) == [[]]
    assert small.count() == Counts(1, faces=1, chips=1, pictures=1, encodings=1, index_rows=0)


# --- correct --------------------------------------------------------------------------------------


def test_rename(open_gallery):
    gallery = open_gallery()
    gallery.enrol(people({"Ada": 2, "Ben": 1}))
    gallery.identify(encoding(0), template="mean")
    rename(gallery, "Ada", "  Ada   Lovelace ")
    rename(gallery, "Ben", "Ben")
    assert gallery.people() == {"Ada Lovelace": 2, "Ben": 1}
    for template in ("all", "mean"):
        assert gallery.identify(encoding(0), 1, template)[0][0].person == "Ada Lovelace"
    with pytest.raises(OtherName, match="merge"):
        rename(gallery, "Ben", "Ada Lovelace")
    with pytest.raises(NotThere):
        rename(gallery, "Ada", "Cy")
    with pytest.raises(GalleryError, match="empty"):
        rename(gallery, "Ben", " ")
    assert gallery.people() == {"Ada Lovelace": 2, "Ben": 1}


@pytest.mark.parametrize("template", ["all", "mean"])
def test_merge_and_split(open_gallery, template):
    gallery = open_gallery()
    rows = people({"Ada": 2, "Ben": 2, "Cy": 1})

    def check(owners: list[str]) -> None:
        named = [replace(row, person=name) for row, name in zip(rows, owners, strict=True)]
        for seed in range(3):
            found = names_and_distances(gallery.identify(encoding(seed), 5, template)[0])
            wanted = names_and_distances(
                brute_force(named, encoding(seed), 5, template, "euclidean")
            )
            assert found[0] == wanted[0] and found[1] == pytest.approx(wanted[1], abs=1e-6)

    gallery.enrol(rows)
    check(["Ada", "Ada", "Ben", "Ben", "Cy"])
    merge(gallery, "Ben", "Ada")
    assert gallery.people() == {"Ada": 4, "Cy": 1}
    check(["Ada", "Ada", "Ada", "Ada", "Cy"])
    move(gallery, [rows[1].id, rows[2].id], "Dee")
    assert gallery.people() == {"Ada": 2, "Cy": 1, "Dee": 2}
    check(["Ada", "Dee", "Dee", "Ada", "Cy"])


def test_corrections_that_make_no_sense_change_nothing(open_gallery):
    gallery = open_gallery()
    rows = people({"Ada": 2, "Ben": 1})
    gallery.enrol(rows)
    ada = [row.id for row in rows[:2]]
    for correct in (
        lambda: merge(gallery, "Ada", "Ada"),
        lambda: merge(gallery, "Ada", "Cy"),
        lambda: merge(gallery, "Cy", "Ada"),
        lambda: move(gallery, [], "Cy"),
        lambda: move(gallery, [ada[0], "f" * 32], "Cy"),
        lambda: move(gallery, ada, "ada"),
        lambda: move(gallery, ada, " "),
        lambda: delete(gallery, []),
        lambda: delete(gallery, [ada[0], "f" * 32]),
    ):
        with pytest.raises(GalleryError) as caught:
            correct()
        assert caught.value.what and caught.value.todo
    assert gallery.people() == {"Ada": 2, "Ben": 1}


def all_of(gallery) -> dict:
    """Everything that a gallery holds, in any order."""
    rows = {
        (space, row.id): (row, row.chip, row.picture, row.encoding.tobytes())
        for space in gallery.store.spaces(gallery.space.namespace)
        for row in gallery.store.rows(space)
    }
    found = names_and_distances(gallery.identify(encoding(2), 9, "all")[0])
    return {"rows": rows, "people": gallery.people(), "found": found, "count": gallery.count()}


def test_every_correction_is_undone(open_gallery):
    gallery = open_gallery()
    rows = people({"Ada": 3, "Ben": 2, "Cy": 1})
    gallery.enrol(rows)
    theirs = replace(gallery.space, network="other.v1")
    gallery.store.write(theirs, [replace(row, encoding=-row.encoding) for row in rows[1:4]])
    states, changes = [all_of(gallery)], []
    mixed = [rows[0].id, rows[3].id]
    for correct in (
        lambda: rename(gallery, "Ada", "Ada L."),
        lambda: move(gallery, mixed, "cy"),
        lambda: move(gallery, mixed[:1], "Dee"),
        lambda: merge(gallery, "Ada L.", "Ben"),
        lambda: delete(gallery, [rows[1].id])[1],
        lambda: delete(gallery, [face.id for face in gallery.faces("Ben")])[1],
    ):
        changes.append(correct())
        states.append(all_of(gallery))
    assert gallery.people() == {"Cy": 2, "Dee": 1}
    assert "Ben deleted" in changes[-1].words and changes[-1].rows.keys() == {gallery.space, theirs}
    for change, before in zip(changes[::-1], states[-2::-1], strict=True):
        undo(gallery, change)
        assert all_of(gallery) == before


def test_what_was_changed_elsewhere_is_not_undone(open_gallery):
    gallery = open_gallery()
    gallery.enrol(people({"Ada": 2}))
    ids = [face.id for face in gallery.faces("Ada")]
    moved, gone = move(gallery, ids[:1], "Ben"), delete(gallery, ids[1:])[1]
    rename(gallery, "Ben", "Cy")
    gallery.enrol(people({"Ada": 2})[1:])
    for change in (moved, gone):
        with pytest.raises(GalleryError, match="again since then"):
            undo(gallery, change)
    assert gallery.people() == {"Ada": 1, "Cy": 1}


# --- forget ---------------------------------------------------------------------------------------


def test_delete_a_person(open_gallery):
    gallery = open_gallery()
    rows = people({"Ada": 2, "Ben": 1})
    gallery.enrol(rows)
    receipt = gallery.delete("Ada")
    assert receipt.what == "Ada" and receipt.erased.sentence
    assert receipt.before == Counts(2, faces=3, chips=3, pictures=3, encodings=3, index_rows=3)
    assert receipt.after == Counts(1, faces=1, chips=1, pictures=1, encodings=1, index_rows=1)
    for template in ("all", "mean"):
        found = gallery.identify(rows[0].encoding, 5, template)[0]
        assert [each.person for each in found] == ["Ben"]
    assert list(gallery.rows()) == rows[2:] and gallery.chips([rows[0].id]) == {}
    gallery.enrol(rows[:1])  # Forgotten is not barred.
    assert gallery.people() == {"Ada": 1, "Ben": 1}


def test_delete_faces_and_everything(open_gallery):
    gallery = open_gallery()
    rows = people({"Ada": 2, "Ben": 1})
    gallery.enrol(rows)
    assert gallery.delete_faces([rows[0].id, "f" * 32]).after.faces == 2
    assert gallery.people() == {"Ada": 1, "Ben": 1}
    assert gallery.delete_faces([rows[2].id]).after.people == 1
    receipt = gallery.delete_everything()
    assert (receipt.before.faces, receipt.after) == (1, Counts())
    assert gallery.delete_everything().after == Counts()
    assert gallery.identify(encoding(0)) == [[]]


# --- other hands ----------------------------------------------------------------------------------


def test_what_is_kept_is_there_after_opening_again(open_gallery):
    if not open_gallery.store.kept:
        pytest.skip("this engine keeps nothing")
    gallery, rows = open_gallery(), people({"Ada": 2, "Ben": 1})
    gallery.enrol(rows)
    rename(gallery, "Ben", "Cy")
    gallery = open_gallery.reopened()
    assert gallery.people() == {"Ada": 2, "Cy": 1}
    assert [row.id for row in gallery.rows()] == [row.id for row in rows]
    assert gallery.identify(rows[2].encoding, top=1)[0][0].person == "Cy"


def test_what_another_process_does_is_seen(open_gallery):
    if not open_gallery.shared:
        pytest.skip("no other process can reach this engine")
    gallery, other = open_gallery(), open_gallery.another()
    rows = people({"Ada": 2, "Ben": 1})

    def seen_alike() -> list[str]:
        both = [each.identify(rows[0].encoding, 3, "mean")[0] for each in (gallery, other)]
        assert both[0] == both[1] and gallery.count() == other.count()
        return [candidate.person for candidate in both[0]]

    gallery.enrol(rows[:2])
    assert seen_alike() == ["Ada"]
    other.enrol(rows[2:])
    assert sorted(seen_alike()) == ["Ada", "Ben"]
    rename(other, "Ben", "Cy")
    gallery.enrol([enrolment("Dee", 40)])
    assert sorted(seen_alike()) == ["Ada", "Cy", "Dee"]
    other.delete("Ada")
    assert sorted(seen_alike()) == ["Cy", "Dee"]
    gallery.delete_everything()
    assert seen_alike() == []
    other.store.close()


def test_threads_enrol_and_identify_at_once(open_gallery):
    gallery = open_gallery()
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(5):
                face = enrolment(f"P{number}", 100 * number + i, picture=False)
                gallery.enrol([face])
                best = gallery.identify(face.encoding, top=1)[0][0]
                assert best.person == f"P{number}" and best.distance < 1e-6
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert gallery.people() == {"P0": 5, "P1": 5, "P2": 5}
