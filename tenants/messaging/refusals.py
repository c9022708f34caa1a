"""Mails about a refund that was decided and could not be made."""

from datetime import datetime

from kit.database import current_schema
from kit.money import format_money
from tenants.activity.models import Event
from tenants.billing import paper_links
from tenants.billing.coach_refunds import Because
from tenants.billing.invoices import PURPOSE as INVOICE
from tenants.billing.models import Charge, Document, Refund
from tenants.messaging.letters import Fact, Letter, Link
from tenants.messaging.story import BOOKING, coach_name
from tenants.messaging.wording import one_line
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called, later
from tenants.packs import links as pack_links
from tenants.packs.models import Pack
from tenants.registry.pages import dashboard_address
from tenants.scheduling.links import address_of
from tenants.scheduling.models import Booking

CAUSES = {
    "client": later("The {client} cancelled in time"),
    "coach": later("You cancelled the {session}"),
    "weather": later("The {session} was called off for weather or a closed venue"),
    "declined_move": later("The {client} declined the new time"),
    "late": "You gave it back",
    "no_show": "You gave it back",
    **{each.value: f"You gave it back: {each.label[:1].lower()}{each.label[1:]}" for each in Because},
}
DISCONNECTED = "account_invalid"
# What Stripe calls it -> what keeps it from being made.
CODES = {
    DISCONNECTED: "your Stripe account is not connected any more",
    "insufficient_funds": "your balance at Stripe is too low for it",
    "charge_disputed": later("the {client}’s bank is looking into this payment"),
    "charge_already_refunded": "it was refunded before",
    "refund_failed": later("the {client}’s bank did not take it"),
    "refund_canceled": "it was called off at Stripe",
}


def to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """What was not paid back to whom and why, that the money is still there, and what to do."""
    del now
    data, charge = event.data, _charge(event)
    who, amount = one_line(charge.client.name), _amount(event)
    letter = Letter(
        subject=f"Refund not made: {amount} to {who}",
        fact=f"{amount} could not be sent back to {who}: {in_words(data['code'])}.",
        facts=(
            Fact("For", one_line(charge.description)),
            Fact("Decided because", CAUSES.get(data["cause"], data["cause"].replace("_", " "))),
        ),
        paragraphs=(
            f"The money is still with you. {_stands(event, who)}Try it again from the payment’s page, or pay "
            f"it back in another way and tell them.{_noticed(data['code'])}",
        ),
        action=Link("See the payment", _page(event)),
        why="You get this because a refund that was decided here was refused.",
        reply_to=charge.client.email,
    )
    return letter, ""


def to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """That it takes longer and who sees to it, without the reason; and the address of whoever paid."""
    del now
    charge, amount, coach = _charge(event), _amount(event), coach_name()
    what = one_line(charge.description)
    letter = Letter(
        subject=f"Refund delayed: {amount} for {what}",
        fact=f"{amount} for {what} with {coach} could not be sent back to you yet.",
        paragraphs=(
            f"{coach} knows and sees to it. There is nothing for you to do. "
            "To ask about it, answer this mail.",
        ),
        action=_page_of_client(charge),
        why=f"You get this because a refund from {coach} was announced to you.",
        reply_to=practice().contact_email,
    )
    return letter, charge.client.email


def _charge(event: Event) -> Charge:
    refunds = Refund.objects.select_related("attempt__charge__client")
    return refunds.get(pk=event.data["refund"]).attempt.charge


def _amount(event: Event) -> str:
    return format_money(event.data["amount_minor"], event.data["currency"], practice().locale)


def _page_of_client(charge: Charge) -> Link:
    if charge.purpose == BOOKING:
        return Link("See your booking", address_of(Booking.objects.get(pk=charge.reference)))
    if charge.purpose == INVOICE:
        rows = Document.objects.select_related("charge__client")
        return Link("See the invoice", paper_links.address_of(rows.get(pk=charge.reference)))
    return Link("See your pack", pack_links.address_of(Pack.objects.get(pk=charge.reference)))


def _noticed(code: str) -> str:
    if code == DISCONNECTED:
        return ""
    return " What you refund in Stripe is noticed here by itself."


def in_words(code: str) -> str:
    """Why Stripe did not make a refund, to follow a colon."""
    return CODES.get(code) or f"Stripe refused it ({code.replace('_', ' ')})"


def _stands(event: Event, who: str) -> str:
    """Of what a cancellation had promised. What the coach gives back by itself nobody was told of yet."""
    if event.data["cause"] in Because.values:
        return ""
    return (
        f"What was decided about the {called.session} stands, and "
        f"{who} was told that the money comes back, and that it takes longer now. "
    )


def _page(event: Event) -> str:
    attempt_id = Refund.objects.values_list("attempt_id", flat=True).get(pk=event.data["refund"])
    return f"{dashboard_address(current_schema())}money/payments/{attempt_id}/"
