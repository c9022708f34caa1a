"""How long a pack is valid: calendar months in the coach's zone, standing still while the coach is closed."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum

from kit.actors import SYSTEM, Actor
from kit.clock import zone
from kit.database import require_transaction
from kit.states import change
from tenants.activity import events
from tenants.activity.models import Event
from tenants.offers.practice import practice
from tenants.packs import ledger
from tenants.packs.models import Pack, PackEntry, PackStatus, UnitKind
from tenants.packs.removals import reclaim
from tenants.packs.validity import (
    DAY,
    closed_days,
    days,
    end_of_day,
    expires_at,
    last_day,
    morning_before,
)
from tenants.registry import wakeups

LEAST_AFTER_RETURN = timedelta(days=30)
NUDGED_DAYS_BEFORE = (30, 7)


class CannotExtend(Exception):
    """The pack is as valid as it was; the message says why, and what to do instead."""


# --- the beginning -----------------------------------------------------------------------------------


def start(*, pack: Pack, now: datetime) -> None:
    """Step of a sale: the pack is valid from the moment at which it was bought."""
    ends = expires_at(pack.bought_at, pack.offer.valid_months, practice().timezone)
    change(pack, expires_at=ends)
    watch(pack=pack, now=now)


def watch(*, pack: Pack, now: datetime) -> None:
    """Step: have the pack's end carried out, and its client reminded before."""
    require_transaction()
    if pack.expires_at is None:
        return
    wakeups.ask(kind="pack_expiry", reference=pack.pk, due_at=pack.expires_at, now=now, replace=True)
    if due_at := next_nudge(pack.expires_at, now, practice().timezone):
        wakeups.ask(kind="pack_nudge", reference=pack.pk, due_at=due_at, now=now, replace=True)


def next_nudge(ends: datetime, now: datetime, tz: str) -> datetime | None:
    """When the client is reminded next that a pack ends."""
    moments = (morning_before(ends, each, tz) for each in NUDGED_DAYS_BEFORE)
    return min((at for at in moments if at > now), default=None)


# --- the end -----------------------------------------------------------------------------------------


def expire(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeup: what is left of an expired pack goes; otherwise say when it will.

    Units of sessions that are booked were spent before, and stay so.
    """
    with transaction.atomic(durable=True):
        pack = ledger.locked(reference)
        if pack.status != PackStatus.ACTIVE or pack.expires_at is None:
            return None
        if pack.expires_at > now:
            return pack.expires_at
        if left := ledger.balance_of(pack.pk):
            _take_the_rest(pack, left, now)
    return None


def _take_the_rest(pack: Pack, left: int, now: datetime) -> None:
    ledger.enter(
        pack=pack,
        kind=UnitKind.EXPIRED,
        units=-left,
        cause="validity",
        rule=f"validity:{pack.offer.valid_months or 0}",
        actor=SYSTEM,
        reference=ledger.next_reference(pack),
        now=now,
        data={"last_day": _last_day(pack)},
    )
    _tell(pack, "pack.expired", now, SYSTEM, units=left)


def nudge(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeup: tell of a pack that ends soon with units left; then say when to come back."""
    with transaction.atomic(durable=True):
        pack = ledger.locked(reference)
        if pack.status != PackStatus.ACTIVE or pack.expires_at is None or pack.expires_at <= now:
            return None
        left, before = ledger.balance_of(pack.pk), _days_to_tell(pack.expires_at, now)
        if left and before is not None and not _told(pack, before):
            _tell(pack, "pack.expiring", now, SYSTEM, days=before, left=left, last_day=_last_day(pack))
    return next_nudge(pack.expires_at, now, practice().timezone)


def _days_to_tell(ends: datetime, now: datetime) -> int | None:
    tz = practice().timezone
    passed = (each for each in NUDGED_DAYS_BEFORE if morning_before(ends, each, tz) <= now)
    return min(passed, default=None)


def _told(pack: Pack, before: int) -> bool:
    """A worker that died between telling and ticking it off comes here a second time."""
    told = Event.objects.filter(kind="pack.expiring", subject_id=pack.pk)
    return told.filter(data__days=before, data__last_day=_last_day(pack)).exists()


# --- more time ---------------------------------------------------------------------------------------


def extend(*, pack_id: uuid.UUID, until: date, note: str, now: datetime, actor: Actor) -> Pack:
    """Use case of the coach: the pack is valid through the day `until`, in the coach's zone.

    What had expired comes back, all of it and no more. Raises CannotExtend for a day that is not later
    than the one it has, or is over.
    """
    with transaction.atomic(durable=True):
        pack = ledger.locked_line(pack_id)[-1]
        if pack.status != PackStatus.ACTIVE or pack.expires_at is None:
            raise CannotExtend("Nothing was changed: this pack has no last day.")
        ends = end_of_day(until, practice().timezone)
        if ends <= max(pack.expires_at, now):
            raise CannotExtend("Nothing was changed: choose a day that is later than the pack’s last one.")
        _extend(pack, ends, cause="coach", rule="extended", note=note.strip(), now=now, actor=actor)
        _reopen(pack, cause="coach", now=now, actor=actor)
    return pack


def take_back(*, pack_id: uuid.UUID, now: datetime, actor: Actor) -> Pack:
    """Use case of the coach: the extension by hand is undone, and the pack ends when it did before.

    Raises CannotExtend where something else has happened to the pack since, or that day is over.
    """
    with transaction.atomic(durable=True):
        pack = ledger.locked_line(pack_id)[-1]
        before = extended_from(pack)
        if before is None:
            raise CannotExtend("Nothing was changed: something else has happened to this pack since.")
        ends = end_of_day(before, practice().timezone)
        if ends <= now:
            raise CannotExtend("Nothing was changed: the day on which the pack would have ended is over.")
        _extend(pack, ends, cause="taken_back", rule="taken_back", now=now, actor=actor)
    return pack


def extended_from(pack: Pack) -> date | None:
    """The last day it had before it was extended by hand, where that is the last thing that happened."""
    last = pack.entries.order_by("-number").first()
    if last is None or (last.kind, last.cause) != (UnitKind.EXTENDED, "coach"):
        return None
    return date.fromisoformat(last.data["last_day_before"])


def pause(*, starts_at: datetime, ends_at: datetime, now: datetime, actor: Actor) -> int:
    """Step of a closure: packs stay valid for as many days more as it closes whole; how many packs did.

    Those that ended within it come back. A day that two closures share counts once.
    """
    require_transaction()
    closed = closed_days(starts_at, ends_at, practice().timezone)
    touched = Pack.objects.filter(status=PackStatus.ACTIVE, expires_at__gt=starts_at)
    ids = list(touched.order_by("pk").values_list("pk", flat=True))
    return sum(_pause(pack_id, closed, now, actor) for pack_id in ids)


def stand_still(
    *,
    pack_id: uuid.UUID,
    closures: Iterable[tuple[datetime, datetime]],
    now: datetime,
    actor: Actor,
    at_sale: bool,
) -> None:
    """Step: what `pause` has not seen, as a pack was bought after the closures were entered, or reaches into
    them only now. `closures` in the order of their beginnings; `at_sale`, the mail about the sale says it.
    """
    require_transaction()
    tz = practice().timezone
    for starts_at, ends_at in closures:
        pack = ledger.locked_line(pack_id)[-1]
        is_valid = pack.status == PackStatus.ACTIVE and pack.expires_at is not None
        if is_valid and pack.expires_at > starts_at:  # type: ignore[operator]
            _pause(pack_id, closed_days(starts_at, ends_at, tz), now, actor, at_sale=at_sale)


def _pause(
    pack_id: uuid.UUID, closed: set[date], now: datetime, actor: Actor, *, at_sale: bool = False
) -> bool:
    line, tz = ledger.locked_line(pack_id), practice().timezone
    pack = line[-1]
    assert pack.expires_at is not None
    bought_on = pack.bought_at.astimezone(zone(tz)).date()
    added = {day for day in closed if day >= bought_on} - _days_closed_before(line)
    if not added:
        return False
    had_ended = pack.expires_at <= now
    facts: dict[str, Any] = {
        "days": len(added),
        "closed_from": f"{min(added)}",
        "closed_until": f"{max(added)}",
        **({"at_sale": True} if at_sale else {}),
    }
    ends = end_of_day(last_day(pack.expires_at, tz) + DAY * len(added), tz)
    _extend(pack, ends, cause="closure", rule="closure", now=now, actor=actor, facts=facts)
    if had_ended and ends > now:
        _reopen(pack, cause="closure", now=now, actor=actor)
    return True


def _days_closed_before(line: Sequence[Pack]) -> set[date]:
    """Also those of the packs that it was passed on from, up to then: it has the last day that they had."""
    own = Q(pack=line[-1]) | Q(pack__in=line[:-1], at__lte=line[-1].bought_at)
    extended = PackEntry.objects.filter(own, kind=UnitKind.EXTENDED, cause="closure")
    entries = extended.values_list("data", flat=True)
    spans = (
        (date.fromisoformat(data["closed_from"]), date.fromisoformat(data["closed_until"]))
        for data in entries
    )
    return {day for first, last in spans for day in days(first, last)}


def leave_time_to_use(*, pack: Pack, now: datetime, actor: Actor) -> None:
    """Step: a unit came back through no fault of the client, so there are 30 days to use it.

    A pack that has ended is valid again for that unit; what had expired stays expired.
    """
    if pack.expires_at is None or pack.expires_at >= now + LEAST_AFTER_RETURN:
        return
    tz = practice().timezone
    ends = end_of_day((now + LEAST_AFTER_RETURN).astimezone(zone(tz)).date(), tz)
    _extend(pack, ends, cause="returned_late", rule="returned_late:30", now=now, actor=actor)


def _extend(
    pack: Pack,
    ends: datetime,
    *,
    cause: str,
    rule: str,
    now: datetime,
    actor: Actor,
    note: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    before = _last_day(pack)
    change(pack, expires_at=ends)
    data = {**(facts or {}), "last_day_before": before, "last_day": _last_day(pack)}
    ledger.enter(
        pack=pack,
        kind=UnitKind.EXTENDED,
        units=0,
        cause=cause,
        rule=rule,
        actor=actor,
        reference=ledger.next_reference(pack),
        now=now,
        data=data,
        note=note,
    )
    watch(pack=pack, now=now)
    _tell(pack, "pack.extended", now, actor, cause=cause, **data)


def _reopen(pack: Pack, *, cause: str, now: datetime, actor: Actor) -> None:
    """What expired and did not come back yet comes back, less what was refunded meanwhile."""
    gone = PackEntry.objects.filter(pack=pack, kind__in=[UnitKind.EXPIRED, UnitKind.REOPENED])
    units = -(gone.aggregate(units=Sum("units"))["units"] or 0)
    if not units:
        return
    reference = ledger.next_reference(pack)
    ledger.enter(
        pack=pack,
        kind=UnitKind.REOPENED,
        units=units,
        cause=cause,
        rule="extended",
        actor=actor,
        reference=reference,
        now=now,
        data={"last_day": _last_day(pack)},
    )
    reclaim(pack=pack, units=units, reference=reference, now=now, actor=actor)


def _last_day(pack: Pack) -> str:
    assert pack.expires_at is not None
    return last_day(pack.expires_at, practice().timezone).isoformat()


def _tell(pack: Pack, kind: str, now: datetime, actor: Actor, **data: object) -> None:
    events.record(kind=kind, subject_id=pack.pk, client_id=pack.client_id, actor=actor, now=now, data=data)
