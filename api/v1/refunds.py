"""Money back: read what it would do, decided once, and followed."""

import uuid
from typing import Any

from django.db.models import F, Q, QuerySet
from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, Operation, reads, writes
from api.core.fields import Amount, Named, PageAsked, Shown, Taken
from api.core.problems import Problem, kind
from api.core.resources import Resource, missing
from api.v1.payments import payment_of
from tenants.billing import coach_refunds
from tenants.billing.coach_refunds import Because
from tenants.billing.models import Refund, RefundStatus
from tenants.billing.refund_preview import NothingLeft, Preview, TooMuch
from tenants.integrations import requests

NOT_REFUNDABLE = kind("not-refundable", 409, "This cannot be refunded.")
PREVIEW_CHANGED = kind("preview-changed", 409, "A refund would do something else by now.")

EXAMPLE = {
    "object": "refund",
    "id": "019b8c00-8000-7000-8000-000000000001",
    "payment_id": "019b8c00-7000-7000-8000-000000000001",
    "charge_id": "019b8c00-6000-7000-8000-000000000001",
    "amount": {"amount_minor": 4500, "currency": "eur"},
    "because": "client_asked",
    "status": "pending",
    "created_at": "2026-11-25T08:00:00Z",
}
_PREVIEW = {
    "object": "refund_preview",
    "preview": "9f2c4a1be07d3356",
    "amount": {"amount_minor": 4500, "currency": "eur"},
    "left": {"amount_minor": 0, "currency": "eur"},
    "platform_fee_back": {"amount_minor": 450, "currency": "eur"},
    "coach_nets": {"amount_minor": -93, "currency": "eur"},
    "units_go": 0,
    "owed": {"amount_minor": 0, "currency": "eur"},
}


class RefundPreviewShown(Shown):
    object = Named("refund_preview")
    preview = serializers.CharField(source="fingerprint", help_text="To be sent with the refund.")
    amount = Amount("amount_minor", help_text="That goes back.")
    left = Amount("left_minor", help_text="Of the payment afterwards.")
    platform_fee_back = Amount("fee_back_minor", help_text="To the coach.")
    coach_nets = Amount("nets_minor", help_text="Left to the coach afterwards; may be below 0.")
    units_go = serializers.IntegerField(help_text="Of the pack that was paid for.")
    owed = Amount("owed_minor", help_text="For units of it that were used already.")


class RefundShown(Shown):
    object = Named("refund")
    id = serializers.UUIDField()
    payment_id = serializers.UUIDField(source="attempt_id")
    charge_id = serializers.UUIDField(source="attempt.charge_id")
    amount = Amount("amount_minor")
    because = serializers.CharField(source="cause")
    status = serializers.SerializerMethodField(
        help_text="`pending` until Stripe calls it `succeeded`, or `refused`: then nothing went back."
    )
    created_at = serializers.DateTimeField()

    def get_status(self, row: Any) -> str:
        if row.status == RefundStatus.REFUSED:
            return "refused"
        return "succeeded" if row.is_counted else "pending"


class RefundPreviewAsked(Taken):
    amount_minor = serializers.IntegerField(
        min_value=1, max_value=10**9, required=False, help_text="Without it, all that is left."
    )


class NewRefund(Taken):
    preview = serializers.CharField(max_length=64, help_text="Of the preview that was read.")
    amount_minor = serializers.IntegerField(
        min_value=1, max_value=10**9, required=False, help_text="As in the preview."
    )
    because = serializers.ChoiceField(choices=Because.choices)


class RefundsAsked(PageAsked):
    payment_id = serializers.UUIDField(required=False)


def decided() -> QuerySet[Refund]:
    """Each with its currency, and whether Stripe has called it succeeded."""
    return Refund.objects.select_related("attempt").annotate(
        is_counted=coach_refunds.is_counted(), currency=F("attempt__currency")
    )


class OfRefunds(Resource):
    group = "Money"
    named = "refund_id"

    def found(self, subject_id: uuid.UUID) -> Refund:
        """By its id, or by the request that asked for it."""
        refund = decided().filter(Q(pk=subject_id) | Q(reference=subject_id)).first()
        if refund is None:
            raise missing()
        return refund


class RefundPreview(Resource):
    group = "Money"
    named = "payment_id"

    @reads(
        "billing:read",
        asks=RefundPreviewAsked,
        gives=RefundPreviewShown,
        problems=(NOT_REFUNDABLE,),
        summary="Preview a refund",
        description="What giving so much of a payment back would do. About money only: to call a session "
        "off, cancel its booking.",
        example={"amount_minor": 4500},
        answer=_PREVIEW,
    )
    def get(self, call: Call, payment_id: uuid.UUID) -> Preview:
        try:
            return coach_refunds.facts_of(attempt=payment_of(payment_id)).preview(
                call.said.get("amount_minor")
            )
        except (coach_refunds.NotRefundable, NothingLeft, TooMuch) as refusal:
            raise Problem(NOT_REFUNDABLE, str(refusal)) from refusal


class PaymentRefunds(OfRefunds):
    named = ""

    def prepare(self, call: Call, operation: Operation) -> uuid.UUID:
        """The refund's own reference: of this very request."""
        return requests.key_of(asked_by=call.caller.asked_by, key=call.key)

    @writes(
        "billing:write",
        takes=NewRefund,
        gives=RefundShown,
        status=201,
        problems=(NOT_REFUNDABLE, PREVIEW_CHANGED),
        summary="Refund a payment",
        description="As the preview said; if it would do something else by now, nothing is done. Stripe is "
        "asked right afterwards.",
        example={"preview": _PREVIEW["preview"], "because": "client_asked"},
        answer=EXAMPLE,
    )
    def post(self, call: Call, payment_id: uuid.UUID) -> Refund:
        payment_of(payment_id)
        try:
            made = coach_refunds.refund(
                attempt_id=payment_id,
                amount_minor=call.said.get("amount_minor"),
                because=Because(call.said["because"]),
                shown=call.said["preview"],
                reference=requests.key_of(asked_by=call.caller.asked_by, key=call.key),
                now=call.now,
                actor=call.actor,
            )
        except coach_refunds.PreviewChanged as refusal:
            raise Problem(PREVIEW_CHANGED, f"{refusal} Nothing was refunded: preview it again.") from refusal
        except (coach_refunds.NotRefundable, NothingLeft, TooMuch) as refusal:
            raise Problem(NOT_REFUNDABLE, f"{refusal} Nothing was refunded.") from refusal
        return self.found(made.pk)


class Refunds(OfRefunds):
    @reads(
        "billing:read",
        asks=RefundsAsked,
        gives=RefundShown,
        page=True,
        summary="List refunds",
        description="That were decided here, by a cancellation or by the coach, the newest first.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        rows = decided()
        if "payment_id" in call.said:
            rows = rows.filter(attempt_id=call.said["payment_id"])
        return pages.page_of(rows, call.page)


class OneRefund(OfRefunds):
    @reads("billing:read", gives=RefundShown, summary="Get a refund", answer=EXAMPLE)
    def get(self, call: Call, refund_id: uuid.UUID) -> Refund:
        return self.found(refund_id)
