"""What may happen to a booking: cancelled, moved, and how it went."""

import uuid

from api.core import problems
from api.core.declaring import Call, reads, writes
from api.core.problems import Problem, kind
from api.v1.booking_shapes import (
    EXAMPLE,
    Attendance,
    BookingShown,
    CancellationAsked,
    CancellationPreviewShown,
    NewBookingTime,
    NewCancellation,
)
from api.v1.bookings import OfBookings
from api.v1.holds import FAR_AHEAD, SLOT_TAKEN
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.states import IllegalMove
from tenants.scheduling import bookings, cancelling, holds, moving, paying
from tenants.scheduling.cancellation import Outcome
from tenants.scheduling.models import FUNDED, Booking, BookingStatus, Cause

CANNOT_CANCEL = kind("cannot-cancel", 409, "This cannot be cancelled any more.")
OUTCOME_CHANGED = kind("outcome-changed", 409, "Cancelling would come to something else by now.")
TOO_LATE_TO_UNDO = kind("too-late-to-undo", 409, "There is nothing left to undo.")
CANNOT_MOVE = kind("cannot-move", 409, "This cannot be moved.")
NOT_BEGUN = kind("not-to-be-noted", 409, "How it went cannot be noted now.")

CONFIRMED = {
    **EXAMPLE,
    "status": "confirmed",
    "funding": "card",
    "payment_url": None,
    "pay_by": None,
    "confirmed_at": "2026-11-24T12:03:00Z",
}
CANCELLATION = {
    "cause": "client",
    "outcome": "returned",
    "reason": "Cancelled in time (the rule is 24 hours).",
    "units_back": 0,
    "money_back": {"amount_minor": 4500, "currency": "eur"},
    "takes_effect_at": "2026-11-25T08:01:00Z",
}
_PREVIEW = {
    "object": "cancellation_preview",
    "outcome": "returned",
    "reason": "Cancelled in time (the rule is 24 hours).",
    "units_back": 0,
    "money_back": {"amount_minor": 4500, "currency": "eur"},
    "free_until": "2026-11-30T09:00:00Z",
}


class BookingCancellation(OfBookings):
    @reads(
        "bookings:read",
        asks=CancellationAsked,
        gives=CancellationPreviewShown,
        problems=(CANNOT_CANCEL,),
        summary="Preview a cancellation",
        description="What would go back if it were cancelled now, by the rule that it was sold under.",
        example={"cause": "client"},
        answer=_PREVIEW,
    )
    def get(self, call: Call, booking_id: uuid.UUID) -> dict[str, object]:
        booking = self.found(booking_id)
        if booking.status not in FUNDED:
            raise Problem(CANNOT_CANCEL, "This session is not booked, so nothing would go back.")
        outcome = cancelling.preview(booking=booking, cause=Cause(call.said["cause"]), now=call.now)
        return _shown(outcome, booking)

    @writes(
        "bookings:write",
        takes=NewCancellation,
        gives=BookingShown,
        needs_match=True,
        problems=(CANNOT_CANCEL, OUTCOME_CHANGED, problems.PAYMENTS_AWAY),
        summary="Cancel a booking",
        description="Of effect in a minute; until then it can be undone. One that waits for its payment is "
        "given up at once.",
        example={"cause": "client", "expected_outcome": "returned"},
        answer={**CONFIRMED, "cancellation": CANCELLATION},
    )
    def post(self, call: Call, booking_id: uuid.UUID) -> Booking:
        if self.found(booking_id).status == BookingStatus.HELD:
            _give_up(booking_id, call)
        else:
            _cancel(booking_id, call)
        return self.found(booking_id)

    @writes(
        "bookings:write",
        gives=BookingShown,
        needs_match=True,
        problems=(TOO_LATE_TO_UNDO,),
        summary="Undo a cancellation",
        description="Within the minute that `cancellation.takes_effect_at` names.",
        answer=CONFIRMED,
    )
    def delete(self, call: Call, booking_id: uuid.UUID) -> Booking:
        self.found(booking_id)
        if not cancelling.undo(booking_id=booking_id, now=call.now):
            raise Problem(TOO_LATE_TO_UNDO, "Nothing is being cancelled, or its minute is over.")
        return self.found(booking_id)


class BookingTime(OfBookings):
    @writes(
        "bookings:write",
        takes=NewBookingTime,
        gives=BookingShown,
        needs_match=True,
        problems=(CANNOT_MOVE, SLOT_TAKEN),
        summary="Move a booking",
        description="The same booking, the same payment, another time.",
        example={"starts_at": "2026-12-02T09:00:00Z"},
        answer=CONFIRMED,
    )
    def put(self, call: Call, booking_id: uuid.UUID) -> Booking:
        booking, starts_at = self.found(booking_id), call.said["starts_at"]
        if not call.now < starts_at < call.now + FAR_AHEAD:
            raise Problem(SLOT_TAKEN, "That time is not one to be booked. Nothing was moved.", nearest=[])
        move = moving.move_by_client if call.said["asked_by"] == "client" else moving.move_by_coach
        try:
            move(booking_id=booking_id, starts_at=starts_at, now=call.now, actor=call.actor)
        except (moving.CannotMove, IllegalMove) as error:
            raise Problem(CANNOT_MOVE, f"{error} Nothing was moved.") from error
        except holds.SlotTaken as error:
            near = moving.nearest(booking=booking, wanted=starts_at, now=call.now)
            raise Problem(
                SLOT_TAKEN,
                "That time is not free. Nothing was moved: `nearest` are free times close by.",
                nearest=[each.isoformat().replace("+00:00", "Z") for each in near],
            ) from error
        return self.found(booking_id)


class BookingAttendance(OfBookings):
    @writes(
        "bookings:write",
        takes=Attendance,
        gives=BookingShown,
        needs_match=True,
        problems=(NOT_BEGUN,),
        summary="Note who came",
        description="After the start; may be corrected.",
        example={"came": True},
        answer={**CONFIRMED, "status": "completed"},
    )
    def put(self, call: Call, booking_id: uuid.UUID) -> Booking:
        self.found(booking_id)
        try:
            bookings.record_attendance(
                booking_id=booking_id, came=call.said["came"], now=call.now, actor=call.actor
            )
        except IllegalMove as error:
            raise Problem(
                NOT_BEGUN,
                "It has not begun, is not booked, or is being cancelled. Nothing was noted.",
            ) from error
        return self.found(booking_id)


def _shown(outcome: Outcome, booking: Booking) -> dict[str, object]:
    return {
        "kind": outcome.kind,
        "reason": outcome.reason,
        "units_back": outcome.units_back,
        "money_back_minor": outcome.money_back_minor,
        "currency": booking.currency,
        "free_until": outcome.free_until,
    }


def _give_up(booking_id: uuid.UUID, call: Call) -> None:
    try:
        given_up = paying.give_up(booking_id=booking_id, now=call.now)
    except (GatewayUnavailable, GatewayRefused) as error:
        raise Problem(
            problems.PAYMENTS_AWAY,
            "Its open payment could not be closed just now, so the time is still kept. Try again in a "
            "minute.",
            headers={"Retry-After": "60"},
        ) from error
    if not given_up:
        raise Problem(CANNOT_CANCEL, "It was paid meanwhile, or has ended. Nothing was done: read it again.")


def _cancel(booking_id: uuid.UUID, call: Call) -> None:
    try:
        cancelling.cancel(
            booking_id=booking_id,
            cause=Cause(call.said["cause"]),
            now=call.now,
            actor=call.actor,
            shown=call.said.get("expected_outcome", ""),
            waived_because=call.said["waived_because"],
        )
    except cancelling.CannotCancel as error:
        raise Problem(CANNOT_CANCEL, f"{error} Nothing was done.") from error
    except cancelling.OutcomeChanged as error:
        raise Problem(
            OUTCOME_CHANGED,
            f"{error} Nothing was done: look at the preview again.",
            outcome=error.outcome.kind,
        ) from error
