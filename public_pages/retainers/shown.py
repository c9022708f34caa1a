"""The terms of a retainer as somebody reads them before they begin it; kept with it word for word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from kit.limits import connection_of
from kit.money import format_money
from public_pages.booking.coach import Coach
from public_pages.booking.cookies import holder_of
from tenants.offers.models import SessionType
from tenants.retainers import subscribing, terms
from tenants.retainers.models import Retainer, RetainerPlan


@dataclass(frozen=True, slots=True)
class Shown:
    """What one begins, for how much, by which rules, and what one allows to be charged."""

    coach: Coach
    terms: RetainerPlan | Retainer
    name: str
    rules: list[str]
    mandate: str

    @property
    def price(self) -> str:
        return format_money(self.terms.price_minor, self.terms.currency, self.coach.locale)

    @property
    def price_in_words(self) -> str:
        return terms.price_in_words(self.terms, self.coach.locale)

    @property
    def contents(self) -> str:
        return terms.contents(self.terms)

    @property
    def text(self) -> str:
        """All that is agreed to beside the mandate."""
        return "\n".join([f"{self.name}: {self.contents} for {self.price_in_words}.", *self.rules])

    @property
    def digest(self) -> str:
        return str(self._agreement("", "")["sha256"])

    def accepted(self, request: HttpRequest) -> dict[str, Any]:
        """What was agreed to, where from, and in which browser: that one alone goes on with the order."""
        address = connection_of(request) or str(request.META.get("REMOTE_ADDR", ""))
        return self._agreement(address, holder_of(request))

    def _agreement(self, address: str, browser: str) -> dict[str, Any]:
        return subscribing.agreement(
            text=self.text, mandate=self.mandate, address=address, browser=browser, now=self.coach.now
        )


def shown_of(coach: Coach, of: RetainerPlan | Retainer, types: Sequence[SessionType], *, name: str) -> Shown:
    """`types` are those that can be booked."""
    asked: dict[str, Any] = {"practice": coach.practice, "now": coach.now}
    rules = terms.rule_sentences(of, types=types, **asked)
    mandate = terms.mandate_text(of, name=name, coach=coach.name, **asked)
    return Shown(coach, of, name, [each for each in rules if each], mandate)
