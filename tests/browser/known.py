"""What a visitor of the face-identification page sees and does."""

from __future__ import annotations

from browser.visitor import SLOW, Visitor


class Knower(Visitor):
    """A visitor of the page that says who somebody is."""

    def open(self) -> Knower:
        """Go to the page and wait until it has settled: answered, and networks looked after."""
        self.page.goto(f"{self.url}face-identification{self.query}")
        self.see("#who-answer [data-verdict]").wait_for()
        self.see("#who-model-choice").get_by_text("cannot be had", exact=False).wait_for()
        return self

    @property
    def names(self) -> list[str]:
        """What the boxes of the probe say."""
        return self.see("#who-view .pv-face span").all_inner_texts()

    def wait_for_names(self, *names: str) -> None:
        """Wait until the boxes say just this."""
        self.page.wait_for_function(
            "names => JSON.stringify([...document.querySelectorAll('#who-view .pv-face span')]"
            ".map(one => one.textContent)) === names",
            arg=self.page.evaluate("names => JSON.stringify(names)", list(names)),
            timeout=SLOW,
        )

    @property
    def people(self) -> list[str]:
        """Everybody on the cards of the gallery."""
        return self.see("#who-people .fi-person b").all_inner_texts()

    def enrol(self, name: str) -> None:
        """Type a name for the chosen face."""
        self.see("#who-name textarea, #who-name input").fill(name)
        self.see("#who-enrol").click()

    def remove(self, name: str) -> None:
        """Click a person's cross, and once more to be sure."""
        cross = self.see(f'#who-people [data-remove="{name}"]')
        cross.click()
        cross.click()

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def bring_probe(self, name: str, data: bytes, kind: str = "image/jpeg") -> None:
        """Choose a file as the probe."""
        file = {"name": name, "mimeType": kind, "buffer": data}
        self.see("#who-input input[type=file]").set_input_files(file)
