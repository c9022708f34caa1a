"""Contrast of every pair of colours that carries words or edges, computed from the stylesheet's tokens."""

import math
import re
from pathlib import Path

import pytest

from ui.accents import ACCENTS

TOKENS = (Path(__file__).parents[2] / "platform/ui/static/ui/foundation.css").read_text()
WORDS, EDGES = 4.5, 3.0
LIGHT, DARK = 0, 1

ON_EVERYTHING = ("paper", "surface", "sunken")
WORD_PAIRS = [
    *[(words, ground) for words in ("ink", "quiet", "accent-text") for ground in ON_EVERYTHING],
    *[("on-fill", fill) for fill in ("accent", "accent-hover", "problem-fill", "problem")],
    *[(words, "accent-tint") for words in ("ink", "quiet", "accent-text")],
    *[("quiet", "neutral-tint")],
    *[
        (words, ground)
        for meaning in ("paid", "attention", "problem", "neutral")
        for words, ground in ((meaning, f"{meaning}-tint"), ("ink", f"{meaning}-tint"), (meaning, "surface"))
    ],
]
EDGE_PAIRS = [("edge", "paper"), ("edge", "surface"), ("accent", "surface"), ("accent-text", "accent-tint")]


def accent_of(name: str) -> tuple[float, float]:
    found = re.search(rf'\[data-accent="{name}"\] {{ --hue: ([\d.]+); --chroma: ([\d.]+);', TOKENS)
    assert found, f"the stylesheet lacks the accent {name}"
    return float(found[1]), float(found[2])


def colour(token: str, theme: int, hue: float, chroma: float) -> tuple[float, float, float]:
    found = re.search(rf"--{token}: light-dark\(\s*oklch\((.+?)\),\s*oklch\((.+?)\)\s*\);", TOKENS)
    assert found, f"the stylesheet lacks the token {token}"
    written = found[theme + 1].replace("calc(", "").replace(")", "")
    written = re.sub(r"var\(--chroma \* ([\d.]+)", lambda m: str(chroma * float(m[1])), written)
    written = written.replace("var(--chroma", str(chroma)).replace("var(--hue", str(hue))
    lightness, strength, angle = (float(part) for part in written.split())
    return lightness, strength, angle


def luminance(lightness: float, chroma: float, hue: float) -> float:
    """Relative luminance (WCAG 2) of an OKLCH colour, clipped to sRGB as a screen clips it."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(max(part, 0), 1) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, theme: int, accent: str) -> float:
    hue, chroma = accent_of(accent)
    lights = [luminance(*colour(token, theme, hue, chroma)) for token in (one, other)]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_the_measure_knows_black_on_white() -> None:
    assert (luminance(1, 0, 0) + 0.05) / (luminance(0, 0, 0) + 0.05) == pytest.approx(21, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
def test_words_can_be_read_in_every_accent_and_theme(accent: str, theme: int) -> None:
    weak = {pair: round(found, 2) for pair in WORD_PAIRS if (found := contrast(*pair, theme, accent)) < WORDS}
    assert weak == {}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
def test_edges_of_controls_can_be_seen(accent: str, theme: int) -> None:
    weak = {pair: round(found, 2) for pair in EDGE_PAIRS if (found := contrast(*pair, theme, accent)) < EDGES}
    assert weak == {}
