"""The coach's answer to a client who asks for a time, and what they let a client off afterwards."""

import uuid

from api.core.declaring import Call, writes
from api.core.problems import Problem, kind
from api.v1.booking_changes import CANCELLATION, CANNOT_CANCEL, CONFIRMED
from api.v1.booking_making import CANNOT_SPEND
from api.v1.booking_shapes import Answer, BookingShown, NewWaiver
from api.v1.bookings import OfBookings
from connect.gateway import GatewayUnavailable
from tenants.packs.spending import CannotSpend
from tenants.scheduling import answers, cancelling
from tenants.scheduling.models import Booking

ALREADY_ANSWERED = kind("already-answered", 409, "There is nothing to answer any more.")


class BookingAnswer(OfBookings):
    @writes(
        "bookings:write",
        takes=Answer,
        gives=BookingShown,
        needs_match=True,
        problems=(ALREADY_ANSWERED, CANNOT_SPEND),
        summary="Accept or decline a request",
        description="Of a booking that is `requested`, until `answer_by`. Accepted, it is confirmed at once, "
        "or as soon as its money is taken: it is `requested` until then, with `accepted_at`; `expired` if "
        "the money cannot be taken. Declined, its time is free and the money is let go. The client is told.",
        example={"accepted": True},
        answer={**CONFIRMED, "accepted_at": "2026-11-24T12:03:00Z"},
    )
    def put(self, call: Call, booking_id: uuid.UUID) -> Booking:
        self.found(booking_id)
        answer = answers.accept if call.said["accepted"] else answers.decline
        try:
            answer(booking_id=booking_id, now=call.now, actor=call.actor)
        except answers.AlreadyAnswered as error:
            raise Problem(ALREADY_ANSWERED, f"{error} Nothing was done: read it again.") from error
        except CannotSpend as error:
            raise Problem(CANNOT_SPEND, f"{error} The request still waits.") from error
        except GatewayUnavailable:
            # The answer is kept, and its money is seen to as soon as Stripe answers.
            pass
        return self.found(booking_id)


class BookingWaiver(OfBookings):
    @writes(
        "bookings:write",
        takes=NewWaiver,
        gives=BookingShown,
        needs_match=True,
        problems=(CANNOT_CANCEL,),
        summary="Let a client off",
        description="Of a cancelled booking that its rule has kept the money or the unit of: all of it goes "
        "back. Of effect in a minute; until then it can be undone as a cancellation.",
        example={"because": "She was ill."},
        answer={
            **CONFIRMED,
            "status": "cancelled",
            "cancellation": {**CANCELLATION, "outcome": "waived", "reason": "She was ill."},
        },
    )
    def post(self, call: Call, booking_id: uuid.UUID) -> Booking:
        self.found(booking_id)
        try:
            cancelling.waive(
                booking_id=booking_id, because=call.said["because"], now=call.now, actor=call.actor
            )
        except cancelling.CannotCancel as error:
            raise Problem(CANNOT_CANCEL, f"{error} Nothing was done.") from error
        return self.found(booking_id)
