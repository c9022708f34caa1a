"""How a browser calls itself, in words that its owner knows it by. Pure."""

from typing import Final

# The first that is found counts: browsers name those whose pages they want to be given.
BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
DEVICES: Final = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("CrOS", "a Chromebook"),
    ("Linux", "Linux"),
)


def in_words(agent: str) -> str:
    """ "Chrome on Android", "A browser" where it says nothing that is known."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "A browser")
    device = next((name for sign, name in DEVICES if sign in agent), "")
    return f"{browser} on {device}" if device else browser
