"""Links about money: to pay one charge, and to a payer's own page. Signed, on the coach's host.

Whoever typed an address to book with sees a booking's page, and from there may pay. What tells of the payer
besides (papers with a postal address) opens only by the links that were mailed.
"""

from dataclasses import dataclass
from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.billing.models import Charge
from tenants.clients.models import Client
from tenants.registry.pages import coach_address

__all__ = [
    "BadLink",
    "Opened",
    "charge_by",
    "opened_by",
    "pay_address",
    "pay_address_by",
    "pay_token",
    "payer_by",
    "payments_address",
    "payments_token",
]

PAY: Final = SignedLinks("upfront.pay-link")
PAY_FOR_ANYBODY: Final = SignedLinks("upfront.pay-order-link")
PAYMENTS: Final = SignedLinks("upfront.payments-link")


@dataclass(frozen=True, slots=True)
class Opened:
    """The charge that a link opened, with its payer. `is_payers`: the link that was mailed to the payer."""

    charge: Charge
    token: str
    is_payers: bool


def pay_token(charge: Charge, *, to_payer: bool = True) -> str:
    """The secret part of a charge's link. It ends when somebody else is to pay, or the payer's links end."""
    return (PAY if to_payer else PAY_FOR_ANYBODY).token(charge.pk, _version(charge))


def opened_by(token: str) -> Opened:
    """The charge that a link is for, with its payer. Raises BadLink."""
    charge = Charge.objects.select_related("client").filter(pk=PAY.named_by(token)).first()
    if charge is None:
        raise BadLink("unknown")
    try:
        PAY.require_opens(token, charge.pk, _version(charge))
    except BadLink:
        PAY_FOR_ANYBODY.require_opens(token, charge.pk, _version(charge))
        return Opened(charge, token, is_payers=False)
    return Opened(charge, token, is_payers=True)


def charge_by(token: str) -> Charge:
    """The charge that a link is for, with its payer. Raises BadLink."""
    return opened_by(token).charge


def pay_address(charge: Charge, path: str = "", *, to_payer: bool = True) -> str:
    """Where what is owed of it is paid, absolute: in mails to the payer and for Stripe, or for pages that
    others may see too."""
    return pay_address_by(pay_token(charge, to_payer=to_payer), path)


def pay_address_by(token: str, path: str = "") -> str:
    """As `pay_address`, for who has the link already."""
    return f"{coach_address(current_schema())}/pay/{token}/{path}"


def payments_token(client: Client) -> str:
    """The secret part of the link to a payer's own cards, retainers, open charges and receipts."""
    return PAYMENTS.token(client.pk, client.link_version)


def payer_by(token: str) -> Client:
    """The payer whose link it is. Raises BadLink."""
    return PAYMENTS.row_by(token, Client.objects.all())


def payments_address(client: Client, path: str = "") -> str:
    """The payer's own page of payments, absolute, for mails and for Stripe."""
    return f"{coach_address(current_schema())}/payments/{payments_token(client)}/{path}"


def _version(charge: Charge) -> int:
    """One number for the payer and the version of the payer's links."""
    return (charge.client_id.int << 16) + charge.client.link_version
