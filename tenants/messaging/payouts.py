"""The mail about a payout that the coach's bank did not take."""

from datetime import datetime

from kit.database import current_schema
from kit.money import format_money
from tenants.activity.models import Event
from tenants.messaging.letters import Letter, Link
from tenants.offers.practice import practice
from tenants.registry.pages import dashboard_address

# What Stripe calls it -> why it did not arrive.
CODES = {
    "account_closed": "the account is closed",
    "account_frozen": "the account is frozen",
    "bank_account_restricted": "the account does not take this kind of transfer",
    "could_not_process": "the bank could not process it",
    "debit_not_authorized": "the bank does not allow it",
    "declined": "the bank declined it",
    "incorrect_account_holder_name": "the name on the account is another one",
    "incorrect_account_holder_tax_id": "the tax number on the account is another one",
    "insufficient_funds": "the balance at Stripe was too low",
    "invalid_account_number": "the account number is not right",
    "invalid_currency": "the account does not take this currency",
    "no_account": "there is no such account",
}


def why(code: str) -> str:
    """A failure in words: "the account is closed"."""
    return CODES.get(code) or (
        f"Stripe says “{code.replace('_', ' ')}”" if code else "Stripe gives no reason"
    )


def failed_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """That the money is back at Stripe, why, and where the bank account is put right."""
    del now
    data = event.data
    amount = format_money(data["amount_minor"], data["currency"], practice().locale)
    bank = f"the account ending in {data['bank_last4']}" if data["bank_last4"] else "your bank account"
    letter = Letter(
        subject=f"{amount} did not arrive at your bank",
        fact=f"Stripe could not pay {amount} to {bank}: {why(data['code'])}.",
        paragraphs=(
            "The money is not lost: it is back in your balance at Stripe. Put your bank account right in "
            "Stripe’s dashboard, and Stripe pays it out again. Nobody here can move it.",
            "Sessions and payments go on as before.",
        ),
        action=Link(
            "See the payout", f"{dashboard_address(current_schema())}money/payouts/{event.subject_id}/"
        ),
        why="You get this because a payout of Stripe to your bank has failed.",
    )
    return letter, ""
