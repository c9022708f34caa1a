"""What two people, or one of them and a worker, do to the same booking or pack at the same moment."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django_tenants.utils import tenant_context

from kit import clock
from tenants.scheduling import answers, cancelling, moving
from tenants.scheduling.models import Booking, Cancellation, Cause
from tests.convergence.pack_world import ANNA, CLEO, SECOND, PackWorld, start_in


class Pairs(PackWorld):
    """Each answers the calls to make at once; None where there is nothing to do them to."""

    def _cancel_move(self, number: int) -> Any:
        booking = self.booking(number)
        return booking and [self._cancelling(booking, Cause.COACH), self._moving(booking)]

    def _cancel_cancel(self, number: int) -> Any:
        booking = self.booking(number)
        return booking and [self._cancelling(booking, cause) for cause in (Cause.CLIENT, Cause.COACH)]

    def _accept_lapse(self, number: int) -> Any:
        if (booking := self.booking(number, requests=True)) is None or booking.answer_by is None:
            return None
        accept = partial(answers.accept, booking_id=booking.pk, now=booking.answer_by - SECOND, actor=ANNA)
        lapse = partial(answers.lapse, reference=booking.pk, now=booking.answer_by)
        return [self._here(accept), self._here(lapse)]

    def _undo_done(self, number: int) -> Any:
        with tenant_context(self.tenant):
            row = Cancellation.objects.filter(status="pending").first()
        if row is None:
            return None
        undo = partial(cancelling.undo, booking_id=row.booking_id, now=row.takes_effect_at - SECOND)
        carry_out = partial(cancelling.carry_out, reference=row.pk, now=row.takes_effect_at)
        return [self._here(undo), self._here(carry_out)]

    def _unit_unit(self, number: int) -> Any:
        pack = self.pack(number)
        holds = [self.hold(self.lesson, hours) for hours in (1, 3)]
        if pack is None or None in holds:
            return None
        return [partial(self.book_with, pack, booking, []) for booking in holds if booking]

    def _cancelling(self, booking: Booking, cause: Cause) -> Callable[[], object]:
        asked = {"booking_id": booking.pk, "cause": cause, "now": clock.now(), "actor": CLEO}
        return self._here(partial(cancelling.cancel, **asked))  # type: ignore[arg-type]

    def _moving(self, booking: Booking) -> Callable[[], object]:
        wanted = {"booking_id": booking.pk, "starts_at": start_in(70), "now": clock.now(), "actor": ANNA}
        return self._here(partial(moving.move_by_coach, **wanted))  # type: ignore[arg-type]

    def _here(self, call: Callable[[], object]) -> Callable[[], object]:
        def inside() -> object:
            with tenant_context(self.tenant):
                return call()

        return inside
