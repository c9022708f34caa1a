"""Which open thing an incoming bank transfer pays for, and why: pure, and never more than a suggestion."""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import Literal

from kit.money import format_money
from kit.words import listing
from tenants.billing import codes

MOST_TOGETHER = 4
MOST_LOOKED_AT = 14
MOST_CANDIDATES = 5
# Names shorter than this are only the same when they are equal.
LONG_ENOUGH = 5
ALIKE = 0.84
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """What the bank says of one transfer. `amount_minor` is above 0."""

    amount_minor: int
    currency: str
    payer: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that is open: `amounts` are those that it could be paid in, all that is owed the first.

    `names` are of who may pay for it, `labels` what papers about it are numbered.
    """

    charge_id: uuid.UUID
    client_id: uuid.UUID
    client: str
    what: str
    currency: str
    amounts: tuple[int, ...]
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def owed_minor(self) -> int:
        return self.amounts[0]

    @property
    def code(self) -> str:
        return codes.code_of(self.charge_id)

    @property
    def whose(self) -> str:
        """ "Cleo's 10-session pack"."""
        return f"{self.client}’s {self.what}"


@dataclass(frozen=True, slots=True)
class Share:
    """So much of the transfer is for this."""

    owed: Owed
    minor: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`shares` add up to the transfer where it is clear what it pays for; otherwise `candidates` are what it
    could be, the likeliest first, and `words` say why in either case."""

    kind: Literal["clear", "ask", "unknown"]
    words: str
    shares: tuple[Share, ...] = ()
    candidates: tuple[Owed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """One open thing beside the transfer."""

    owed: Owed
    named: tuple[str, ...]
    likeness: float
    fits: bool


def suggest(line: Incoming, opens: Iterable[Owed], *, locale: str = "en") -> Suggestion:
    """What the transfer pays for, as far as its reference, its amount and its payer tell.

    A code or number in the reference decides; then amount and name together. The amount alone, or a name
    alone, decides nothing: it asks. The order of `opens` does not matter.
    """
    same = sorted((each for each in opens if each.currency == line.currency), key=_order)
    seen = [_look(line, each) for each in same]
    named = [each for each in seen if each.named]
    if named:
        return _by_name_of_it(line, named, locale)
    known = [each for each in seen if each.likeness == 1]
    return _by_payer(line, known, locale) if known else _by_hints(line, seen, locale)


def _order(owed: Owed) -> tuple[str, str, str]:
    return owed.client, owed.what, str(owed.charge_id)


def _look(line: Incoming, owed: Owed) -> _Seen:
    return _Seen(owed, _named(line, owed), _likeness(line, owed), line.amount_minor in owed.amounts)


# --- the reference ------------------------------------------------------------------------------------


def _named(line: Incoming, owed: Owed) -> tuple[str, ...]:
    """What of it stands in the reference: its code, numbers of its papers."""
    code = (owed.code,) if codes.stands_in(owed.code, line.text) else ()
    return (*code, *(label for label in owed.labels if _stands_in(label, line.text)))


def _stands_in(label: str, text: str) -> bool:
    """A paper's number, however it was spaced: "R 2026 0007" is R-2026-0007, R-2026-00071 is not."""
    parts = re.findall("[0-9a-z]+", label.casefold())
    pattern = r"[^0-9a-z]*".join(parts)
    return bool(parts) and bool(re.search(rf"(?<![0-9a-z]){pattern}(?![0-9])", text.casefold()))


def _by_name_of_it(line: Incoming, named: Sequence[_Seen], locale: str) -> Suggestion:
    reference = f"The reference names {listing(_marks(named), locale)}"
    if len(named) == 1:
        return _one_named(line, named[0], reference, locale)
    if sum(each.owed.owed_minor for each in named) == line.amount_minor:
        what = listing([each.owed.whose for each in named], locale)
        return _clear([_whole(each) for each in named], f"{reference}: {what}, and the amount is their sum.")
    return _ask(named, f"{reference}, but the amount is not their sum. Choose what it pays for.")


def _marks(named: Sequence[_Seen]) -> list[str]:
    return [each.named[-1] for each in named]


def _one_named(line: Incoming, seen: _Seen, reference: str, locale: str) -> Suggestion:
    owed, amount = seen.owed, format_money(seen.owed.owed_minor, line.currency, locale)
    if line.amount_minor > owed.owed_minor:
        return _ask([seen], f"{reference}, but this is more than the {amount} owed for {owed.whose}.")
    share = Share(owed, line.amount_minor)
    if seen.fits:
        return _clear([share], f"Same amount as {owed.whose}, and the reference names {seen.named[-1]}.")
    return _clear([share], f"{reference}: a part of the {amount} owed for {owed.whose}.")


# --- the payer ----------------------------------------------------------------------------------------


def _by_payer(line: Incoming, known: Sequence[_Seen], locale: str) -> Suggestion:
    fitting = [each for each in known if each.fits]
    if len(fitting) == 1:
        owed = fitting[0].owed
        return _clear(
            [Share(owed, line.amount_minor)], f"Same amount as {owed.whose}, and the payer’s name fits."
        )
    if fitting:
        return _ask(fitting, "The amount and the payer’s name fit several things. Choose one.")
    sums = _sums(line.amount_minor, known)
    if len(sums) == 1:
        what = listing([each.owed.whose for each in sums[0]], locale)
        return _clear(
            [_whole(each) for each in sums[0]], f"The payer’s name fits, and the amount is the sum of {what}."
        )
    if sums:
        return _ask(known, "The payer’s name fits, and several sums make this amount. Choose.")
    return _ask(known, f"The payer’s name fits {_people(known, locale)}, but no amount that is open.")


def _sums(amount_minor: int, known: Sequence[_Seen]) -> list[tuple[_Seen, ...]]:
    """Which of one client's open things add up to the amount; each combination once."""
    found: list[tuple[_Seen, ...]] = []
    for client_id in sorted({each.owed.client_id for each in known}):
        own = [each for each in known if each.owed.client_id == client_id][:MOST_LOOKED_AT]
        for count in range(2, min(MOST_TOGETHER, len(own)) + 1):
            fits = (c for c in combinations(own, count) if _sum(c) == amount_minor)
            found.extend(fits)
    return found


def _sum(several: Iterable[_Seen]) -> int:
    return sum(each.owed.owed_minor for each in several)


def _by_hints(line: Incoming, seen: Sequence[_Seen], locale: str) -> Suggestion:
    """Nothing is certain here: somebody else may pay, or a name is only alike."""
    alike = [each for each in seen if each.likeness > 0]
    both = [each for each in alike if each.fits]
    if both:
        return _ask(both, f"Same amount, and the payer’s name is like {_people(both, locale)}.")
    fitting = [each for each in seen if each.fits]
    if fitting:
        who = "another name" if line.payer else "no name"
        return _ask(fitting, f"Same amount, but {who} on the transfer. Choose, if it is for one of these.")
    if alike:
        return _ask(alike, f"The payer’s name is like {_people(alike, locale)}, but no amount fits.")
    if codes.named_in(line.text):
        return Suggestion("unknown", "The reference bears a payment code, but nothing open has it any more.")
    return Suggestion("unknown", "Nothing that is open has this amount, this name or this reference.")


def _people(seen: Iterable[_Seen], locale: str) -> str:
    return listing(list(dict.fromkeys(each.owed.client for each in seen)), locale)


def _whole(seen: _Seen) -> Share:
    return Share(seen.owed, seen.owed.owed_minor)


def _clear(shares: Sequence[Share], words: str) -> Suggestion:
    return Suggestion("clear", words, shares=tuple(shares))


def _ask(seen: Sequence[_Seen], words: str) -> Suggestion:
    likeliest = sorted(seen, key=lambda each: (not each.fits, -each.likeness, _order(each.owed)))
    return Suggestion("ask", words, candidates=tuple(each.owed for each in likeliest[:MOST_CANDIDATES]))


# --- names --------------------------------------------------------------------------------------------


def _likeness(line: Incoming, owed: Owed) -> float:
    """1 where the payer is somebody who may pay for it; above 0 where the names are alike."""
    said = line.payer or line.text
    return max((likeness(name, said) for name in (owed.client, *owed.names)), default=0.0)


def likeness(name: str, said: str) -> float:
    """How much of a person's name stands in what a bank has written: 1 for all of it, in any order, with or
    without accents; 0 for none of it."""
    parts, words = _words(name), _words(said)
    if not parts:
        return 0.0
    return sum(any(_same(part, word) for word in words) for part in parts) / len(parts)


def _words(text: str) -> list[str]:
    """The words of a name, however a bank has spelled it. Single letters tell nothing."""
    composed = unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", composed) if not unicodedata.combining(c))
    return [word for word in re.findall(r"\w+", plain) if len(word) > 1]


def _same(part: str, word: str) -> bool:
    if part == word or _flat(part) == _flat(word):
        return True
    long_enough = min(len(part), len(word)) >= LONG_ENOUGH
    return long_enough and SequenceMatcher(None, part, word).ratio() >= ALIKE


def _flat(word: str) -> str:
    """Some banks write Müller as Mueller, others as Muller."""
    return re.sub("(a|o|u)e", r"\1", word)
