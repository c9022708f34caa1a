"""Whether a payment has proved who the buyer is, so that their own pages open without a mailed code.

Anybody can type somebody's address. Who pays is let in only where nothing is known of that address but this
very order: then there is nothing to see that the buyer has not brought. And only for a while: should the
address be another person's after all, who comes here later, that browser is out again by then. All others
get a code by mail.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from tenants.billing.models import Charge
from tenants.clients import sign_in
from tenants.clients.models import Relation, SignIn
from tenants.packs.models import Pack
from tenants.paperwork.models import ClientPaper
from tenants.retainers.models import Retainer
from tenants.scheduling.models import Booking
from tenants.shop import fulfilment
from tenants.shop.models import Order, OrderStatus, Proposal

LETS_IN_FOR: Final = timedelta(hours=2)


def let_in(*, order_id: uuid.UUID, agent: str, now: datetime) -> str:
    """Use case: the secret of a short session for who has just paid, in the browser that ordered.

    "" where the payment proves nobody: that is asked of the caller's browser, and here of the records.
    """
    with transaction.atomic(durable=True):
        order = fulfilment.locked(order_id)
        if not is_proof(order):
            return ""
        secret = sign_in.open_session(client=order.payer, agent=agent, now=now)
        SignIn.objects.filter(client=order.payer).update(expires_at=now + LETS_IN_FOR)
    return secret


def is_proof(order: Order) -> bool:
    """Paid with money, by a client whom this order has made and of whom nothing else is known."""
    paid = order.status == OrderStatus.PAID and order.price_minor > 0
    client = order.payer
    if not paid or not order.agreed.get("is_new") or client.portal_since or client.erased_at:
        return False
    return not _is_known_otherwise(order)


def _is_known_otherwise(order: Order) -> bool:
    client = order.payer_id
    either = Q(client=client) | Q(buyer=client)
    return any(
        rows.exists()
        for rows in (
            Order.objects.filter(payer=client).exclude(pk=order.pk),
            Charge.objects.filter(client=client).exclude(reference=order.pk),
            Booking.objects.filter(client=client),
            Pack.objects.filter(either).exclude(pk__in=filter(None, [order.pack_id])),
            Retainer.objects.filter(Q(client=client) | Q(payer=client)),
            Proposal.objects.filter(Q(client=client) | Q(payer=client)),
            ClientPaper.objects.filter(client=client, reference=None, packet=None),
            ClientPaper.objects.filter(client=client).exclude(reference=order.pk).exclude(reference=None),
            Relation.objects.filter(Q(payer=client) | Q(beneficiary=client)),
        )
    )
