"""A coach's own colour: kept where it can be read, moved to the nearest that can where it cannot."""

import random
import re

import pytest

from tests.unit.test_ui_colours import TOKENS, accent_of
from ui.accents import (
    ACCENTS,
    DARK,
    HUES,
    LIGHT,
    BadColour,
    Theme,
    contrast,
    is_kept,
    of_accent,
    own_colour,
    shades,
    stylesheet,
)

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
ODD = ["#000000", "#ffffff", "#ffff00", "#00ff00", "#0000ff", "#ff0000", "#ff5500", "#777777", "#010101"]


def some_colours() -> list[str]:
    chosen = random.Random(7)
    return [*ODD, *(f"#{chosen.randrange(1 << 24):06x}" for _ in range(150))]


@THEMES
def test_words_can_be_read_on_and_in_every_colour(theme: Theme) -> None:
    for colour in some_colours():
        found = shades(colour, theme)
        pairs = [
            (found.on_fill, found.accent),
            (found.on_fill, found.hover),
            (found.text, found.surface),
            (found.text, found.tint),
        ]
        assert min(contrast(*pair) for pair in pairs) >= 4.5, (colour, found)
        assert contrast(found.accent, found.surface) >= 3, (colour, found)


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert shades("#3366cc").accent == "#3366cc"
    assert is_kept("#3366cc")
    assert not is_kept("#ffff00")


def test_hovering_can_be_seen() -> None:
    for colour in some_colours():
        for theme in (LIGHT, DARK):
            found = shades(colour, theme)
            assert found.hover != found.accent or colour == "#000000", colour


@pytest.mark.parametrize(
    ("typed", "kept"), [("#3366CC", "#3366cc"), ("3366cc", "#3366cc"), (" #36c ", "#3366cc")]
)
def test_a_colour_is_written_in_one_way(typed: str, kept: str) -> None:
    assert own_colour(typed) == kept


@pytest.mark.parametrize("typed", ["", "red", "#12", "#3366cc;", "#33 66cc", "url(x)", "#gggggg"])
def test_what_is_no_colour_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(BadColour, match="#1f6f5c"):
        own_colour(typed)


def test_the_sheet_names_its_colour_and_its_four_tokens_for_both_themes() -> None:
    sheet = stylesheet("#3366cc")
    assert sheet.startswith('@layer tokens{[data-accent="3366cc"]{')
    assert re.findall(r"--([a-z-]+):light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\)", sheet) == [
        "accent",
        "accent-hover",
        "accent-text",
        "accent-tint",
    ]


def test_the_sums_know_our_own_accents_and_grounds_as_the_stylesheet_has_them() -> None:
    assert {name: accent_of(name) for name in ACCENTS} == HUES
    assert of_accent("teal") == "#0b665e"
    for token, by_day, by_night in (
        ("on-fill", LIGHT.on_fill, DARK.on_fill),
        ("paper", LIGHT.paper, DARK.paper),
        ("surface", LIGHT.surface, DARK.surface),
        ("sunken", LIGHT.sunken, DARK.sunken),
    ):
        found = re.search(rf"--{token}: light-dark\(oklch\((.+?)\), oklch\((.+?)\)\);", TOKENS)
        assert found, token
        written = [tuple(float(part) for part in each.split()) for each in found.groups()]
        assert written == [by_day, by_night], token
