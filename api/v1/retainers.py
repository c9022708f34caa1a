"""Retainers: how each stands, in the sentences that everybody reads."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, reads
from api.core.fields import Amount, Named, PageAsked, Shown
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.retainers.models import Every, PeriodStatus, Retainer, RetainerStatus
from tenants.retainers.statements import Statement, statements_of

EXAMPLE = {
    "object": "retainer",
    "id": "019b8c00-9000-7000-8000-000000000001",
    "client_id": "019b8c00-3000-7000-8000-000000000001",
    "payer_id": "019b8c00-3000-7000-8000-000000000001",
    "name": "Monthly coaching",
    "status": "active",
    "price": {"amount_minor": 20000, "currency": "eur"},
    "new_price": None,
    "new_price_from": None,
    "every": "month",
    "every_count": 1,
    "included": 4,
    "balance": {
        "headline": "Paid 1–30 November: 4 included, 2 used, 2 left.",
        "next_line": "Next charge €200.00 on 28 November for 1–31 December.",
        "notes": [],
        "left": 2,
    },
    "periods": [
        {
            "id": "019b8c00-9100-7000-8000-000000000001",
            "number": 1,
            "starts_at": "2026-11-01T00:00:00Z",
            "ends_at": "2026-12-01T00:00:00Z",
            "status": "paid",
            "sentence": "Paid 1–30 November: 4 included, 2 used, 2 left.",
        }
    ],
    "pause_wanted_at": None,
    "cancel_wanted_at": None,
    "started_at": "2026-11-01T00:00:00Z",
    "ended_at": None,
    "created_at": "2026-11-01T00:00:00Z",
}


class RetainerBalanceShown(Shown):
    headline = serializers.CharField(allow_blank=True)
    next_line = serializers.CharField(allow_blank=True, help_text="What comes next.")
    notes = serializers.ListField(child=serializers.CharField())
    left = serializers.IntegerField(allow_null=True, help_text="Null is without a limit.")


class RetainerPeriodShown(Shown):
    id = serializers.UUIDField(source="period.pk")
    number = serializers.IntegerField(source="period.number")
    starts_at = serializers.DateTimeField(source="period.starts_at")
    ends_at = serializers.DateTimeField(source="period.ends_at")
    status = serializers.ChoiceField(choices=PeriodStatus.choices, source="period.status")
    sentence = serializers.CharField()


class RetainerShown(Shown):
    object = Named("retainer")
    id = serializers.UUIDField()
    client_id = serializers.UUIDField(help_text="Who uses it.")
    payer_id = serializers.UUIDField()
    name = serializers.CharField(source="plan.name")
    status = serializers.ChoiceField(choices=RetainerStatus.choices)
    price = Amount("price_minor", help_text="Of one period.")
    new_price = Amount(
        "new_price_minor", allow_null=True, help_text="One that was announced; null where none was."
    )
    new_price_from = serializers.DateTimeField(
        allow_null=True, help_text="The beginning of the first period that it counts for."
    )
    every = serializers.ChoiceField(choices=Every.choices)
    every_count = serializers.IntegerField(help_text="Every so many weeks or months.")
    included = serializers.IntegerField(allow_null=True, help_text="Of a period; null is without a limit.")
    balance = serializers.SerializerMethodField()
    periods = serializers.SerializerMethodField(help_text="The newest first.")
    pause_wanted_at = serializers.DateTimeField(
        allow_null=True, help_text="A pause was asked for then, and comes when what is paid is over."
    )
    cancel_wanted_at = serializers.DateTimeField(allow_null=True, help_text="The same of an end.")
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    @extend_schema_field(RetainerBalanceShown())
    def get_balance(self, row: Any) -> Any:
        return RetainerBalanceShown(self._told(row).balance, context=self.context).data

    @extend_schema_field(RetainerPeriodShown(many=True))
    def get_periods(self, row: Any) -> Any:
        return RetainerPeriodShown(self._told(row).lines, many=True, context=self.context).data

    def _told(self, row: Any) -> Statement:
        if not hasattr(row, "told"):
            tell([row], self.context["call"])
        told: Statement = row.told
        return told


class RetainersAsked(PageAsked):
    client_id = serializers.UUIDField(required=False, help_text="Only those that this client uses.")
    status = serializers.ChoiceField(choices=RetainerStatus.choices, required=False)


def _all() -> QuerySet[Retainer]:
    return Retainer.objects.select_related("plan", "client", "payer")


def tell(rows: list[Any], call: Call) -> None:
    """Of all at once, in the sentences that the coach reads."""
    told: list[Statement] = statements_of(
        retainers=rows, now=call.now, sees_amounts=call.shows_money, is_coach=True
    )
    for row, each in zip(rows, told, strict=True):
        row.told = each


class OfRetainers(Resource):
    group = "Retainers"
    named = "retainer_id"

    def found(self, subject_id: uuid.UUID) -> Retainer:
        return one_of(_all(), subject_id)

    def lock(self, subject_id: uuid.UUID) -> None:
        one_of(Retainer.objects.select_for_update(), subject_id)


class Retainers(OfRetainers):
    @reads(
        "billing:read",
        asks=RetainersAsked,
        gives=RetainerShown,
        page=True,
        summary="List retainers",
        description="The newest first, each with what is left of its period and what comes next.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        asked = {name: call.said[name] for name in ("client_id", "status") if name in call.said}
        page = pages.page_of(_all().filter(**asked), call.page)
        tell(page["data"], call)
        return page


class OneRetainer(OfRetainers):
    @reads("billing:read", gives=RetainerShown, summary="Get a retainer", answer=EXAMPLE)
    def get(self, call: Call, retainer_id: uuid.UUID) -> Retainer:
        return self.found(retainer_id)
