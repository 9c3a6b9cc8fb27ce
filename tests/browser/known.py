"""What a visitor of the face-identification page sees and does."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Locator

from browser.visitor import SLOW, Visitor

GRACE, EILEEN = "Grace Hopper", "Eileen Collins"


class Knower(Visitor):
    """A visitor of the page that says who somebody is."""

    def open(self) -> Knower:
        """Go to the page and wait until it has settled: answered, and networks looked after."""
        self.page.goto(f"{self.url}face-identification{self.query}")
        self.see("#who-answer [data-verdict]").wait_for()
        self.see("#who-model-choice-apart").get_by_text("cannot be had", exact=False).wait_for()
        return self

    # --- who is this? -------------------------------------------------------------------------

    @property
    def verdict(self) -> Locator:
        return self.see("#who-answer [data-verdict]")

    @property
    def said(self) -> Locator:
        """What the first part says about the last enrolment or deletion."""
        return self.see("#who-said")

    @property
    def names(self) -> list[str]:
        """What the boxes of the probe say."""
        return self.see("#who-view .pv-face span").all_inner_texts()

    def wait_for_names(self, *names: str) -> None:
        """Wait until the boxes say just this."""
        self.page.wait_for_function(
            "names => JSON.stringify([...document.querySelectorAll('#who-view .pv-face span')]"
            ".map(one => one.textContent)) === names",
            arg=json.dumps(names, ensure_ascii=False, separators=(",", ":")),
            timeout=SLOW,
        )

    @property
    def people(self) -> list[str]:
        """Everybody on the cards of the gallery."""
        return self.see("#who-people .fi-person b").all_inner_texts()

    def take(self, key: str) -> None:
        """Click a bundled picture."""
        self.see(f"#who-view [data-example={key}]").click()

    def face(self, number: int) -> Locator:
        """A boxed face of the probe, from 0."""
        return self.see(f"#who-view [data-face='{number}']")

    def bring_probe(self, name: str, data: bytes) -> None:
        """Choose a file as the probe."""
        self.hand_in("#who-input", name, data)

    def type(self, field: str, text: str) -> Locator:
        """Fill a text field, and give it."""
        box = self.see(f"#{field} textarea, #{field} input")
        box.fill(text)
        return box

    def enrol(self, name: str) -> None:
        """Type a name for the chosen face."""
        self.type("who-name", name)
        self.see("#who-enrol").click()

    def cross(self, name: str) -> Locator:
        """The cross on a person's card."""
        return self.see("#who-people .fi-person").filter(has_text=name).get_by_role("button")

    def remove(self, name: str) -> None:
        """Click a person's cross, and once more to be sure."""
        self.cross(name).click()
        self.cross(name).click()

    def counts(self, where: str = "#who-said") -> dict[str, tuple[int, int]]:
        """What a receipt counts: before and after."""
        rows = (row.split("\t") for row in self.see(f"{where} tr").all_inner_texts()[1:])
        return {name: (int(before), int(after)) for name, before, after in rows}

    def choose_house(self) -> None:
        """Change to the gallery of the house."""
        self.see("#who-place label").filter(has_text="house").click()
        self.see("#who-people .fi-head").get_by_text(".sqlite").wait_for()

    # --- the gallery --------------------------------------------------------------------------

    @property
    def report(self) -> Locator:
        """What the gallery's part says."""
        return self.see("#gallery-said")

    def person(self, name: str) -> Locator:
        """Somebody in the grid."""
        return self.see(f'#gallery-people [data-person="{name}"]')

    @property
    def photos(self) -> Locator:
        """The photos of who is open."""
        return self.see("#gallery-people [data-photo]")

    def fill(self, field: str, text: str) -> None:
        """Type into a form of the people page, and Enter."""
        self.see(f"#gallery-people [name={field}]").fill(text)
        self.page.keyboard.press("Enter")

    def bring_many(self, path: Path) -> None:
        """Choose a zip with one folder a person."""
        self.see("#gallery-zip input[type=file]").set_input_files(path)

    @property
    def archive_names(self) -> Locator:
        """The ways to read the names of an archive that does not say its encoding."""
        return self.see("#gallery-zip-names label:has(input[type=radio])")

    def press(self, name: str) -> None:
        """Press a button of the gallery's part."""
        self.see(f"#gallery-{name}").click()
