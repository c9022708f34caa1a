"""Card payments that came in, and what of each went back."""

import uuid
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, reads
from api.core.fields import Amount, Named, PageAsked, Shown
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.billing.models import AttemptStatus, PaymentAttempt

EXAMPLE = {
    "object": "payment",
    "id": "019b8c00-7000-7000-8000-000000000001",
    "charge_id": "019b8c00-6000-7000-8000-000000000001",
    "client_id": "019b8c00-3000-7000-8000-000000000001",
    "card": "Visa 4242",
    "amount": {"amount_minor": 4500, "currency": "eur"},
    "refunded": {"amount_minor": 0, "currency": "eur"},
    "lost": {"amount_minor": 0, "currency": "eur"},
    "platform_fee": {"amount_minor": 450, "currency": "eur"},
    "platform_fee_returned": {"amount_minor": 0, "currency": "eur"},
    "captured_at": "2026-11-24T12:03:00Z",
}


class PaymentShown(Shown):
    object = Named("payment")
    id = serializers.UUIDField()
    charge_id = serializers.UUIDField()
    client_id = serializers.UUIDField(source="charge.client_id")
    card = serializers.CharField(help_text="Brand and last four digits.")
    amount = Amount("captured_minor")
    refunded = Amount("refunded_minor")
    lost = Amount("lost_minor", help_text="In disputes that were decided for the cardholder.")
    platform_fee = Amount("application_fee_minor")
    platform_fee_returned = Amount("fee_returned_minor")
    captured_at = serializers.DateTimeField()


class PaymentsAsked(PageAsked):
    charge_id = serializers.UUIDField(required=False)
    client_id = serializers.UUIDField(required=False)


FILTERS = {"charge_id": "charge_id", "client_id": "charge__client_id"}


def taken() -> QuerySet[PaymentAttempt]:
    """Those that took money; a try that did not is no payment."""
    rows = PaymentAttempt.objects.select_related("charge__client")
    return rows.filter(status=AttemptStatus.CAPTURED, captured_at__isnull=False)


def payment_of(payment_id: uuid.UUID) -> PaymentAttempt:
    """Raises Problem."""
    return one_of(taken(), payment_id)


class Payments(Resource):
    group = "Money"

    @reads(
        "billing:read",
        asks=PaymentsAsked,
        gives=PaymentShown,
        page=True,
        summary="List payments",
        description="By card, the newest first.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        asked = {path: call.said[name] for name, path in FILTERS.items() if name in call.said}
        return pages.page_of(taken().filter(**asked), call.page, by="captured_at")


class OnePayment(Resource):
    group = "Money"
    named = "payment_id"

    @reads("billing:read", gives=PaymentShown, summary="Get a payment", answer=EXAMPLE)
    def get(self, call: Call, payment_id: uuid.UUID) -> PaymentAttempt:
        return payment_of(payment_id)
