"""The mail to a coach about a refund that was decided and could not be made."""

from typing import Any

from kit.database import current_schema
from kit.money import format_money
from tenants.activity.models import Event
from tenants.billing.models import Refund
from tenants.messaging.letters import Fact, Letter, Link
from tenants.messaging.wording import one_line
from tenants.offers.practice import practice
from tenants.registry.pages import dashboard_address

CAUSES = {
    "client": "The client cancelled in time",
    "coach": "You cancelled the session",
    "weather": "The session was called off for weather or a closed venue",
    "declined_move": "The client declined the new time",
    "late": "You gave it back",
    "no_show": "You gave it back",
}
DISCONNECTED = "account_invalid"
# What Stripe calls it -> what keeps it from being made.
CODES = {
    DISCONNECTED: "your Stripe account is not connected any more",
    "insufficient_funds": "your balance at Stripe is too low for it",
    "charge_disputed": "the client's bank is looking into this payment",
    "charge_already_refunded": "it was refunded before",
    "refund_failed": "the client's bank did not take it",
    "refund_canceled": "it was called off at Stripe",
}


def to_coach(event: Event) -> Letter:
    """What was not paid back to whom and why, that the money is still there, and what to do."""
    data = event.data
    refund = Refund.objects.select_related("attempt__charge__client").get(pk=data["refund"])
    client = refund.attempt.charge.client
    who = one_line(client.name)
    amount = format_money(data["amount_minor"], data["currency"], practice().locale)
    return Letter(
        subject=f"Refund not made: {amount} to {who}",
        fact=f"{amount} could not be sent back to {who}: {_code(data['code'])}.",
        facts=(
            Fact("For", one_line(refund.attempt.charge.description)),
            Fact("Decided because", CAUSES.get(data["cause"], data["cause"].replace("_", " "))),
        ),
        paragraphs=(
            "The money is still with you, and what was decided about the session stands. "
            f"{who} was told that it comes back: please make the refund in Stripe, or pay it back in another "
            f"way and tell them.{_noticed(data['code'])}",
        ),
        action=Link("See what it is about", _page(event, data)),
        why="You get this because a refund that was decided here was refused.",
        reply_to=client.email,
    )


def _noticed(code: str) -> str:
    if code == DISCONNECTED:
        return ""
    return " What you refund in Stripe is noticed here by itself."


def _code(code: str) -> str:
    return CODES.get(code) or f"Stripe refused it ({code.replace('_', ' ')})"


def _page(event: Event, data: dict[str, Any]) -> str:
    desk = dashboard_address(current_schema())
    about_booking = data["purpose"] == "booking"
    return f"{desk}booking/{event.subject_id}/" if about_booking else f"{desk}clients/{event.client_id}/"
