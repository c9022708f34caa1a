"""Retainers as they stand: periods and their entries read once, and put into words by one function."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenants.billing import charges
from tenants.billing.models import Charge
from tenants.offers.models import Practice
from tenants.offers.practice import practice as the_practice
from tenants.retainers import schedule
from tenants.retainers.balance import Balance, NextFacts, PeriodFacts, explain, period_in_words
from tenants.retainers.charging import PURPOSE
from tenants.retainers.models import (
    PeriodStatus,
    Retainer,
    RetainerEntry,
    RetainerEntryKind,
    RetainerPeriod,
    RetainerStatus,
)
from tenants.retainers.periods import Span
from tenants.retainers.wording import Reader

OF_BOOKINGS = frozenset({RetainerEntryKind.SPENT, RetainerEntryKind.RETURNED})
# What is said of a session that takes place, or did.
STANDS = frozenset({"moved", "completed"})


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """One period: its row, what its entries come to, the sentence, and what is owed of it."""

    period: RetainerPeriod
    facts: PeriodFacts
    sentence: str
    days: str
    owed_minor: int
    charge_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A retainer for one reader: its balance now, and every period, the newest first."""

    retainer: Retainer
    balance: Balance
    lines: tuple[PeriodLine, ...]
    next_facts: NextFacts
    reader: Reader

    @property
    def current(self) -> PeriodLine | None:
        """The period that runs, or the last one that was paid."""
        return _current(self.lines, self.reader.now)


def statement_of(*, retainer: Retainer, now: datetime, **asked: Any) -> Statement:
    """As `statements_of`, of one retainer."""
    return statements_of(retainers=[retainer], now=now, **asked)[0]


def statements_of(
    *,
    retainers: Sequence[Retainer],
    now: datetime,
    sees_amounts: bool,
    is_coach: bool = False,
    practice: Practice | None = None,
) -> list[Statement]:
    """How each retainer stands, for one reader; three questions, however many retainers."""
    us = practice or the_practice()
    reader = Reader(us.timezone, us.locale, now, sees_amounts=sees_amounts, is_coach=is_coach)
    periods = _periods_of(retainers)
    ids = [each.pk for rows in periods.values() for each in rows]
    sums, owed = _sums(ids, now), _charges(ids)
    return [_statement(each, periods[each.pk], sums, owed, reader) for each in retainers]


def _periods_of(retainers: Iterable[Retainer]) -> dict[uuid.UUID, list[RetainerPeriod]]:
    found: dict[uuid.UUID, list[RetainerPeriod]] = defaultdict(list)
    for row in RetainerPeriod.objects.filter(retainer__in=list(retainers)).order_by("-number"):
        found[row.retainer_id].append(row)
    return found


def _sums(period_ids: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, dict[str, int]]:
    """What the entries of each period come to, by the names of `PeriodFacts`."""
    found: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    entries = list(RetainerEntry.objects.filter(period__in=period_ids).order_by("number"))
    over = _over(entries, now)
    for entry in entries:
        found[entry.period_id][_counted_as(entry, over)] += _count(entry)
    return found


def _over(entries: Iterable[RetainerEntry], now: datetime) -> set[uuid.UUID | None]:
    """Bookings whose session has begun, where it stands by now, or counts as used without taking place."""
    over: dict[uuid.UUID | None, bool] = {}
    for entry in entries:
        if starts_at := entry.data.get("starts_at"):
            off = entry.kind == RetainerEntryKind.KEPT and entry.cause not in STANDS
            over[entry.booking_id] = off or datetime.fromisoformat(starts_at) <= now
    return {booking_id for booking_id, is_over in over.items() if is_over}


def _counted_as(entry: RetainerEntry, over: set[uuid.UUID | None]) -> str:
    if entry.kind in OF_BOOKINGS:
        return "used" if entry.booking_id in over else "booked"
    return str(entry.kind)


def _count(entry: RetainerEntry) -> int:
    """What it adds to its name: a session that came back counts against one that was taken."""
    adds = entry.kind in (RetainerEntryKind.INCLUDED, RetainerEntryKind.ROLLED_IN)
    return entry.units if adds else -entry.units


def _charges(period_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Charge]:
    found = Charge.objects.filter(purpose=PURPOSE, reference__in=period_ids)
    return {each.reference: each for each in found}


def _statement(
    retainer: Retainer,
    periods: Sequence[RetainerPeriod],
    sums: dict[uuid.UUID, dict[str, int]],
    owed: dict[uuid.UUID, Charge],
    reader: Reader,
) -> Statement:
    lines = tuple(_line(retainer, each, sums[each.pk], owed.get(each.pk), reader) for each in periods)
    following = _next_facts(retainer, lines, reader)
    current = _current(lines, reader.now)
    balance = explain(current.facts if current else None, following, reader=reader)
    return Statement(retainer, balance, lines, following, reader)


def _line(
    retainer: Retainer,
    period: RetainerPeriod,
    sums: dict[str, int],
    charge: Charge | None,
    reader: Reader,
) -> PeriodLine:
    span = Span(period.starts_at, period.ends_at)
    owed_minor = charges.owed_minor(charge) if charge else 0
    facts = PeriodFacts(
        span=span,
        status=period.status,
        price_minor=period.price_minor,
        currency=retainer.currency,
        included=period.included,
        rolled_in=sums["rolled_in"],
        used=sums["used"],
        booked=sums["booked"],
        rolled_out=sums["rolled_out"],
        lapsed=sums["lapsed"],
        refunded=sums["refunded"],
        given_back_minor=period.refunded_minor,
        disputed=bool(charge and charge.disputed_at),
        is_void=period.status == PeriodStatus.UNPAID and not owed_minor,
    )
    sentence = period_in_words(facts, reader=reader)
    return PeriodLine(period, facts, sentence, reader.span(span), owed_minor, charge.pk if charge else None)


def _current(lines: Sequence[PeriodLine], now: datetime) -> PeriodLine | None:
    """The paid period that runs; else the one paid last, or the one that comes first."""
    paid = [each for each in lines if each.period.status == PeriodStatus.PAID]
    running = [each for each in paid if each.facts.span.holds(now)]
    return next(iter(running or paid), None)


def _next_facts(retainer: Retainer, lines: Sequence[PeriodLine], reader: Reader) -> NextFacts:
    waiting = next(
        (each for each in lines if each.period.status != PeriodStatus.PAID and each.owed_minor), None
    )
    ends = [each.period.ends_at for each in lines if each.period.status == PeriodStatus.PAID]
    goes_on = retainer.status == RetainerStatus.ACTIVE and retainer.next_at is not None
    span = schedule.next_span(retainer, reader.tz) if goes_on else None
    price_minor = waiting.period.price_minor if waiting else retainer.price_minor
    if span is not None and waiting is None:
        price_minor = schedule.price_at(retainer, span.starts_at)
    return NextFacts(
        status=retainer.status,
        price_minor=price_minor,
        currency=retainer.currency,
        next_span=span,
        charge_at=schedule.next_charge_at(retainer, reader.tz) if goes_on else None,
        paid_until=max(ends, default=None),
        owed_span=waiting.facts.span if waiting else None,
        pause_wanted=retainer.pause_wanted_at is not None,
        cancel_wanted=retainer.cancel_wanted_at is not None,
        paused_because=retainer.paused_because,
        ended_at=retainer.ended_at,
        new_price_minor=retainer.new_price_minor,
        new_price_from=retainer.new_price_from,
    )
