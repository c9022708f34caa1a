"""What clients owe, and what became of it."""

import uuid
from typing import Any

from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, reads
from api.core.fields import Amount, Named, PageAsked, Shown
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.billing.charges import owed_minor
from tenants.billing.models import Charge, ChargeStatus

EXAMPLE = {
    "object": "charge",
    "id": "019b8c00-6000-7000-8000-000000000001",
    "client_id": "019b8c00-3000-7000-8000-000000000001",
    "purpose": "booking",
    "sold_id": "019b8c00-2000-7000-8000-000000000001",
    "description": "Single lesson",
    "status": "paid",
    "is_disputed": False,
    "amount": {"amount_minor": 4500, "currency": "eur"},
    "paid": {"amount_minor": 4500, "currency": "eur"},
    "refunded": {"amount_minor": 0, "currency": "eur"},
    "waived": {"amount_minor": 0, "currency": "eur"},
    "owed": {"amount_minor": 0, "currency": "eur"},
    "created_at": "2026-11-24T12:00:00Z",
}


class Owed(Amount):
    """What is still to be paid."""

    def __init__(self, **options: Any) -> None:
        super().__init__("", **options)

    def to_representation(self, value: Charge) -> dict[str, object]:
        return {"amount_minor": owed_minor(value), "currency": value.currency}


class ChargeShown(Shown):
    object = Named("charge")
    id = serializers.UUIDField()
    client_id = serializers.UUIDField(help_text="Who pays.")
    purpose = serializers.CharField(help_text="What for: `booking`, `pack`, `retainer`, `invoice`, …")
    sold_id = serializers.UUIDField(source="reference", help_text="The booking, the pack, and so on.")
    description = serializers.CharField()
    status = serializers.ChoiceField(choices=ChargeStatus.choices)
    is_disputed = serializers.SerializerMethodField(help_text="A bank is deciding on a card payment of it.")
    amount = Amount("amount_minor")
    paid = Amount("paid_minor", help_text="By card, in cash and by transfer.")
    refunded = Amount("refunded_minor")
    waived = Amount("waived_minor", help_text="Nobody asks for it any more.")
    owed = Owed(help_text="Still to be paid. What went back is not owed again.")
    created_at = serializers.DateTimeField()

    def get_is_disputed(self, row: Charge) -> bool:
        return row.disputed_at is not None


class ChargesAsked(PageAsked):
    client_id = serializers.UUIDField(required=False)
    sold_id = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=ChargeStatus.choices, required=False)


FILTERS = {"client_id": "client_id", "sold_id": "reference", "status": "status"}


class Charges(Resource):
    group = "Money"

    @reads(
        "billing:read",
        asks=ChargesAsked,
        gives=ChargeShown,
        page=True,
        summary="List charges",
        description="What was to be paid, for what and by whom, the newest first.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        asked = {path: call.said[name] for name, path in FILTERS.items() if name in call.said}
        return pages.page_of(Charge.objects.filter(**asked), call.page)


class OneCharge(Resource):
    group = "Money"
    named = "charge_id"

    @reads("billing:read", gives=ChargeShown, summary="Get a charge", answer=EXAMPLE)
    def get(self, call: Call, charge_id: uuid.UUID) -> Charge:
        return one_of(Charge.objects.all(), charge_id)
