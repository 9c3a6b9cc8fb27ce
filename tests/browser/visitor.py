"""What a visitor sees and does: on any page, and on that of face verification."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request
    from serving import Server

EMBEDDED = "dlib ResNet-29, 128-d"
NARROW = {"width": 390, "height": 844}
"""A phone, upright."""
SLOW = 180_000
"""Milliseconds after which something hangs, and is not just slow on a busy machine."""
NOT_OURS = re.compile(
    r"^Failed to load resource: "  # The browser's own word on an answer that a test expects.
    r"|^Method not implemented\.$"  # gradio's stream of answers, whenever one has been read.
    r"|^AbortError: |^Response$|^TypeError: network error$"  # … or one is cut off.
    r"|^Unexpected error (Connection errored out|Server stopped unexpectedly)"
    r"|^Canvas2D: Multiple readback"  # The tests' own looks at what is drawn.
)
"""What the console may be told."""
MOVE = """(one, value) => {
  one.value = value;
  one.dispatchEvent(new Event("input", { bubbles: true }));
}"""

STILL = """([selector, milliseconds]) => new Promise((done) => {
  let timer;
  const watch = new MutationObserver(() => again());
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { watch.disconnect(); done(true); }, milliseconds);
  };
  const what = { subtree: true, childList: true, characterData: true, attributes: true };
  watch.observe(document.querySelector(selector), what);
  again();
})"""

PRESS = """([selector, text]) => {
  const button = document.querySelector(selector);
  if (!button || button.disabled || !new RegExp(text).test(document.body.innerText)) return false;
  button.click();
  return true;
}"""


class Visitor:
    """A browser context of its own with one tab.

    Attributes:
        errors: What the page's scripts threw, and what they told the console as an error or a
            warning.
        requests: Every request since the tab was opened, but those that ask, a second after a
            call, whether it waits.
    """

    def __init__(self, context: BrowserContext, url: str, query: str = ""):
        self.context, self.url, self.query = context, url, query
        self.page = context.new_page()
        self.errors: list[str] = []
        self.requests: list[Request] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("request", self._note)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not NOT_OURS.search(said.text):
            self.errors.append(f"{said.type} on the console: {said.text}")

    def _note(self, request: Request) -> None:
        if "/waiting/" not in request.url:
            self.requests.append(request)

    def see(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def hand_in(self, where: str, name: str, data: bytes, kind: str = "image/jpeg") -> None:
        """Choose a file of these bytes for an upload."""
        file = {"name": name, "mimeType": kind, "buffer": data}
        self.see(f"{where} input[type=file]").set_input_files(file)

    def move(self, slider: str, value: float) -> None:
        """Drag a slider."""
        self.see(f"{slider} input[type=range]").evaluate(MOVE, value)

    def choose(self, dropdown: str, text: str) -> None:
        """Open a dropdown and take the option whose text begins so."""
        self.see(f"#{dropdown} input").click()
        self.page.get_by_role("option").filter(has_text=text).first.click()

    def press_at_once(self, selector: str, text: str = "") -> None:
        """Press a button in the moment in which it can be pressed and the page shows such a text:
        what runs may have ended before a click that is sent from here arrives.

        Args:
            text: A regular expression.
        """
        self.page.wait_for_function(PRESS, arg=[selector, text], timeout=2 * SLOW)

    def still(self, selector: str = "gradio-app", milliseconds: int = 300) -> None:
        """Wait until nothing in a part of the page has changed for a while."""
        self.page.wait_for_function(STILL, arg=[selector, milliseconds])

    def drawn(self) -> None:
        """Wait until the browser has drawn what was asked of it so far."""
        two = "() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))"
        self.page.evaluate(two)

    def pictures(self) -> set[str]:
        """The sources of all pictures on the page."""
        return set(self.see("img").evaluate_all("all => all.map(one => one.src)"))

    @property
    def overflow(self) -> int:
        """Pixels by which the page is wider than its window: how far one must scroll sideways."""
        return self.page.evaluate(
            "() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"
        )

    def lightness(self, selector: str, name: str = "color") -> float:
        """Of a colour of the first such element: 0 black to 1 white."""
        colour = self.see(selector).first.evaluate(
            f"one => getComputedStyle(one).{name}.match(/[\\d.]+/g).slice(0, 3).map(Number)"
        )
        return sum(colour) / 765


class Comparer(Visitor):
    """A visitor of the face-verification page."""

    def open(self) -> Comparer:
        """Go to the page and wait until it has settled: compared, and networks looked after."""
        self.page.goto(f"{self.url}face-verification{self.query}")
        self.see("[data-verdict]").wait_for()
        self.see("#model-apart").get_by_text("cannot be had", exact=False).wait_for()
        return self

    @property
    def word(self) -> str:
        return self.see("[data-verdict]").inner_text()

    @property
    def rule(self) -> Locator:
        """The line with d and tau."""
        return self.see("#verdict .pv-rule")

    @property
    def distance(self) -> float:
        return float(re.search(r"d = (\d+\.\d{3})\b", self.rule.inner_text())[1])

    @property
    def tau(self) -> Locator:
        return self.see("#tau input[type=range]")

    def rate(self, name: str, where: str = "#curves") -> float:
        """FMR or FNMR as shown, as a share of one."""
        return percent(self.see(f"{where} [data-{name}]").inner_text())

    def boxes(self, side: str) -> list[bool]:
        """For each boxed face in order, whether it is the compared one."""
        pressed = self.see(f"#view-{side} [data-face]").evaluate_all(
            "all => all.map(one => one.getAttribute('aria-pressed'))"
        )
        return [each == "true" for each in pressed]

    def take(self, side: str, key: str) -> None:
        """Click a bundled picture."""
        self.see(f"#view-{side} [data-example={key}]").click()

    def upload(self, side: str, name: str, data: bytes, kind: str = "image/jpeg") -> None:
        """Choose a file for a slot."""
        self.hand_in(f"#input-{side}", name, data, kind)

    def wait_for_distance(self, old: float, limit: float = SLOW) -> float:
        """The new distance, once it differs from the old one."""
        self.page.wait_for_function(
            "old => { const at = document.querySelector('#verdict .pv-rule b');"
            " return at && at.textContent !== old; }",
            arg=f"d = {old:.3f}",
            timeout=limit,
        )
        return self.distance

    # --- the laboratory -----------------------------------------------------------------------

    def go_to_laboratory(self) -> None:
        self.page.get_by_role("tab", name="Threshold laboratory").click()
        self.see("#lab-model").wait_for()

    def bring(self, path: Path) -> None:
        """Choose a zip for the laboratory."""
        self.see("#lab-zip input[type=file]").set_input_files(path)


def percent(text: str) -> float:
    """A shown percentage as a share of one."""
    return float(text.removesuffix("%").strip()) / 100


def left_behind(server: Server) -> list[str]:
    """The files that stay in the server's temp folder; those of visitors before go in a moment."""
    ends = time.monotonic() + 30
    while any(path.is_file() for path in server.temp.rglob("*")) and time.monotonic() < ends:
        time.sleep(0.02)
    return [str(path) for path in server.temp.rglob("*") if path.is_file()]
