"""A short code for each charge, for payers to write on a bank transfer.

Eight letters and digits without those that look alike, the last of which checks the others: one slip of the
pen never makes the code of something else.
"""

import re
import uuid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_BASE = len(ALPHABET)
_AS_MEANT = str.maketrans("OIL", "011")
_WORD = re.compile(r"(?<![0-9A-Z])([0-9A-Z]{4})[-. ]?([0-9A-Z]{4})(?![0-9A-Z])")


def code_of(charge_id: uuid.UUID) -> str:
    """The code of a charge: "K7QF-3M9X". It is no secret, and opens nothing."""
    rest, signs = charge_id.int, ""
    for _ in range(LENGTH - 1):
        rest, place = divmod(rest, _BASE)
        signs += ALPHABET[place]
    return spaced(signs + _check(signs))


def spaced(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"


def named_in(text: str) -> frozenset[str]:
    """The codes in what a payer wrote, as `code_of` writes them: without the dash too, and with O for 0.

    Only what checks, and has a digit: words of eight letters are no codes.
    """
    found = ("".join(match.groups()) for match in _WORD.finditer(_upper(text)))
    return frozenset(
        spaced(code) for each in found if _checks(code := each.translate(_AS_MEANT)) and _has_digit(each)
    )


def stands_in(code: str, text: str) -> bool:
    """Whether a text holds this code, even where a bank has run its words together or broken the line."""
    return code.replace("-", "") in re.sub("[^0-9A-Z]", "", _upper(text)).translate(_AS_MEANT)


def _upper(text: str) -> str:
    return text.upper()


def _has_digit(code: str) -> bool:
    return any(sign.isdigit() for sign in code)


def _checks(code: str) -> bool:
    return set(code) <= set(ALPHABET) and _check(code[:-1]) == code[-1]


def _check(signs: str) -> str:
    """The Luhn sum in this alphabet: any one wrong sign changes it, and nearly any two that were swapped."""
    total = 0
    for place, sign in enumerate(reversed(signs)):
        doubled = ALPHABET.index(sign) * (2 if place % 2 == 0 else 1)
        total += doubled // _BASE + doubled % _BASE
    return ALPHABET[-total % _BASE]
