"""Why a pack cannot pay for a session: one rule for what a page offers and what a booking gets."""

from datetime import datetime
from enum import StrEnum

from tenants.packs.models import Pack, PackStatus, Unpaid


class Refusal(StrEnum):
    """Why a pack cannot pay for a session; `called.said` puts it in the coach's words."""

    NOT_YOURS = "This pack belongs to somebody else."
    NOT_SOLD = "This pack is not paid for yet."
    NOT_COVERED = "This pack is not good for this kind of {session}."
    FROZEN = "This pack cannot be used while the bank looks into its payment."
    BEHIND = "This pack cannot be used until its open instalment is paid."
    EXPIRED = "This pack is not valid any more when the {session} begins."
    UNPAID = "This pack has to be paid before more is booked with it."
    USED_UP = "There is not enough left of this pack."
    PAID_ALREADY = "Another pack pays for this {session} already."
    NOT_NOW = "Nothing can be booked with this pack for now. Your coach can tell you more."


def refusal(
    pack: Pack, takes: int, left: int, used: int, starts_at: datetime, now: datetime
) -> Refusal | None:
    """Why this pack does not pay for a session that takes so many units; None where it does.

    `left` are its units, `used` those that bookings have. The page and the booking ask the same rule.
    """
    if pack.status != PackStatus.ACTIVE:
        return Refusal.NOT_SOLD
    if pack.frozen_at is not None:
        return Refusal.BEHIND if pack.frozen_because == "instalment" else Refusal.FROZEN
    if pack.expires_at is not None and pack.expires_at <= max(starts_at, now):
        return Refusal.EXPIRED
    if pack.paid_at is None and not _may_owe(pack, used + takes):
        return Refusal.UNPAID
    return Refusal.USED_UP if takes > left else None


ABOUT_MONEY = frozenset({Refusal.NOT_SOLD, Refusal.FROZEN, Refusal.BEHIND, Refusal.UNPAID})


def told(why: Refusal, *, reads_amounts: bool) -> Refusal:
    """The reason as its reader may know it: how it stands with a payment is for who pays."""
    return Refusal.NOT_NOW if why in ABOUT_MONEY and not reads_amounts else why


def _may_owe(pack: Pack, units: int) -> bool:
    """Whether so many units in all may be booked before the pack is paid; in instalments, all."""
    if pack.instalments > 1:
        return True
    if pack.offer.unpaid == Unpaid.SOME:
        return units <= pack.offer.unpaid_units
    return pack.offer.unpaid == Unpaid.FREELY
