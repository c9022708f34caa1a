"""Money in hand: cash and bank transfers, noted down as received for a charge."""

import uuid

from rest_framework import serializers

from api.core.declaring import Call, Operation, reads, writes
from api.core.fields import Amount, Named, Shown, Taken
from api.core.problems import Problem, kind
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.billing import by_hand
from tenants.billing.models import Charge, ManualPayment, Tender
from tenants.integrations import requests

CANNOT_RECORD = kind("cannot-record-payment", 409, "This cannot be noted down as received.")

EXAMPLE = {
    "object": "received_payment",
    "id": "019b8c00-7500-7000-8000-000000000001",
    "charge_id": "019b8c00-6000-7000-8000-000000000001",
    "tender": "transfer",
    "amount": {"amount_minor": 4500, "currency": "eur"},
    "received_on": "2026-11-24",
    "reference": "Invoice 2026-17",
    "taken_back_at": None,
    "created_at": "2026-11-24T12:00:00Z",
}


class ReceivedPaymentShown(Shown):
    object = Named("received_payment")
    id = serializers.UUIDField()
    charge_id = serializers.UUIDField()
    tender = serializers.ChoiceField(choices=Tender.choices)
    amount = Amount("amount_minor", help_text="Below 0 it was given back to the client.")
    received_on = serializers.DateField(help_text="On the coach's calendar.")
    reference = serializers.CharField(help_text="As on the bank statement.")
    taken_back_at = serializers.DateTimeField(
        allow_null=True, help_text="It was a slip: no such money moved, and what it paid for is owed again."
    )
    created_at = serializers.DateTimeField()


class NewReceivedPayment(Taken):
    tender = serializers.ChoiceField(choices=Tender.choices)
    amount_minor = serializers.IntegerField(
        min_value=1, max_value=10**9, help_text="Up to what is owed, in the currency of the charge."
    )
    received_on = serializers.DateField(help_text="Today or earlier, on the coach's calendar.")
    reference = serializers.CharField(
        max_length=140, default="", allow_blank=True, help_text="As on the bank statement."
    )


class OfReceived(Resource):
    group = "Money"
    named = "received_payment_id"

    def found(self, subject_id: uuid.UUID) -> ManualPayment:
        return one_of(ManualPayment.objects.all(), subject_id)


class OneReceived(OfReceived):
    @reads("billing:read", gives=ReceivedPaymentShown, summary="Get a received payment", answer=EXAMPLE)
    def get(self, call: Call, received_payment_id: uuid.UUID) -> ManualPayment:
        return self.found(received_payment_id)


class ChargeReceived(OfReceived):
    named = ""

    def prepare(self, call: Call, operation: Operation) -> uuid.UUID:
        """Nobody pays it by card meanwhile; and the payment's own id, of this very request."""
        assert call.request.resolver_match
        charge_id = call.request.resolver_match.kwargs["charge_id"]
        one_of(Charge.objects.all(), charge_id)
        try:
            by_hand.close_pages([charge_id])
        except by_hand.CannotRecord as refusal:
            raise Problem(CANNOT_RECORD, str(refusal)) from refusal
        return requests.key_of(asked_by=call.caller.asked_by, key=call.key)

    @writes(
        "billing:write",
        takes=NewReceivedPayment,
        gives=ReceivedPaymentShown,
        status=201,
        problems=(CANNOT_RECORD,),
        summary="Record a payment in cash or by transfer",
        description="The whole of what is owed, or a part of it. A page on which it could be paid by card is "
        "closed before. The books and the client's papers know it as if the coach had typed it; it bears no "
        "platform fee.",
        example={
            "tender": "transfer",
            "amount_minor": 4500,
            "received_on": "2026-11-24",
            "reference": "Invoice 2026-17",
        },
        answer=EXAMPLE,
    )
    def post(self, call: Call, charge_id: uuid.UUID) -> ManualPayment:
        said = call.said
        try:
            return by_hand.record(
                charge_id=charge_id,
                tender=Tender(said["tender"]),
                amount_minor=said["amount_minor"],
                received_on=said["received_on"],
                reference=said["reference"],
                key=requests.key_of(asked_by=call.caller.asked_by, key=call.key),
                now=call.now,
                actor=call.actor,
            )
        except by_hand.CannotRecord as refusal:
            raise Problem(CANNOT_RECORD, str(refusal)) from refusal
