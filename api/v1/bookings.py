"""Bookings: made from a hold or a free time, read, and listed."""

import uuid
from typing import Any

from django.db.models import Prefetch, QuerySet

from api.core import pages, problems
from api.core.declaring import Call, Operation, reads, writes
from api.core.problems import Problem
from api.core.resources import Resource
from api.v1 import booking_making as making
from api.v1.booking_shapes import EXAMPLE, SESSION, BookingsAsked, BookingShown, NewBooking
from api.v1.holds import HOLD_LAPSED, NOT_OFFERED, SLOT_TAKEN, held, lapsed, offered
from api.v1.rows import one_of
from tenants.scheduling import holds
from tenants.scheduling.models import Booking, Cancellation, CancellationStatus

FILTERS = {
    "status": "status",
    "client_id": "client_id",
    "session_type_id": "session__session_type_id",
    "starts_from": "session__starts_at__gte",
    "starts_before": "session__starts_at__lt",
}


def everyones() -> QuerySet[Booking]:
    """What clients have given details for, with what a booking is shown by."""
    pending = Cancellation.objects.filter(status=CancellationStatus.PENDING)
    shown = Prefetch("cancellations", queryset=pending, to_attr="pending")
    of_clients = Booking.objects.filter(client__isnull=False)
    return of_clients.select_related("session").prefetch_related(shown)


class OfBookings(Resource):
    group = "Bookings"
    named = "booking_id"

    def found(self, subject_id: uuid.UUID) -> Booking:
        return one_of(everyones(), subject_id)

    def lock(self, subject_id: uuid.UUID) -> None:
        one_of(Booking.objects.select_for_update(), subject_id)


class Bookings(OfBookings):
    @reads(
        "bookings:read",
        asks=BookingsAsked,
        gives=BookingShown,
        page=True,
        summary="List bookings",
        description="The newest first, by when they were made.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        asked = {path: call.said[name] for name, path in FILTERS.items() if name in call.said}
        return pages.page_of(everyones().filter(**asked), call.page)

    @writes(
        "bookings:write",
        takes=NewBooking,
        gives=BookingShown,
        status=201,
        problems=(SLOT_TAKEN, NOT_OFFERED, HOLD_LAPSED, *making.KINDS),
        summary="Book a session",
        description="What costs nothing, or is paid by a pack or a retainer, is confirmed at once. Otherwise "
        "the answer is `held`: send the client to `payment_url`, where they sign what comes first and pay. A "
        "session is confirmed when its payment clears, and never before; read it again, or have the event "
        "`booking.confirmed` sent to you.",
        example={
            "session_type_id": SESSION,
            "starts_at": EXAMPLE["starts_at"],
            "client": {"name": "Cleo Client", "email": "cleo@example.com"},
        },
        answer=EXAMPLE,
    )
    def post(self, call: Call) -> Booking:
        booking_id = call.prepared
        making.book(booking_id, call)
        return self.found(booking_id)

    def prepare(self, call: Call, operation: Operation) -> uuid.UUID | None:
        """The time is held by this very request: of two that come at once one goes on with it."""
        if not operation.is_write:
            return None
        if hold_id := call.said.get("hold_id"):
            call.prepared = _hold(hold_id)
        else:
            kind = offered(call.said["session_type_id"])
            making.refuse_what_clients_must_read(kind, call)
            call.prepared = held(kind, call.said["starts_at"], call).pk
        return call.prepared

    def undo(self, call: Call, subject_id: uuid.UUID | None) -> None:
        if subject_id and "hold_id" not in call.said:
            holds.let_go(booking_id=subject_id, now=call.now)


def _hold(hold_id: uuid.UUID) -> uuid.UUID:
    hold = Booking.objects.filter(pk=hold_id).first()
    if hold is None:
        raise Problem(problems.INVALID, "Nothing was booked.", errors={"hold_id": ["There is no such hold."]})
    if hold.client_id:
        raise lapsed()
    return hold.pk


class OneBooking(OfBookings):
    @reads("bookings:read", gives=BookingShown, summary="Get a booking", answer=EXAMPLE)
    def get(self, call: Call, booking_id: uuid.UUID) -> Booking:
        return self.found(booking_id)
