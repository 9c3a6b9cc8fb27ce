"""What a visitor of the signal page sees and does."""

from __future__ import annotations

from browser.visitor import SLOW, Visitor


class Listener(Visitor):
    """A visitor of the signal page."""

    def open(self) -> Listener:
        """Go to the page and wait until the recorded beats are on screen."""
        self.page.goto(f"{self.url}signal-classification{self.query}")
        self.see("#sg-answer .sg-piece").first.wait_for()
        self.see("#sg-kernels [data-place]").wait_for()
        return self

    def train(self, name: str, seconds: int, network: str = "", steps: int = 0) -> None:
        """Choose a set that comes with aeon and train on it, with the nearest neighbour beside."""
        self.tab("Train")
        self.choose("sg-set", name)
        self.see("#sg-about .sg-set").wait_for(timeout=SLOW)
        for place, value in (("budget", seconds), ("steps", steps)):
            if value:
                typed = self.see(f"#sg-{place} input[type=number]")
                typed.fill(str(value))
                typed.press("Tab")
        if network:
            self.see("#sg-network").get_by_label(network).check()
        self.see("#sg-beside").get_by_label("MiniRocket").uncheck()
        self.see("#sg-train").click()

    def wait_for(self, state: str, limit: float = 2 * SLOW) -> None:
        """ready, waiting, running or done."""
        self.see(f'#sg-status [data-state="{state}"]').wait_for(timeout=limit)

    @property
    def best(self) -> str:
        """The class that the shown signal is said to be of."""
        return self.see("#sg-answer .sg-answer b").inner_text()

    def draw(self, heights: list[float]) -> None:
        """Draw with the mouse, at even steps from left to right; 0 low, 1 high."""
        self.see("[data-pad]").scroll_into_view_if_needed()
        box = self.see("[data-pad]").bounding_box()
        for i, height in enumerate(heights):
            x = box["x"] + box["width"] * (i + 0.5) / len(heights)
            self.page.mouse.move(x, box["y"] + box["height"] * (1 - height))
            if i == 0:
                self.page.mouse.down()
        self.page.mouse.up()
