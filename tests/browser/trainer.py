"""What a visitor of the triplet page sees and does."""

from __future__ import annotations

import json

from browser.visitor import SLOW, Visitor


class Learner(Visitor):
    """A visitor of the triplet page."""

    def open(self) -> Learner:
        """Go to the page and wait until the recorded run is on screen."""
        self.page.goto(f"{self.url}triplet-finetuning{self.query}")
        self.tab("Triplets")
        self.see("#tf-summary .tf-figure").first.wait_for()
        return self

    @property
    def state(self) -> str:
        """running, paused, stopped, done or waiting."""
        return self.see("#tf-status [data-state]").get_attribute("data-state") or ""

    @property
    def names(self) -> list[str]:
        """The networks that the browser remembers."""
        kept = self.page.evaluate("sessionStorage.getItem('paragone-finetuned')")
        return json.loads(kept or "[]")

    def steps(self, number: int) -> None:
        """At most so many."""
        self.see("#tf-steps input[type=number]").fill(str(number))
        self.see("#tf-steps input[type=number]").press("Tab")

    def train(self) -> None:
        self.see("#tf-train").click()

    def wait_for(self, state: str, limit: float = 2 * SLOW) -> None:
        self.see(f'#tf-status [data-state="{state}"]').wait_for(timeout=limit)

    def step(self) -> int:
        """The step that the page shows."""
        words = self.see("#tf-status .pv-model").first.inner_text()
        return int(words.removeprefix("Step ").partition(" of")[0].replace(",", ""))

    @property
    def losses(self) -> list[float]:
        """Of the triplets on screen."""
        shown = self.see("#tf-triplets .tf-top b").all_inner_texts()
        return [float(one) for one in shown]

    @property
    def extent(self) -> float:
        """How far the pictures of the map spread, as a share of its width."""
        places = self.see("#tf-map .tf-place").evaluate_all(
            "all => all.map((one) => parseFloat(one.style.left))"
        )
        return (max(places) - min(places)) / 100
