"""What this coach calls a session and a client: a lesson and a student, an appointment and a patient.

As with a language, nobody hands the words along: a sentence names `called.session` where it is made, and
they are those of the practice that the connection works for. Outside of a practice they are the usual ones.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.functional import lazy

from kit.database import typed
from kit.database.base import PUBLIC
from tenants.offers.models import Practice

LONGEST = 30
_KEPT: Final = "_words"
# Heard, not written: an hour, a unit.
_WITH_AN = re.compile(r"(?!one|once|eu|u[bfnrst][aeiou])[aeiou]|hour|honest|heir", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """The four nouns, as they stand within a sentence."""

    session: str = "session"
    sessions: str = "sessions"
    client: str = "client"
    clients: str = "clients"


USUAL: Final = Words()
CHOICES: Final[Mapping[str, Words]] = {
    "session": USUAL,
    "lesson": Words("lesson", "lessons", "student", "students"),
    "appointment": Words("appointment", "appointments", "patient", "patients"),
    "class": Words("class", "classes", "member", "members"),
}


def words_of(practice: Practice) -> Words:
    return Words(**practice.words) if practice.words else USUAL


def kept(words: Words) -> dict[str, str]:
    """As the practice's row has them; nothing for the usual ones."""
    return {} if words == USUAL else asdict(words)


def note(practice: Practice) -> Practice:
    """Whoever reads the practice spares the sentences to come a question of their own."""
    _entered()[_KEPT] = words_of(practice)
    return practice


def words() -> Words:
    """Those of the practice that the connection works for."""
    if typed().schema_name == PUBLIC:
        return USUAL
    known = _entered().get(_KEPT)
    return known if isinstance(known, Words) else words_of(note(Practice.objects.get()))


def _entered() -> dict[str, Any]:
    """What is known of the practice since this connection entered it: it ends with that."""
    return vars(typed().tenant)


def with_article(noun: str) -> str:
    """ "a lesson", "an appointment"."""
    return f"{'an' if _WITH_AN.match(noun) else 'a'} {noun}"


def _first(noun: str) -> str:
    """At the beginning of a sentence."""
    return noun[:1].upper() + noun[1:]


class Called:
    """The words in the shapes that sentences need. Names in capitals begin a sentence."""

    def __init__(self, source: Callable[[], Words]) -> None:
        self._words = source

    @property
    def session(self) -> str:
        return self._words().session

    @property
    def sessions(self) -> str:
        return self._words().sessions

    @property
    def client(self) -> str:
        return self._words().client

    @property
    def clients(self) -> str:
        return self._words().clients

    @property
    def a_session(self) -> str:
        return with_article(self.session)

    @property
    def a_client(self) -> str:
        return with_article(self.client)

    @property
    def Session(self) -> str:
        return _first(self.session)

    @property
    def Sessions(self) -> str:
        return _first(self.sessions)

    @property
    def Client(self) -> str:
        return _first(self.client)

    @property
    def Clients(self) -> str:
        return _first(self.clients)

    @property
    def A_session(self) -> str:
        return _first(self.a_session)

    def of(self, number: int) -> str:
        return self.session if number == 1 else self.sessions

    def count(self, number: int) -> str:
        """ "1 lesson", "3 lessons"."""
        return f"{number} {self.of(number)}"

    def said(self, text: str, **named: str) -> str:
        """A sentence of ours that names the words as `{session}`, `{a_session}`, `{Sessions}`."""
        return text.format_map(_Forms(self, named))


class _Forms(dict[str, str]):
    def __init__(self, source: Called, named: Mapping[str, str]) -> None:
        super().__init__(named)
        self._source = source

    def __missing__(self, name: str) -> str:
        return str(getattr(self._source, name))


called: Final = Called(words)
later: Final = lazy(called.said, str)
"""The same for what is written down before any practice is entered, such as a field's label."""
