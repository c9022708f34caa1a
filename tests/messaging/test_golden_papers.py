"""Mails about invoices, as their readers see them."""

from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.billing import charges, checkout, invoices
from tenants.billing.models import Charge, Document
from tenants.billing.paper_lines import Line
from tests import worlds
from tests.messaging import mailroom, pack_room, test_golden_packs
from tests.messaging.mailroom import History, later
from tests.messaging.pack_room import ANNA
from tests.worlds import Shop

DUE = date(2031, 6, 16)
LINES = [Line("Training plan", 20_000, 1900), Line("Tennis balls", 600, 700, quantity=3)]


def send(shop: Shop, **fields: Any) -> Document:
    client = pack_room.known(shop)
    usual: dict[str, Any] = {"key": uuid7(), "client_id": client.pk, "lines": LINES, "due_on": DUE}
    with tenant_context(shop.tenant):
        return invoices.send(**{**usual, **fields}, now=clock.now(), actor=ANNA)


def invoice_sent(shop: Shop) -> None:
    send(shop)
    mailroom.work_off()


def invoice_sent_with_bank_details(shop: Shop) -> None:
    mailroom.change_practice(
        shop,
        legal_name="Anna Schmidt e.K.",
        bank_details="IBAN DE89 3704 0044 0532 0130 00",
        document_prefix="AS",
    )
    send(shop)
    mailroom.work_off()


def invoice_for_a_pack(shop: Shop) -> None:
    pack = test_golden_packs.sold_unpaid(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        owed = Charge.objects.get(reference=pack.pk)
        invoices.send_for(key=uuid7(), charge_id=owed.pk, due_on=DUE, now=clock.now(), actor=ANNA)
    mailroom.work_off()


def invoice_overdue(shop: Shop) -> None:
    send(shop)
    mailroom.work_off()
    mail.outbox.clear()
    with later(shop, days=18):
        mailroom.work_off()


def paid(shop: Shop, invoice: Document) -> str:
    """By card, on the page that its link leads to; the payment at Stripe."""
    with tenant_context(shop.tenant):
        with transaction.atomic():
            charge = Charge.objects.select_related("client").get(pk=invoice.charge_id)
            attempt = checkout.open_page(
                charge=charge,
                parts=[],
                amount_minor=charges.owed_minor(charge),
                email=charge.client.email,
                links=lambda _attempt: worlds.RETURN_PAGES,
                now=clock.now(),
            )
        checkout.payment_page(attempt, now=clock.now())
        attempt.refresh_from_db()
    shop.stripe.pay(attempt.checkout_id)
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()
    with tenant_context(shop.tenant):
        attempt.refresh_from_db()
    return attempt.stripe_charge_id


def invoice_paid(shop: Shop) -> None:
    invoice = send(shop)
    mailroom.work_off()
    mail.outbox.clear()
    paid(shop, invoice)


def invoice_refunded(shop: Shop) -> None:
    payment = paid(shop, send(shop))
    mail.outbox.clear()
    shop.stripe.dashboard_refund(payment, 5000)
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()


def invoice_cancelled(shop: Shop) -> None:
    invoice = send(shop)
    mailroom.work_off()
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        invoices.cancel(document_id=invoice.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()


HISTORIES: dict[History, tuple[str, ...]] = {
    invoice_sent: ("client",),
    invoice_sent_with_bank_details: ("client",),
    invoice_for_a_pack: ("client",),
    invoice_overdue: ("client",),
    invoice_paid: ("client", "coach"),
    invoice_refunded: ("client", "coach"),
    invoice_cancelled: ("client",),
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])


def test_an_invoice_that_is_cancelled_at_once_is_not_sent(shop: Shop) -> None:
    invoice = send(shop)
    with tenant_context(shop.tenant):
        invoices.cancel(document_id=invoice.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()
    assert [message.subject for message in mail.outbox] == [
        f"Cancelled: invoice {invoice.label} from {shop.tenant.name}"
    ]
