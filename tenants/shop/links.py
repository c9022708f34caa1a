"""The link to one order: signed for this coach, this order and this version of the link.

Two kinds. The one that is mailed opens the order and its downloads. The one that leads back from the payment
is kept to the browser that ordered: anybody can type somebody's address.
"""

import uuid
from typing import Final

from django.core import signing

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.registry.pages import coach_address
from tenants.shop.models import Order

__all__ = [
    "BadLink",
    "address_of",
    "order_by",
    "ordered_by",
    "return_address_of",
    "return_token_of",
    "token_of",
]

SIGNED: Final = SignedLinks("upfront.order-link")


def token_of(order: Order) -> str:
    """The secret part of the mailed link. It opens nothing on another coach's host."""
    return SIGNED.token(order.pk, order.link_version)


def order_by(token: str) -> Order:
    """The order that a mailed link speaks of, with its payer and its product. Raises BadLink."""
    order = _found(SIGNED.named_by(token))
    SIGNED.require_opens(token, order.pk, order.link_version)
    return order


def address_of(order: Order, path: str = "") -> str:
    """The order's page on the coach's own host, absolute, for its payer's mails."""
    return f"{coach_address(current_schema())}/o/{token_of(order)}/{path}"


# --- back from the payment ---------------------------------------------------------------------------


def return_token_of(order: Order) -> str:
    """What leads back from the payment: told from the mailed one by its colon."""
    return _signer().sign(order.pk.hex)


def ordered_by(token: str) -> Order:
    """The order of such a link, whoever has it: the browser must be looked at as well. Raises BadLink."""
    try:
        order_id = uuid.UUID(_signer().unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise BadLink("unknown") from error
    return _found(order_id)


def return_address_of(order: Order, path: str = "") -> str:
    """The order's page, absolute, for whoever may only have typed somebody's address."""
    return f"{coach_address(current_schema())}/o/{return_token_of(order)}/{path}"


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"upfront.order-return:{current_schema()}")


def _found(order_id: uuid.UUID) -> Order:
    order = Order.objects.select_related("payer", "product", "pack").filter(pk=order_id).first()
    if order is None:
        raise BadLink("unknown")
    return order
