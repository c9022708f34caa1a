"""What Stripe has paid to the coach's bank, and what each payout is made of."""

import uuid
from typing import Any

from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, reads
from api.core.fields import Amount, Named, Shown
from api.core.resources import Resource
from api.v1.rows import one_of
from payouts.models import Payout, PayoutStatus
from tenants.earnings import deposits

EXAMPLE = {
    "object": "payout",
    "id": "019b8c00-a000-7000-8000-000000000001",
    "stripe_id": "po_1Qx",
    "status": "paid",
    "amount": {"amount_minor": 3957, "currency": "eur"},
    "arrives_on": "2026-12-01",
    "is_itemised": True,
    "failure": "",
    "made_at": "2026-11-28T00:00:00Z",
}
_LINE = {
    "stripe_id": "txn_1Qx",
    "kind": "Payment",
    "words": "Single lesson",
    "payment_id": "019b8c00-7000-7000-8000-000000000001",
    "gross": {"amount_minor": 4500, "currency": "eur"},
    "platform_fee": {"amount_minor": -450, "currency": "eur"},
    "stripe_fee": {"amount_minor": -93, "currency": "eur"},
    "net": {"amount_minor": 3957, "currency": "eur"},
    "at": "2026-11-24T12:03:00Z",
}


class PayoutShown(Shown):
    object = Named("payout")
    id = serializers.UUIDField()
    stripe_id = serializers.CharField(source="payout_id")
    status = serializers.ChoiceField(choices=PayoutStatus.choices)
    amount = Amount("amount_minor")
    arrives_on = serializers.DateField()
    is_itemised = serializers.SerializerMethodField(help_text="Whether its lines are known.")
    failure = serializers.CharField(allow_blank=True, help_text="Stripe's word for why it came back.")
    made_at = serializers.DateTimeField()

    def get_is_itemised(self, row: Payout) -> bool:
        return row.itemised_at is not None


class OfLine(Amount):
    """In the currency of its line."""

    def to_representation(self, value: deposits.Row) -> dict[str, object]:
        return {"amount_minor": getattr(value, self.minor), "currency": value.line.currency}


class PayoutLineShown(Shown):
    stripe_id = serializers.CharField(source="line.line_id")
    kind = serializers.CharField(help_text="In one word: Payment, Refund, …")
    words = serializers.CharField(allow_blank=True, help_text="What for.")
    payment_id = serializers.UUIDField(source="line.attempt_id", allow_null=True)
    gross = OfLine("gross_minor")
    platform_fee = OfLine("platform_fee_minor")
    stripe_fee = OfLine("processor_fee_minor")
    net = OfLine("net_minor")
    at = serializers.DateTimeField(source="line.at")


class PayoutLinesShown(Shown):
    object = Named("payout_lines")
    payout = PayoutShown()
    lines = PayoutLineShown(many=True, help_text="The newest first. Their nets come to the payout's amount.")


class Payouts(Resource):
    group = "Payouts"

    @reads(
        "payouts:read",
        gives=PayoutShown,
        page=True,
        summary="List payouts",
        description="The newest first. They are Stripe's: shown here, and made there.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        return pages.page_of(Payout.objects.all(), call.page, by="made_at")


class OnePayout(Resource):
    group = "Payouts"
    named = "payout_id"

    @reads("payouts:read", gives=PayoutShown, summary="Get a payout", answer=EXAMPLE)
    def get(self, call: Call, payout_id: uuid.UUID) -> Payout:
        return payout_of(payout_id)


class PayoutLines(Resource):
    group = "Payouts"
    named = "payout_id"

    @reads(
        "payouts:read",
        gives=PayoutLinesShown,
        summary="Get the lines of a payout",
        description="What it is made of, to the cent.",
        answer={"object": "payout_lines", "payout": EXAMPLE, "lines": [_LINE]},
    )
    def get(self, call: Call, payout_id: uuid.UUID) -> dict[str, Any]:
        explained = deposits.explain(payout_of(payout_id))
        return {"payout": explained.payout, "lines": explained.rows}


def payout_of(payout_id: uuid.UUID) -> Payout:
    """Raises Problem."""
    return one_of(Payout.objects.all(), payout_id)
