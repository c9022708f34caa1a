"""Plans on offer in short, for the page on which one is chosen."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from kit.money import format_money
from tenants.offers.vocabulary import called
from tenants.retainers import terms
from tenants.retainers.models import RetainerPlan
from tenants.retainers.wording import rhythm_in_words


@dataclass(frozen=True, slots=True)
class Card:
    """A plan as it is compared: what a period holds, how often it is charged, what each session costs."""

    plan: RetainerPlan
    contents: str
    every: str
    each: str

    @property
    def href(self) -> str:
        return reverse("retainer_plan", args=[self.plan.slug])

    @property
    def facts(self) -> str:
        """ "4 sessions a month · $50.00 each"."""
        return " · ".join(filter(None, (self.contents, self.each)))


def cards_of(plans: Iterable[RetainerPlan], locale: str) -> list[Card]:
    return [card_of(each, locale) for each in plans]


def card_of(plan: RetainerPlan, locale: str) -> Card:
    minor = terms.per_session_minor(plan)
    amount = format_money(minor, plan.currency, locale) if minor and plan.included != 1 else ""
    each = f"{amount} each" if set(plan.covers.values()) == {1} else f"from {amount} {called.a_session}"
    return Card(plan, terms.contents(plan), rhythm_in_words(terms.rhythm_of(plan)), each if amount else "")
