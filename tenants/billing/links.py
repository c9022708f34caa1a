"""Links about money: to pay one charge, and to a payer's own page. Signed, on the coach's host."""

from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.billing.models import Charge
from tenants.clients.models import Client
from tenants.registry.pages import coach_address

__all__ = [
    "BadLink",
    "charge_by",
    "pay_address",
    "pay_token",
    "payer_by",
    "payments_address",
    "payments_token",
]

PAY: Final = SignedLinks("upfront.pay-link")
PAYMENTS: Final = SignedLinks("upfront.payments-link")


def pay_token(charge: Charge) -> str:
    """The secret part of a charge's link. It ends when somebody else is to pay, or the payer's links end."""
    return PAY.token(charge.pk, _version(charge))


def charge_by(token: str) -> Charge:
    """The charge that a link is for, with its payer. Raises BadLink."""
    charge = Charge.objects.select_related("client").filter(pk=PAY.named_by(token)).first()
    if charge is None:
        raise BadLink("unknown")
    PAY.require_opens(token, charge.pk, _version(charge))
    return charge


def pay_address(charge: Charge, path: str = "") -> str:
    """Where the payer pays what is owed of it, absolute, for mails and for Stripe."""
    return f"{coach_address(current_schema())}/pay/{pay_token(charge)}/{path}"


def payments_token(client: Client) -> str:
    """The secret part of the link to a payer's own cards, retainers, open charges and receipts."""
    return PAYMENTS.token(client.pk, client.link_version)


def payer_by(token: str) -> Client:
    """The payer whose link it is. Raises BadLink."""
    client = Client.objects.filter(pk=PAYMENTS.named_by(token)).first()
    if client is None:
        raise BadLink("unknown")
    PAYMENTS.require_opens(token, client.pk, client.link_version)
    return client


def payments_address(client: Client, path: str = "") -> str:
    """The payer's own page of payments, absolute, for mails and for Stripe."""
    return f"{coach_address(current_schema())}/payments/{payments_token(client)}/{path}"


def _version(charge: Charge) -> int:
    """One number for the payer and the version of the payer's links."""
    return (charge.client_id.int << 16) + charge.client.link_version
