"""Invoices of the demo: sent for what was never booked here, paid later or cancelled."""

from datetime import timedelta
from functools import partial

from django.db import transaction

from demo import aftermath
from demo.timeline import Place
from demo.world import Bill
from kit import clock
from kit.clock import zone
from kit.ids import uuid7
from tenants.billing import invoices
from tenants.billing.models import Document
from tenants.billing.paper_lines import Line
from tenants.clients.models import Client
from tenants.clients.records import find_or_add

_DUE_AFTER = timedelta(days=14)


def send(place: Place, bill: Bill) -> None:
    """The coach writes one line, and sends it."""
    invoice = invoices.send(
        key=uuid7(),
        client_id=client_named(place, bill.client, bill.email).pk,
        lines=[Line(bill.text, bill.minor)],
        due_on=clock.now().astimezone(zone(place.coach.timezone)).date() + _DUE_AFTER,
        now=clock.now(),
        actor=place.actor,
    )
    aftermath.note(place, invoice.pk, bill.later)
    if bill.cancelled_on is not None:
        place.note(place.day(bill.cancelled_on), partial(_cancel, place, invoice))


def client_named(place: Place, name: str, email: str) -> Client:
    """The coach's client, made at first sight."""
    with transaction.atomic(durable=True):
        return find_or_add(name=name, email=email, phone="", timezone=place.coach.timezone, now=clock.now())


def _cancel(place: Place, invoice: Document) -> None:
    invoices.cancel(document_id=invoice.pk, now=clock.now(), actor=place.actor)
