from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """One of the four things a colour may say, with the icon and word that say it as well."""

    name: str
    icon: str
    word: str


MEANINGS = {
    meaning.name: meaning
    for meaning in (
        Meaning("paid", "circle-check", "Paid"),
        Meaning("attention", "circle-alert", "Needs attention"),
        Meaning("problem", "circle-x", "Problem"),
        Meaning("neutral", "info", "Note"),
    )
}

MESSAGE_MEANINGS = {"success": "paid", "warning": "attention", "error": "problem"}
