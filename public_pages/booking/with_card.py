"""A held time that a known client's kept card pays for: one screen, nothing to type, one press."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest

from connect.models import ConnectAccount
from public_pages.booking.coach import Coach
from public_pages.booking.forms import DetailsForm
from public_pages.booking.wording import press_with_card
from public_pages.payments.access import payer_known_to
from tenants.billing.cards import usable_card
from tenants.billing.models import SavedCard
from tenants.billing.tenders import card_in_words
from tenants.clients.models import Client
from tenants.offers.models import Place
from tenants.scheduling.kept_cards import may_pay
from tenants.scheduling.models import Booking


@dataclass(frozen=True, slots=True)
class OwnCard:
    """The card of the payer who is known in this browser, by the link that was mailed to them."""

    payer: Client
    card: SavedCard

    @property
    def name(self) -> str:
        name = card_in_words(str(self.card))
        return name[:1].upper() + name[1:]

    @property
    def value(self) -> str:
        return f"card:{self.card.pk}"


class CardForm(DetailsForm):
    """What the coach has to know for this session and does not know of this client yet."""

    def __init__(self, *args: Any, held: Booking, own: OwnCard, **kwargs: Any) -> None:
        by_phone = held.agreed.get("place") == Place.PHONE
        super().__init__(*args, needs_phone=by_phone and not own.payer.phone, **kwargs)
        del self.fields["name"], self.fields["email"]
        self.fields["message"].widget = forms.Textarea({"rows": 3})


def own_card(request: HttpRequest, coach: Coach) -> OwnCard | None:
    """None where this browser is not known, its payer has not agreed to it, or no card can be used."""
    payer = payer_known_to(request)
    if payer is None or not coach.takes_cards or not may_pay(payer.pk):
        return None
    card = usable_card(client_id=payer.pk, account_id=_account_of(coach))
    return OwnCard(payer, card) if card and not _is_over(card, coach.now.date()) else None


def _account_of(coach: Coach) -> str:
    rows = ConnectAccount.objects.filter(schema_name=coach.tenant.schema_name)
    return rows.values_list("account_id", flat=True).first() or ""


def _is_over(card: SavedCard, today: date) -> bool:
    return (card.exp_year, card.exp_month) < (today.year, today.month)


def payer_details(request: HttpRequest) -> dict[str, str]:
    """What the payer's own link makes known, for whoever pays in another way all the same."""
    payer = payer_known_to(request)
    return {"name": payer.name, "email": payer.email, "phone": payer.phone} if payer else {}


def due_now_minor(before: dict[str, Any]) -> int:
    """What is paid with the press: the deposit, or all of it."""
    split, prices = before["split"], before["prices"]
    return int(split.now_minor if split else prices.total_minor)


def card_screen(
    request: HttpRequest,
    held: Booking,
    coach: Coach,
    before: dict[str, Any],
    form: CardForm | None = None,
) -> dict[str, Any]:
    """What the one screen shows beside the details page; nothing where a card that is kept cannot pay, or
    shall not."""
    if request.GET.get("by") == "other" or not before["prices"].may_cost:
        return {}
    own = own_card(request, coach)
    if own is None:
        return {}
    due_minor = due_now_minor(before)
    typed = {"message": held.message, **request.POST.dict()}
    return {
        "own_card": own,
        "due_minor": due_minor,
        "form": form or CardForm(held=held, own=own, initial=typed),
        "press": press_with_card(
            due_minor,
            held.currency,
            coach.locale,
            card=own.name,
            asks_first=held.agreed.get("needs_approval", False),
        ),
    }
