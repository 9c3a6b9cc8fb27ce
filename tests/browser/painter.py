"""What a visitor of the style page sees and does."""

from __future__ import annotations

import re

from browser.visitor import SLOW, Visitor


class Painter(Visitor):
    """A visitor of the style page."""

    def open(self) -> Painter:
        """Go to the page and wait until the recorded painting is on screen."""
        self.page.goto(f"{self.url}style-transfer{self.query}")
        self.see("#st-canvas [data-scrub]").wait_for()
        self.see("#st-style1 .pv-photo img").wait_for()
        return self

    def number(self, field: str, value: int) -> None:
        """Type a number beside a slider."""
        typed = self.see(f"#{field} input[type=number]")
        typed.fill(str(value))
        typed.press("Tab")

    def paint(self, size: int = 128, steps: int = 12) -> None:
        self.number("st-size", size)
        self.number("st-steps", steps)
        self.see("#st-paint").click()

    @property
    def state(self) -> str:
        """running, paused, stopped, done, failed or waiting."""
        return self.see("#st-status [data-state]").get_attribute("data-state") or ""

    def wait_for(self, state: str, limit: float = 2 * SLOW) -> None:
        self.see(f'#st-status [data-state="{state}"]').wait_for(timeout=limit)

    def wait_for_words(self, words: str | re.Pattern[str], limit: float = 2 * SLOW) -> None:
        """In the status."""
        self.see("#st-status").filter(has_text=words).wait_for(timeout=limit)

    @property
    def shown(self) -> str:
        """The source of what is seen: the painting, or the step that is looked at."""
        step = self.see("#st-canvas [data-frame]")
        seen = step if step.is_visible() else self.see("#st-canvas [data-after]")
        return seen.get_attribute("src") or ""
