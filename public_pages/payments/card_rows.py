"""The cards that a payer lets the coach keep, as the own page shows them."""

from dataclasses import dataclass

from django.template.defaultfilters import capfirst
from django.urls import reverse

from connect.models import ConnectAccount
from public_pages.booking.coach import Coach
from public_pages.booking.wording import DECLINES
from tenants.billing.cards import cards_of
from tenants.billing.models import SavedCard
from tenants.billing.tenders import card_in_words
from tenants.clients.models import Client


@dataclass(frozen=True, slots=True)
class CardRow:
    """One card with its state. `pays`: what is charged by itself goes to this one."""

    card: SavedCard
    name: str
    until: str
    meaning: str
    state: str
    note: str
    can_pay: bool
    pays: bool
    replace_url: str
    remove_url: str


def card_rows(payer: Client, coach: Coach, token: str) -> list[CardRow]:
    """The newest first: that is the one which pays, if it can."""
    account_id = account_of(coach)
    cards = cards_of(payer.pk)
    usable = [each for each in cards if can_pay(each, account_id)]
    return [
        _row(each, token, can=each in usable, pays=each == usable[0] if usable else False) for each in cards
    ]


def account_of(coach: Coach) -> str:
    """Where cards are charged now; a card of an account that was closed since can pay nothing."""
    rows = ConnectAccount.objects.filter(schema_name=coach.tenant.schema_name)
    return rows.values_list("account_id", flat=True).first() or ""


def can_pay(card: SavedCard, account_id: str) -> bool:
    return not card.refused and card.account_id == account_id


def _row(card: SavedCard, token: str, *, can: bool, pays: bool) -> CardRow:
    state = ("paid", "In use") if pays else ("neutral", "Kept") if can else ("problem", "Cannot be charged")
    return CardRow(
        card=card,
        name=capfirst(card_in_words(str(card))),
        until=f"{card.exp_month:02d}/{card.exp_year}",
        meaning=state[0],
        state=state[1],
        note=_note(card, can=can),
        can_pay=can,
        pays=pays,
        replace_url=reverse("payments_card_replace", args=[token, card.pk]),
        remove_url=reverse("payments_card_remove", args=[token, card.pk]),
    )


def _note(card: SavedCard, *, can: bool) -> str:
    if card.refused:
        reason = DECLINES.get(card.refused, "its bank does not allow it any more")
        return f"It is not charged again: {reason}. Replace it to continue."
    return "" if can else "Your coach’s payment account has changed since. Replace it to continue."
