"""What is wrong with a page, as far as a machine can tell: for readers, for fingers, on small screens."""

import json
from pathlib import Path
from typing import Any

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
NARROWEST, WIDE = 320, 1280
LEAST_TARGET = 24
TARGETS = "button, select, input:not([type=hidden]), a.button, summary, nav a, a.row, a.choice"
AXE = Axe().axe_script
# Its rule for contrast does not understand oklch(), so ours takes its place.
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "rules": {"color-contrast": {"enabled": False}},
    "resultTypes": ["violations"],
}


class Findings:
    """What is wrong with the pages that one browser has come to."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._found: list[str] = []

    def look(self, name: str) -> None:
        # Until the styles are there, everything is small.
        self._page.wait_for_load_state()
        self._note(name, _axe(self._page))
        for scheme in ("dark", "light"):
            self._page.emulate_media(color_scheme=scheme)
            self._note(f"{name}, {scheme}", self._page.evaluate(CONTRAST))
        self._note(name, _small_targets(self._page))
        self._note(name, _sideways(self._page))

    def none(self) -> None:
        assert not self._found, "\n".join(self._found)

    def _note(self, name: str, found: list[str]) -> None:
        self._found += [f"{name}: {each}" for each in found]


def _axe(page: Page) -> list[str]:
    if page.evaluate("!window.axe"):
        page.evaluate(AXE)
    answer: dict[str, Any] = page.evaluate("options => axe.run(options)", AXE_OPTIONS)
    return [
        f"{each['id']}: {each['help']}: {json.dumps([node['target'] for node in each['nodes']][:3])}"
        for each in answer["violations"]
        if each["impact"] in SERIOUS
    ]


def _small_targets(page: Page) -> list[str]:
    """What a finger can miss: buttons, fields, and links that stand alone (WCAG 2.5.8)."""
    small: list[str] = page.evaluate(
        """([things, least]) => [...document.querySelectorAll(things)]
            .filter(one => one.checkVisibility() && !one.closest(".hidden-words"))
            .map(one => [one, one.getBoundingClientRect()])
            .filter(([one, box]) => box.width && (box.width < least || box.height < least))
            .filter(([one]) => !/radio|checkbox/.test(one.type)
                || one.labels[0].getBoundingClientRect().height < least)
            .map(([one, box]) => `${box.width | 0}×${box.height | 0} px: ${one.outerHTML.slice(0, 90)}`)""",
        [TARGETS, LEAST_TARGET],
    )
    return small


def _sideways(page: Page) -> list[str]:
    """What sticks out where the screen is narrow, or where the letters are twice as large."""
    size = page.viewport_size
    assert size
    found = []
    for words, width, letters in (("at 320 px", NARROWEST, ""), ("with text of 200 %", WIDE // 2, "200%")):
        page.set_viewport_size({"width": width, "height": 740})
        page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
        # A phone widens its window to what sticks out, so the window says nothing.
        out = page.evaluate("document.documentElement.scrollWidth") - width
        if out > 0:
            found.append(f"{words} it is {out} px too wide: {_widest(page, width)}")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(size)
    return found


def _widest(page: Page, width: int) -> str:
    words: str = page.evaluate(
        """width => [...document.querySelectorAll("body *")]
            .filter(one => one.getBoundingClientRect().right > width + 1)
            .slice(-2).map(one => one.outerHTML.slice(0, 120)).join(" | ")""",
        width,
    )
    return words
