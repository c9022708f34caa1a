"""The colour that a coach's pages take: one of ours, or the coach's own, made readable by day and by night.

Of a colour of their own the hue stays, and as much of its lightness as words on it and in it can be read
with: 4.5 to 1 for words, 3 to 1 for edges (WCAG 2.2, 1.4.3 and 1.4.11). Sums are in OKLCH.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

ACCENTS = ("teal", "blue", "indigo", "plum", "rose", "clay", "green", "graphite")
"""The accents a coach may choose; each is a block of the stylesheet's tokens."""

# Hue and strength of those blocks, for mails, which know no stylesheet.
HUES: Final = {
    "teal": (185, 0.078),
    "blue": (250, 0.115),
    "indigo": (277, 0.125),
    "plum": (330, 0.115),
    "rose": (8, 0.12),
    "clay": (45, 0.1),
    "green": (150, 0.1),
    "graphite": (70, 0.012),
}
WORDS, EDGES = 4.5, 3.0
_WRITTEN = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})")
_STEP = 0.005

Lch = tuple[float, float, float]


class BadColour(Exception):
    """What was typed is no colour. The message says how one is written."""


@dataclass(frozen=True, slots=True)
class Theme:
    """What words of the accent stand on, and what stands on the accent, as the stylesheet has them."""

    on_fill: Lch
    paper: Lch
    surface: Lch
    sunken: Lch
    tint: tuple[float, float]
    hover_step: float

    @property
    def direction(self) -> int:
        """Where more contrast is: darker by day, lighter by night."""
        return -1 if self.surface[0] > 0.5 else 1


# As in foundation.css; a test compares them.
LIGHT: Final = Theme((1, 0, 80), (0.985, 0.003, 80), (1, 0, 80), (0.962, 0.005, 80), (0.955, 0.22), 0.06)
DARK: Final = Theme(
    (0.19, 0.006, 70), (0.19, 0.006, 70), (0.225, 0.007, 70), (0.265, 0.008, 70), (0.29, 0.42), 0.07
)


@dataclass(frozen=True, slots=True)
class Shades:
    """A colour as one theme shows it; each is #rrggbb."""

    accent: str
    hover: str
    text: str
    tint: str
    on_fill: str
    surface: str

    @property
    def contrast_of_words(self) -> float:
        """Of what stands on a button."""
        return contrast(self.on_fill, self.accent)

    @property
    def contrast_of_links(self) -> float:
        return contrast(self.text, self.surface)


def own_colour(typed: str) -> str:
    """A colour as it is kept: #rrggbb in small letters. Raises BadColour."""
    found = _WRITTEN.fullmatch(typed.strip().lower())
    if found is None:
        raise BadColour("Write a colour as # and six digits or letters from a to f, such as #1f6f5c.")
    digits = found[1] if len(found[1]) == 6 else "".join(each * 2 for each in found[1])
    return f"#{digits}"


def of_accent(accent: str) -> str:
    """One of our own accents as a colour, for where its name says nothing."""
    hue, chroma = HUES[accent]
    return _hex((0.46, chroma, hue))


@lru_cache(maxsize=2048)
def shades(colour: str, theme: Theme = LIGHT) -> Shades:
    """A colour for one theme: as it is where it can be read, else the nearest of its hue that can."""
    lightness, chroma, hue = _lch(colour)
    tint_lightness, tint_share = theme.tint
    tint = _hex((tint_lightness, min(chroma, 0.16) * tint_share, hue))
    on_fill = _hex(theme.on_fill)
    grounds = [_hex(each) for each in (theme.paper, theme.surface, theme.sunken)]

    def of(light: float) -> str:
        return _hex((light, chroma, hue))

    def can_be_a_button(each: str) -> bool:
        return contrast(on_fill, each) >= WORDS and all(contrast(each, ground) >= EDGES for ground in grounds)

    def can_be_read(each: str) -> bool:
        return all(contrast(each, ground) >= WORDS for ground in (*grounds, tint))

    fill = _nearest(lightness, theme.direction, of, can_be_a_button)
    return Shades(
        accent=of(fill),
        hover=of(_hovered(fill, theme, of, can_be_a_button)),
        text=of(_nearest(lightness, theme.direction, of, can_be_read)),
        tint=tint,
        on_fill=on_fill,
        surface=_hex(theme.surface),
    )


def is_kept(colour: str) -> bool:
    """Whether buttons have the very colour by day; else a darker one of its hue."""
    return shades(colour).accent == colour


def stylesheet(colour: str) -> str:
    """The tokens of a colour of the coach's own, for what has its six digits as `data-accent`."""
    day, night = shades(colour, LIGHT), shades(colour, DARK)
    tokens = {
        "accent": (day.accent, night.accent),
        "accent-hover": (day.hover, night.hover),
        "accent-text": (day.text, night.text),
        "accent-tint": (day.tint, night.tint),
    }
    lines = "".join(f"--{name}:light-dark({one},{other});" for name, (one, other) in tokens.items())
    return f'@layer tokens{{[data-accent="{colour[1:]}"]{{{lines}}}}}\n'


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _nearest(
    lightness: float, direction: int, of: Callable[[float], str], is_good: Callable[[str], bool]
) -> float:
    """The first lightness in that direction that is good; black or white is, for what is asked here."""
    while 0 <= lightness <= 1 and not is_good(of(lightness)):
        lightness += direction * _STEP
    return lightness


def _hovered(fill: float, theme: Theme, of: Callable[[float], str], is_good: Callable[[str], bool]) -> float:
    """A step on; where there is no room for one, a step back, as far as it can be read."""
    on = fill + theme.direction * theme.hover_step
    back = fill - theme.direction * theme.hover_step
    return on if 0.05 < on < 0.97 or not is_good(of(back)) else back


# --- between sRGB and OKLCH (https://bottosson.github.io/posts/oklab/) --------------------------------


def _lch(colour: str) -> Lch:
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _hex(lch: Lch) -> str:
    """As a screen can show it: where it cannot, less strong at the same lightness."""
    lightness, chroma, hue = lch
    for strength in (chroma * part / 50 for part in range(50, -1, -1)):
        linear = _rgb(lightness, strength, hue)
        if all(-0.0005 <= part <= 1.0005 for part in linear):
            return _written(linear)
    return _written([lightness**3] * 3)


def _rgb(lightness: float, chroma: float, hue: float) -> list[float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return [
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    ]


def _written(linear: Sequence[float]) -> str:
    shown = [min(max(part, 0), 1) for part in linear]
    curved = [12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in shown]
    return "#" + "".join(f"{round(255 * part):02x}" for part in curved)


def _linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
