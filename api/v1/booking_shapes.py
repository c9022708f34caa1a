"""How a booking is shown, and what may be said of one."""

from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.core.fields import Amount, Link, Named, PageAsked, Shown, Taken
from kit.clock import UnknownZone, zone
from tenants.offers.models import Place
from tenants.scheduling import links
from tenants.scheduling.cancellation import free_cancel_until
from tenants.scheduling.cancelling import policy_of
from tenants.scheduling.models import Booking, BookingStatus, Cause, Funding

SESSION: Final = "019b8c00-1000-7000-8000-000000000001"
EXAMPLE: Final = {
    "object": "booking",
    "id": "019b8c00-2000-7000-8000-000000000001",
    "status": "held",
    "session_type_id": SESSION,
    "client_id": "019b8c00-3000-7000-8000-000000000001",
    "name": "Single lesson",
    "starts_at": "2026-12-01T09:00:00Z",
    "ends_at": "2026-12-01T10:00:00Z",
    "timezone": "Europe/Berlin",
    "wall_start": "2026-12-01T10:00",
    "place": "in_person",
    "message": "",
    "funding": "",
    "pack_id": None,
    "retainer_id": None,
    "price": {"amount_minor": 4500, "currency": "eur"},
    "extras_price": {"amount_minor": 0, "currency": "eur"},
    "payment_url": "https://anna.example.com/b/AZuM…/",
    "pay_by": "2026-11-24T12:41:00Z",
    "page_url": "https://anna.example.com/b/AZuM…/",
    "free_to_cancel_until": "2026-11-30T09:00:00Z",
    "moved_from": None,
    "cancellation": None,
    "ended_reason": "",
    "answer_by": None,
    "accepted_at": None,
    "confirmed_at": None,
    "created_at": "2026-11-24T12:00:00Z",
}


def _page(row: Booking) -> str:
    return links.path_of(links.token_of(row))


def _waits_for_client(row: Booking) -> bool:
    return row.status == BookingStatus.HELD and row.client_id is not None


class CancellationShown(Shown):
    cause = serializers.ChoiceField(choices=Cause.choices)
    outcome = serializers.CharField(help_text="`returned`, `used` or `waived`.")
    reason = serializers.CharField(help_text="The rule, in a sentence.")
    units_back = serializers.IntegerField()
    money_back = Amount("money_back_minor")
    takes_effect_at = serializers.DateTimeField(help_text="Until then it can be undone.")


class BookingShown(Shown):
    object = Named("booking")
    id = serializers.UUIDField()
    status = serializers.ChoiceField(
        choices=BookingStatus.choices,
        help_text="`held`: it waits for the client at payment_url. `requested`: for the coach's answer.",
    )
    session_type_id = serializers.UUIDField(source="session.session_type_id")
    client_id = serializers.UUIDField()
    name = serializers.CharField(source="agreed.name", help_text="Of the session, as it was agreed.")
    starts_at = serializers.DateTimeField(source="session.starts_at")
    ends_at = serializers.DateTimeField(source="session.ends_at")
    timezone = serializers.CharField(source="session.timezone", help_text="The coach's.")
    wall_start = serializers.CharField(source="session.wall_start", help_text="The agreed time there.")
    place = serializers.ChoiceField(choices=Place.choices, source="agreed.place")
    message = serializers.CharField(help_text="What the client said.")
    funding = serializers.ChoiceField(
        choices=Funding.choices,
        allow_blank=True,
        help_text="What pays for it; empty until it is confirmed. `comp` is a gift of the coach, `received` "
        "was paid in cash or by transfer.",
    )
    pack_id = serializers.UUIDField(allow_null=True)
    retainer_id = serializers.UUIDField(allow_null=True)
    price = Amount("price_minor")
    extras_price = Amount("extras_minor")
    payment_url = serializers.SerializerMethodField(
        help_text="Send the client there, to sign what comes first and to pay. Null when nothing waits."
    )
    pay_by = serializers.SerializerMethodField(help_text="The time is kept until then.")
    page_url = Link(_page, help_text="The client's own page of this booking. Whoever has it may change it.")
    free_to_cancel_until = serializers.SerializerMethodField()
    moved_from = serializers.DateTimeField(allow_null=True, help_text="The coach moved it from there.")
    cancellation = serializers.SerializerMethodField(help_text="One that can still be undone.")
    ended_reason = serializers.CharField()
    answer_by = serializers.DateTimeField(
        allow_null=True, help_text="Of a request: the coach may accept it until then."
    )
    accepted_at = serializers.DateTimeField(allow_null=True, help_text="Of a request: the coach's yes.")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_payment_url(self, row: Booking) -> str | None:
        return self.fields["page_url"].to_representation(row) if _waits_for_client(row) else None

    def get_pay_by(self, row: Booking) -> datetime | None:
        return row.hold_expires_at if _waits_for_client(row) else None

    def get_free_to_cancel_until(self, row: Booking) -> datetime:
        return free_cancel_until(policy_of(row), row.session.starts_at)

    @extend_schema_field(CancellationShown(allow_null=True))
    def get_cancellation(self, row: Booking) -> Any:
        pending = getattr(row, "pending", [])
        if not pending:
            return None
        pending[0].currency = row.currency
        return CancellationShown(pending[0], context=self.context).data


class NewClient(Taken):
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(max_length=254)
    phone = serializers.CharField(max_length=40, default="", allow_blank=True)
    timezone = serializers.CharField(
        max_length=64, default="", allow_blank=True, help_text="As Europe/Berlin; without it the coach's."
    )

    def validate_timezone(self, name: str) -> str:
        try:
            return zone(name).key if name else ""
        except UnknownZone as error:
            raise serializers.ValidationError("There is no such time zone.") from error


class NewBooking(Taken):
    hold_id = serializers.UUIDField(required=False, help_text="What was held; instead of the next two.")
    session_type_id = serializers.UUIDField(required=False)
    starts_at = serializers.DateTimeField(required=False, help_text="One of the free times, with its zone.")
    client = NewClient(required=False, help_text="Who comes; found again by e-mail address.")
    client_id = serializers.UUIDField(required=False, help_text="Instead, somebody the coach has on record.")
    message = serializers.CharField(max_length=1000, default="", allow_blank=True)
    extras = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=8, help_text="Ids."
    )
    coupon = serializers.CharField(max_length=24, default="", allow_blank=True)
    pack_id = serializers.UUIDField(required=False, help_text="A pack of this client pays.")
    retainer_id = serializers.UUIDField(required=False, help_text="A retainer of this client pays.")

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        problems = {}
        slot = {"session_type_id", "starts_at"} & set(said)
        if len(slot) != (0 if "hold_id" in said else 2):
            problems["hold_id"] = ["Say either hold_id, or session_type_id and starts_at."]
        if ("client" in said) == ("client_id" in said):
            problems["client"] = ["Say either client or client_id."]
        if "pack_id" in said and "retainer_id" in said:
            problems["retainer_id"] = ["Either a pack pays or a retainer."]
        if said["coupon"] and {"pack_id", "retainer_id"} & set(said):
            problems["coupon"] = ["A coupon makes a price smaller; a pack or a retainer pays none."]
        if {"pack_id", "retainer_id"} & set(said) and "client_id" not in said:
            problems["client_id"] = ["Name whose pack or retainer pays."]
        if problems:
            raise serializers.ValidationError(problems)
        return said


class BookingsAsked(PageAsked):
    status = serializers.ChoiceField(choices=BookingStatus.choices, required=False)
    client_id = serializers.UUIDField(required=False)
    session_type_id = serializers.UUIDField(required=False)
    starts_from = serializers.DateTimeField(required=False, help_text="Those that begin then or later.")
    starts_before = serializers.DateTimeField(required=False)


class CancellationAsked(Taken):
    cause = serializers.ChoiceField(
        choices=["client", "coach", "weather"],
        default="client",
        help_text="Who or what calls it off. Only for `client` the rule of the booking counts.",
    )


class NewCancellation(CancellationAsked):
    expected_outcome = serializers.ChoiceField(
        choices=["returned", "used", "waived"],
        required=False,
        help_text="What the preview said. If it would be another by now, nothing is done.",
    )
    waived_because = serializers.CharField(
        max_length=300, default="", allow_blank=True, help_text="Why everything goes back against the rule."
    )


class CancellationPreviewShown(Shown):
    object = Named("cancellation_preview")
    outcome = serializers.ChoiceField(choices=["returned", "used", "waived"], source="kind")
    reason = serializers.CharField(help_text="The rule, in a sentence.")
    units_back = serializers.IntegerField(help_text="Of the pack or the retainer.")
    money_back = Amount("money_back_minor")
    free_until = serializers.DateTimeField()


class NewBookingTime(Taken):
    starts_at = serializers.DateTimeField()
    asked_by = serializers.ChoiceField(
        choices=["client", "coach"],
        default="client",
        help_text="A client moves to free times, while cancelling is free. A coach moves to any time at "
        "which nothing else is, and the client may decline.",
    )


class Attendance(Taken):
    came = serializers.BooleanField()


class Answer(Taken):
    accepted = serializers.BooleanField()


class NewWaiver(Taken):
    because = serializers.CharField(max_length=300, help_text="Why; the client reads it.")
