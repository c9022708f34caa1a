"""Mails to a coach whose Stripe account cannot take payments any more."""

from connect.accounts import account_of
from connect.models import AccountStatus, ConnectAccount
from kit.database import current_schema
from tenants.messaging.letters import Letter, Link, Outdated
from tenants.registry.pages import dashboard_address

FREE_GO_ON = "Free sessions can be booked as before, and sessions that are booked already stay booked."
WHY = "You get this because your page takes card payments through Stripe."


def restricted() -> Letter:
    """Stripe asks for something, and until it has it, nothing with a price can be booked."""
    account = _account()
    if account is None or account.status != AccountStatus.RESTRICTED:
        raise Outdated("Stripe does not hold the account back any more.")
    return Letter(
        subject="Stripe needs something from you before clients can pay again",
        fact="Sessions with a price cannot be booked until Stripe has what it asks you for.",
        paragraphs=(
            "Stripe, which handles the card payments, holds your account back. Your page tells clients that "
            "these sessions cannot be booked at the moment.",
            FREE_GO_ON,
        ),
        action=Link("See what Stripe asks for", _stripe_page()),
        why=WHY,
    )


def disconnected() -> Letter:
    """The link to Stripe was cut: by the coach, or because Stripe closed the account."""
    if _account() is not None:
        raise Outdated("A Stripe account is connected again.")
    return Letter(
        subject="Your Stripe account is disconnected",
        fact="Sessions with a price cannot be booked until you connect a Stripe account again.",
        paragraphs=(
            "Your Stripe account does not let us take payments for you any more. What it holds stays yours "
            "and is paid out by Stripe as before. Refunds are now made in Stripe itself.",
            FREE_GO_ON,
        ),
        action=Link("Connect Stripe", _stripe_page()),
        why=WHY,
    )


def _stripe_page() -> str:
    return f"{dashboard_address(current_schema())}settings/stripe/"


def _account() -> ConnectAccount | None:
    return account_of(schema_name=current_schema())
