"""The mails that bring a payer the link to own payments: when it was asked for, and when a card was kept."""

from datetime import datetime

from tenants.activity.models import Event
from tenants.billing.link_requests import is_payer
from tenants.billing.links import payments_address
from tenants.billing.models import SavedCard
from tenants.billing.tenders import card_in_words
from tenants.clients.models import Client
from tenants.messaging.letters import Letter, Link, Outdated
from tenants.messaging.story import coach_name
from tenants.offers.practice import practice


def asked(event: Event, now: datetime) -> tuple[Letter, str]:
    """The link, and the address that pays."""
    client, coach = Client.objects.get(pk=event.subject_id), coach_name()
    if not is_payer(client):
        raise Outdated("This address pays for nothing any more.")
    letter = Letter(
        subject=f"The link to your payments with {coach}",
        fact=f"Here is your page of payments with {coach}: what is open, your cards and your receipts.",
        action=Link("Open my payments", payments_address(client)),
        paragraphs=("Whoever has this link can change your cards, so keep it to yourself.",),
        why="You get this because somebody asked for it on the booking page. If it was not you, nothing has "
        "happened: the link went to nobody else.",
        reply_to=practice().contact_email,
    )
    return letter, client.email


def card_saved(event: Event, now: datetime) -> tuple[Letter, str]:
    """A card is kept from now on: which, and how to end that."""
    card = SavedCard.objects.select_related("client").get(pk=event.subject_id)
    if card.removed_at:
        raise Outdated("The card is not kept any more.")
    coach, shown = coach_name(), card_in_words(str(card))
    letter = Letter(
        subject=f"{coach} keeps your {shown}",
        fact=f"Your {shown} is kept for {coach}, at Stripe. It pays only for what you have agreed to.",
        action=Link("See, replace or remove the card", payments_address(card.client)),
        paragraphs=(
            "Your page of payments shows what you have agreed to, word for word, and every payment to come. "
            "In the browser that has opened it, for half a day, and in one that is signed in to your own "
            "pages, you can pay a booking with one press.",
            "Whoever has this link can change your cards, so keep it to yourself.",
        ),
        why="You get this because a card was kept at a payment or by a page that you opened.",
        reply_to=practice().contact_email,
    )
    return letter, card.client.email
