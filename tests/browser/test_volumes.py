"""Volume classification as a visitor sees it: the lesson, the viewer, and a training."""

from __future__ import annotations

import io
import re
import struct
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from browser.visitor import MOVE, NARROW, SLOW, Visitor, left_behind

PIXELS = "one => one.toDataURL()"
BRIGHT = """one => {
  const { width, height } = one;
  const data = one.getContext("2d").getImageData(0, 0, width, height).data;
  let red = 0, blue = 0;
  for (let i = 0; i < data.length; i += 4) { red += data[i]; blue += data[i + 2]; }
  return (red - blue) / (data.length / 4);
}"""
GREYS = """one => {
  const { width, height } = one;
  const data = one.getContext("2d").getImageData(0, 0, width, height).data;
  return [...data.filter((_, i) => i % 4 === 0)];
}"""
READY = """([where, before]) => {
  const one = document.querySelector(`${where} [data-scene]`);
  return one && one.dataset.key !== before && one.dataset.ready === one.dataset.key;
}"""
SECRET = "Lovelace^Augusta"


class Reader(Visitor):
    """A visitor of the volume page."""

    def open(self) -> Reader:
        """Go to the page and wait until the recorded lesson is on screen."""
        self.page.goto(f"{self.url}volume-classification{self.query}")
        self.wait_for_volume("#vc-lesson")
        return self

    def key(self, where: str) -> str:
        """Which volume is there; empty where there is none yet."""
        scenes = self.see(f"{where} [data-scene]")
        return scenes.get_attribute("data-key") if scenes.count() else ""

    def wait_for_volume(self, where: str, before: str = "") -> None:
        """Until another volume than that is drawn."""
        self.page.wait_for_function(READY, arg=[where, before], timeout=2 * SLOW)

    def plane(self, i: int, where: str = "#vc-lesson") -> str:
        """The pixels of a slice."""
        return self.see(f'{where} canvas[data-plane="{i}"]').evaluate(PIXELS)

    def changed(self, i: int, before: str, where: str = "#vc-lesson") -> None:
        """Wait until a slice is drawn otherwise."""
        script = "([s, old]) => document.querySelector(s).toDataURL() !== old"
        arg = [f'{where} canvas[data-plane="{i}"]', before]
        self.page.wait_for_function(script, arg=arg)

    def guess(self, word: str) -> None:
        self.see(f'#vc-lesson [data-say="{word}"]').click()
        self.see("#vc-lesson .vc-after").wait_for()


def truncated() -> bytes:
    """A NIfTI file of 40 x 40 x 20 numbers, of which half are missing."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, 40, 40, 20, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 16, 32)
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into("<2f", header, 108, 352, 1)
    header[344:348] = b"n+1\0"
    return bytes(header) + bytes(40 * 40 * 20 * 2)


@pytest.fixture
def series() -> bytes:
    """A DICOM series of twelve slices as a zip, with the name of a patient."""
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    rng, uid, out = np.random.default_rng(0), generate_uid(), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for z in range(12):
            meta = FileMetaDataset()
            meta.MediaStorageSOPClassUID = CTImageStorage
            meta.MediaStorageSOPInstanceUID = generate_uid()
            meta.TransferSyntaxUID = ExplicitVRLittleEndian
            one = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
            one.PatientName, one.PatientID = SECRET, "1815-12-10"
            one.SOPClassUID = CTImageStorage
            one.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
            one.SeriesInstanceUID, one.Modality, one.InstanceNumber = uid, "CT", z + 1
            one.ImagePositionPatient = [0, 0, 3.0 * z]
            one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            one.PixelSpacing, one.SliceThickness = [0.8, 0.8], 3
            one.Rows, one.Columns, one.SamplesPerPixel = 40, 48, 1
            one.PhotometricInterpretation = "MONOCHROME2"
            one.BitsAllocated, one.BitsStored, one.HighBit = 16, 16, 15
            one.PixelRepresentation, one.RescaleSlope, one.RescaleIntercept = 1, 1, 0
            values = rng.normal(-800, 20, (40, 48))
            values[10:30, 10:20] = 60 + 10 * z
            one.PixelData = values.astype("<i2").tobytes()
            file = io.BytesIO()
            pydicom.dcmwrite(file, one, enforce_file_format=True)
            archive.writestr(f"{SECRET}/IM{z:03}.dcm", file.getvalue())
    return out.getvalue()


def test_it_asks_first_and_then_shows_three_verdicts(visit):
    visitor = visit(Reader).open()
    expect(visitor.see(".vc-safety").first).to_contain_text("For learning, not for diagnosis")
    expect(visitor.see("#vc-lesson .vc-card")).to_have_count(3)
    expect(visitor.see("#vc-lesson .vc-says").first).to_be_hidden()
    expect(visitor.see("#vc-lesson .vc-after")).to_be_hidden()
    asked = len(visitor.requests)
    truth = visitor.see("#vc-lesson [data-lesson]").get_attribute("data-truth")
    visitor.guess("vessel" if truth == "nodule" else "nodule")
    expect(visitor.see("#vc-lesson .vc-outcome")).to_contain_text(f"It is a {truth}")
    expect(visitor.see("#vc-lesson .vc-tally")).to_contain_text("You, from one slice: 0 of 1 right")
    expect(visitor.see("#vc-lesson .vc-tally")).to_contain_text("3-D: 1 of 1 right")
    twins = visitor.see("#vc-lesson .vc-twins article")
    expect(twins).to_have_count(2)
    for one in twins.all():
        expect(one.locator("img")).to_have_count(3)
        expect(one.locator("li")).to_have_count(3)
    expect(visitor.see("#vc-lesson .vc-twins li .is-wrong").first).to_be_visible()
    expect(visitor.see("#vc-lesson .vc-says").last).to_contain_text(f"{truth}✓ right")
    assert len([r for r in visitor.requests[asked:] if r.url.startswith("http")]) <= 1, (
        "all was there at once; only the loading of the networks is still under way"
    )
    assert all(r.url.startswith((visitor.url, "data:", "blob:")) for r in visitor.requests)


def test_three_slices_meet_in_one_point(visit):
    visitor = visit(Reader).open()
    visitor.guess("")
    axial = visitor.see('#vc-lesson canvas[data-plane="0"]')
    before = [visitor.plane(i) for i in range(3)]
    axial.click(position={"x": 30, "y": 40})
    for i in range(3):
        visitor.changed(i, before[i])
    where = visitor.see("#vc-lesson [data-live]")
    said = where.inner_text()
    coronal = visitor.plane(1)
    axial.press("ArrowDown")
    visitor.changed(1, coronal)
    expect(where).not_to_have_text(said)
    place = visitor.see('#vc-lesson [data-at="0"]')
    shown = place.inner_text()
    slice_ = visitor.plane(0)
    axial.press("PageUp")
    visitor.changed(0, slice_)
    assert place.inner_text() == f"{int(shown.split()[0]) + 1} / 32"
    axial.hover()
    visitor.page.mouse.wheel(0, 100)
    expect(place).not_to_have_text(f"{int(shown.split()[0]) + 1} / 32")
    visitor.see('#vc-lesson [data-slice="2"]').evaluate(MOVE, 3)
    expect(visitor.see('#vc-lesson [data-at="2"]')).to_have_text("4 / 32")
    degrees, play = (visitor.see(f"#vc-lesson [data-{name}]") for name in ("degrees", "play"))
    seen = degrees.inner_text()
    expect(degrees).not_to_have_text(seen)  # It turns by itself.
    play.click()
    expect(play).to_have_text("Play")
    projection = visitor.see("#vc-lesson canvas[data-turning]")
    held = projection.evaluate(PIXELS)
    visitor.see("#vc-lesson [data-angle]").evaluate(MOVE, 9)
    expect(degrees).to_have_text("90°")
    visitor.page.wait_for_function(
        "([canvas, held]) => canvas.toDataURL() !== held", arg=[projection.element_handle(), held]
    )
    asked = [r for r in visitor.requests if "/queue/join" in r.url]
    assert len(asked) <= 2, "all this needs no server"


def test_evidence_and_window(visit):
    visitor = visit(Reader).open()
    visitor.guess("")
    axial = visitor.see('#vc-lesson canvas[data-plane="0"]')
    opacity = visitor.see("#vc-lesson [data-opacity]")
    opacity.evaluate(MOVE, 0)
    plain = visitor.plane(0)
    visitor.drawn()
    cross = axial.evaluate(BRIGHT)
    opacity.evaluate(MOVE, 90)
    shown = visitor.see("#vc-lesson [data-evidence]")
    expect(shown).not_to_be_checked()
    shown.check()
    visitor.changed(0, plain)
    warm = axial.evaluate(BRIGHT) - cross
    assert warm > 1, "the evidence for the true class is warm"
    coloured = visitor.plane(0)
    kind = visitor.see("#vc-lesson [data-class]")
    names = visitor.see("#vc-lesson [data-class] option").all_inner_texts()
    kind.select_option(next(name for name in names if name != kind.input_value()))
    visitor.changed(0, coloured)
    assert axial.evaluate(BRIGHT) - cross < -1, "and against the other one cold"
    visitor.see("#vc-lesson [data-network]").select_option("2-D")
    visitor.see('#vc-lesson [data-slice="0"]').evaluate(MOVE, 4)
    live = visitor.see("#vc-lesson [data-live]")
    expect(live).to_contain_text("The 2-D network does not look here")
    before = visitor.plane(1)
    visitor.see("#vc-lesson [data-window]").select_option("Bone")
    visitor.changed(1, before)
    expect(visitor.see("#vc-lesson [data-level-told]")).to_have_text("400")


def test_looking_closer(visit):
    visitor = visit(Reader).open()
    visitor.guess("")
    axial = visitor.see('#vc-lesson canvas[data-plane="0"]')
    whole = visitor.plane(0)
    axial.focus()
    visitor.page.keyboard.press("+")
    visitor.changed(0, whole)
    level = visitor.see("#vc-lesson [data-level-told]").inner_text()
    box = axial.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    visitor.page.mouse.move(*middle)
    visitor.page.mouse.down(button="right")
    visitor.page.mouse.move(middle[0] + 20, middle[1] + 30)
    visitor.page.mouse.up(button="right")
    expect(visitor.see("#vc-lesson [data-level-told]")).not_to_have_text(level)
    axial.focus()
    zoomed = visitor.plane(0)
    visitor.page.keyboard.press("0")
    visitor.changed(0, zoomed)
    mark = visitor.see("#vc-lesson [data-mark]")
    mark.click()
    expect(mark).to_have_attribute("aria-pressed", "true")
    axial.focus()
    for _ in range(3):
        visitor.page.keyboard.press("ArrowRight")
    expect(visitor.see("#vc-lesson [data-live]")).to_contain_text("3.0 mm from the mark")
    with visitor.page.expect_download() as saved:
        visitor.see("#vc-lesson [data-save]").click()
    assert saved.value.suggested_filename == "volume.png"


def test_another_one_and_its_twin(visit):
    visitor = visit(Reader).open()
    visitor.guess("")
    for button in ("#vc-another", "#vc-twin"):
        truth = visitor.see("#vc-lesson [data-lesson]").get_attribute("data-truth")
        key, picture = visitor.key("#vc-lesson"), visitor.see("[data-quiz]").evaluate(GREYS)
        visitor.see(button).click()
        visitor.wait_for_volume("#vc-lesson", key)
        expect(visitor.see("#vc-lesson .vc-after")).to_be_hidden()
        expect(visitor.see("#vc-lesson-note")).to_contain_text("classified just now")
    twin = visitor.see("#vc-lesson [data-lesson]").get_attribute("data-truth")
    assert {truth, twin} == {"nodule", "vessel"}
    visitor.guess("vessel")
    same = np.subtract(visitor.see("[data-quiz]").evaluate(GREYS), picture)
    assert np.abs(same).max() < 8 and np.std(picture) > 10, "but for rounding it is the same slice"
    expect(visitor.see("#vc-lesson .vc-tally")).to_contain_text("3-D: 2 of 2 right")


def test_a_dicom_series_is_seen_and_its_patient_is_not(visit, server, series):
    visitor = visit(Reader).open()
    visitor.tab("Look and ask")
    visitor.hand_in("#vc-file", "scan.zip", series, "application/zip")
    visitor.wait_for_volume("#vc-look")
    expect(visitor.see("#vc-answer")).to_contain_text("12 x 40 x 48 voxels of 3 x 0.8 x 0.8 mm")
    expect(visitor.see("#vc-answer")).to_contain_text("There is no verdict")
    assert "Lung" in visitor.see("#vc-look [data-window]").inner_text()
    source = visitor.page.content()
    assert "Lovelace" not in source and "1815" not in source
    key = visitor.key("#vc-look")
    visitor.choose("vc-asked", "The shipped networks that know the phantom")
    visitor.wait_for_volume("#vc-look", key)
    expect(visitor.see("#vc-answer")).to_contain_text("means nothing")
    expect(visitor.see("#vc-answer .vc-card")).to_have_count(3)
    visitor.still("#vc-answer", 500)
    shown = visitor.key("#vc-look")
    visitor.hand_in("#vc-file", "cut.nii", truncated(), "application/octet-stream")
    expect(visitor.see("#vc-trouble .pv-error")).to_contain_text("cut.nii")
    expect(visitor.see("#vc-answer .vc-card")).to_have_count(3)
    assert visitor.key("#vc-look") == shown, "what was there stays"
    assert not left_behind(server)


def test_three_networks_learn_side_by_side(visit):
    visitor = visit(Reader).open()
    visitor.tab("Train")
    count = visitor.see("#vc-count input[type=number]")
    count.fill("40")
    count.press("Tab")
    visitor.see("#vc-simulate").click()
    expect(visitor.see("#vc-about")).to_contain_text("28 volumes to learn from, 12 to test on")
    budget = visitor.see("#vc-budget input[type=number]")
    budget.fill("15")
    budget.press("Tab")
    visitor.see("#vc-train").click()
    # Which of the three learns passes by too quickly to be waited for.
    expect(visitor.see("#vc-stop")).to_be_enabled()
    expect(visitor.see("#vc-results .pc-confusion")).to_have_count(3, timeout=2 * SLOW)
    rows = visitor.see("#vc-results .pc-board tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("train-free")
    expect(rows.last).to_contain_text("always the most frequent class")
    visitor.tab("Look and ask")
    expect(visitor.see("#vc-asked input")).to_have_value("My own networks")
    visitor.see("#vc-known input").click()
    visitor.page.get_by_role("option").filter(has_text=re.compile("nodule|vessel")).first.click()
    visitor.wait_for_volume("#vc-look")
    expect(visitor.see("#vc-answer .vc-card")).to_have_count(3)
    expect(visitor.see("#vc-answer .vc-mark").first).to_contain_text(re.compile("right|wrong"))


@pytest.mark.parametrize("query", ["", "?__theme=dark"])
def test_narrow_and_dark(visit, query):
    visitor = visit(Reader, query=query, viewport=NARROW, has_touch=True).open()
    assert visitor.overflow == 0
    visitor.guess("nodule")
    assert visitor.overflow == 0
    assert (visitor.lightness("#vc-lesson h2") > 0.5) == bool(query)
    before = visitor.plane(1)
    visitor.see('#vc-lesson canvas[data-plane="0"]').tap(position={"x": 20, "y": 20})
    visitor.changed(1, before)
    for name in ("Look and ask", "Train"):
        visitor.tab(name)
        assert visitor.overflow == 0
