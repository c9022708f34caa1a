"""A time that is kept for ten minutes while a client decides."""

import uuid
from datetime import timedelta
from typing import Any

from rest_framework import serializers

from api.core import problems
from api.core.declaring import Call, reads, writes
from api.core.fields import Amount, Named, Shown, Taken
from api.core.problems import Problem
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.offers.models import SessionType
from tenants.scheduling import holds
from tenants.scheduling.models import Booking, BookingStatus

SLOT_TAKEN = problems.kind("slot-taken", 409, "That time is not free.")
NOT_OFFERED = problems.kind("not-offered", 409, "This cannot be booked now.")
HOLD_LAPSED = problems.kind("hold-lapsed", 409, "The time is not kept any more.")
NO_MORE_TIME = problems.kind("no-more-time", 409, "The hold was renewed as often as it may be.")
FAR_AHEAD = timedelta(days=3650)

EXAMPLE = {
    "object": "hold",
    "id": "019b8c00-2000-7000-8000-000000000001",
    "session_type_id": "019b8c00-1000-7000-8000-000000000001",
    "starts_at": "2026-12-01T09:00:00Z",
    "ends_at": "2026-12-01T10:00:00Z",
    "is_kept": True,
    "expires_at": "2026-11-24T12:10:00Z",
    "renewals_left": 2,
    "price": {"amount_minor": 4500, "currency": "eur"},
}


class HoldShown(Shown):
    object = Named("hold")
    id = serializers.UUIDField(help_text="Also the id of the booking that it becomes.")
    session_type_id = serializers.UUIDField(source="session.session_type_id")
    starts_at = serializers.DateTimeField(source="session.starts_at")
    ends_at = serializers.DateTimeField(source="session.ends_at")
    is_kept = serializers.SerializerMethodField(help_text="False once it was booked, given up, or ran out.")
    expires_at = serializers.DateTimeField(source="hold_expires_at")
    renewals_left = serializers.SerializerMethodField()
    price = Amount("price_minor")

    def get_is_kept(self, row: Booking) -> bool:
        return row.status == BookingStatus.HELD and row.client_id is None

    def get_renewals_left(self, row: Booking) -> int:
        return holds.MOST_RENEWALS - row.renewals


class NewHold(Taken):
    session_type_id = serializers.UUIDField()
    starts_at = serializers.DateTimeField(help_text="One of the free times, with its zone.")


class OfHolds(Resource):
    group = "Holds"
    named = "hold_id"

    def found(self, subject_id: uuid.UUID) -> Booking:
        return one_of(Booking.objects.select_related("session"), subject_id)


class Holds(OfHolds):
    @writes(
        "bookings:write",
        takes=NewHold,
        gives=HoldShown,
        status=201,
        is_repeatable=True,
        problems=(SLOT_TAKEN, NOT_OFFERED),
        summary="Hold a time",
        description="Kept for ten minutes, so that nobody else takes it. Nothing is promised to anybody yet.",
        example={
            "session_type_id": EXAMPLE["session_type_id"],
            "starts_at": EXAMPLE["starts_at"],
        },
        answer=EXAMPLE,
    )
    def post(self, call: Call) -> Booking:
        kind, starts_at = offered(call.said["session_type_id"]), call.said["starts_at"]
        return self.found(held(kind, starts_at, call).pk)


class OneHold(OfHolds):
    @reads("bookings:read", gives=HoldShown, summary="Get a hold", answer=EXAMPLE)
    def get(self, call: Call, hold_id: uuid.UUID) -> Booking:
        return self.found(hold_id)

    @writes(
        "bookings:write",
        gives=HoldShown,
        problems=(HOLD_LAPSED,),
        summary="Give a hold up",
        description="The time is free for others at once.",
        answer={**EXAMPLE, "is_kept": False},
    )
    def delete(self, call: Call, hold_id: uuid.UUID) -> Booking:
        self.found(hold_id)
        if not holds.let_go(booking_id=hold_id, now=call.now):
            raise lapsed()
        return self.found(hold_id)


class HoldRenewal(OfHolds):
    @writes(
        "bookings:write",
        gives=HoldShown,
        problems=(HOLD_LAPSED, NO_MORE_TIME),
        summary="Keep a hold for longer",
        description="Ten more minutes from now, at most twice.",
        answer={**EXAMPLE, "renewals_left": 1},
    )
    def post(self, call: Call, hold_id: uuid.UUID) -> Booking:
        self.found(hold_id)
        try:
            holds.renew(booking_id=hold_id, now=call.now)
        except holds.NoMoreTime as error:
            raise Problem(
                NO_MORE_TIME, "It was renewed twice, and is kept until expires_at: book it before."
            ) from error
        except holds.HoldLapsed as error:
            raise lapsed() from error
        return self.found(hold_id)


def offered(session_type_id: uuid.UUID) -> SessionType:
    """Raises Problem for what cannot be booked."""
    kind = SessionType.objects.filter(pk=session_type_id, is_active=True).first()
    if kind is None:
        raise Problem(
            NOT_OFFERED, "The coach does not offer this session type now. Nothing was held: list them again."
        )
    return kind


def held(kind: SessionType, starts_at: Any, call: Call) -> Booking:
    """The same request holds the same time, however often it comes, and at once. Raises Problem."""
    holder = holds.digest(f"{call.caller.asked_by}\n{call.key}")
    if not call.now < starts_at < call.now + FAR_AHEAD:
        raise Problem(SLOT_TAKEN, "That time is not one to be booked. Nothing was held.", nearest=[])
    try:
        return holds.hold(
            slug=kind.slug,
            starts_at=starts_at,
            holder=holder,
            now=call.now,
        )
    except holds.SlotTaken as taken:
        if mine := Booking.objects.filter(holder=holder).first():
            return mine
        raise Problem(
            SLOT_TAKEN,
            "That time was just taken, or is not offered. Nothing was held: `nearest` are free times close "
            "by.",
            nearest=[each.isoformat().replace("+00:00", "Z") for each in taken.nearest],
        ) from taken
    except holds.NotOffered as error:
        raise Problem(NOT_OFFERED, f"{error} Nothing was held.") from error


def lapsed() -> Problem:
    return Problem(
        HOLD_LAPSED, "The time is not kept any more: it was booked, given up, or ran out. Hold one anew."
    )
