"""Why a retainer cannot pay for a session: one rule for what a page offers and what a booking gets."""

from datetime import datetime
from enum import StrEnum

from tenants.retainers.models import PeriodStatus, Retainer, RetainerPeriod, RetainerStatus


class Refusal(StrEnum):
    """Why a retainer cannot pay for a session; `called.said` puts it in the coach's words."""

    NOT_YOURS = "This retainer belongs to somebody else."
    NOT_COVERED = "This retainer is not good for this kind of {session}."
    NOT_BEGUN = "This retainer has not begun: its first period is not paid yet."
    LATE = "A payment of this retainer is late. New {sessions} can be booked as soon as it has come."
    PAUSED = "This retainer is paused. Resume it to book with it again."
    ENDED = "This retainer has ended."
    NOT_PAID_THEN = "The {session} is not within a period of the retainer that is paid."
    DISPUTED = "This retainer cannot be used while the bank looks into its payment."
    GIVEN_BACK = "The payment of this period went back, so nothing more can be booked from it."
    USED_UP = "Not enough is left of this period of the retainer."
    PAID_ALREADY = "Another retainer pays for this {session} already."


OF_STATUS = {
    RetainerStatus.PENDING: Refusal.NOT_BEGUN,
    RetainerStatus.PAST_DUE: Refusal.LATE,
    RetainerStatus.PAUSED: Refusal.PAUSED,
    RetainerStatus.ENDED: Refusal.ENDED,
    RetainerStatus.VOID: Refusal.ENDED,
}


def refusal(
    retainer: Retainer,
    period: RetainerPeriod | None,
    takes: int,
    left: int,
    starts_at: datetime,
    *,
    disputed: bool = False,
) -> Refusal | None:
    """Why this period does not pay for a session that takes so many units; None where it does.

    `period` is the paid one in which the session begins. The page and the booking ask the same rule.
    """
    if said := OF_STATUS.get(RetainerStatus(retainer.status)):
        return said
    if period is None or period.status != PeriodStatus.PAID or not _within(period, starts_at):
        return Refusal.NOT_PAID_THEN
    if disputed:
        return Refusal.DISPUTED
    if period.included is None:
        return Refusal.GIVEN_BACK if period.refunded_minor >= period.price_minor else None
    return Refusal.USED_UP if takes > left else None


def _within(period: RetainerPeriod, starts_at: datetime) -> bool:
    return period.starts_at <= starts_at < period.ends_at
