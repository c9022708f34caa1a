"""Everybody's packs as the coach has to know them: what is left, until when, and what of it is urgent."""

import csv
import io
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from kit.money import format_money, to_decimal
from tenants.billing import charges
from tenants.billing.models import Charge
from tenants.dashboard.diary import Badge
from tenants.earnings.export import harmless
from tenants.packs import terms
from tenants.packs.models import Pack, PackStatus
from tenants.packs.statements import PURPOSES
from tenants.packs.validity import last_day
from ui.localtime import current_locale

LOW = 2
EXPIRING = timedelta(days=30)
AT_ONCE = timedelta(days=7)
# Whoever has used up a pack is asked about the next one while it is fresh.
USED_UP_FOR = timedelta(days=60)
SHOWS = {"all": "All", "low": "Low", "expiring": "Expiring", "unpaid": "Unpaid"}
HEADINGS = ("Client", "E-mail", "Pack", "Left", "Of", "Valid until", "Currency", "Unpaid", "Owed", "State")


@dataclass(frozen=True, slots=True)
class State:
    """What of a pack may need the coach. Amounts are in minor units of its currency."""

    left: int
    ends_in: timedelta | None
    unpaid_minor: int
    owed_minor: int
    is_frozen: bool

    @property
    def is_valid(self) -> bool:
        return self.ends_in is None or self.ends_in > timedelta()

    @property
    def is_low(self) -> bool:
        """Two or fewer are left to book with."""
        return self.is_valid and self.left <= LOW

    @property
    def is_expiring(self) -> bool:
        """Something is left, and goes within 30 days."""
        return self.left > 0 and self.ends_in is not None and timedelta() < self.ends_in <= EXPIRING

    @property
    def is_owing(self) -> bool:
        return bool(self.unpaid_minor or self.owed_minor)

    @property
    def is_live(self) -> bool:
        """There is something to book with, or to settle."""
        return (self.is_valid and self.left > 0) or self.is_owing or self.is_frozen

    @property
    def urgency(self) -> int:
        """What is lost within a week comes first, then money, then who needs another pack."""
        if self.is_expiring and self.ends_in is not None and self.ends_in <= AT_ONCE:
            return 0
        if self.is_owing:
            return 1
        if self.is_low:
            return 2
        return 3 if self.is_expiring else 4 if self.is_frozen else 5


@dataclass(frozen=True, slots=True)
class Held:
    """One pack in somebody's hands."""

    pack: Pack
    state: State

    @property
    def contents(self) -> str:
        """ "4 of 10 sessions"."""
        return f"{self.state.left} of {terms.counted(self.pack.offer).count(self.pack.units)}"


def state_of(pack: Pack, left: int, now: datetime, *, unpaid_minor: int | None = None) -> State:
    """`unpaid_minor` is of `unpaid_of`, where the caller has asked for many packs at once."""
    return State(
        left=left,
        ends_in=None if pack.expires_at is None else pack.expires_at - now,
        unpaid_minor=unpaid_of([pack]).get(pack.pk, 0) if unpaid_minor is None else unpaid_minor,
        owed_minor=pack.owed_minor,
        is_frozen=pack.frozen_at is not None,
    )


def unpaid_of(packs: Iterable[Pack]) -> dict[uuid.UUID, int]:
    """What is not paid yet of the price of each, by any tender. Asks once, and only where one is unpaid."""
    prices = {pack.pk: pack.price_minor for pack in packs if pack.paid_at is None and pack.price_minor}
    if not prices:
        return {}
    owed = Charge.objects.filter(purpose__in=PURPOSES, reference__in=prices)
    return prices | {each.reference: min(charges.owed_minor(each), prices[each.reference]) for each in owed}


def roster(*, now: datetime, show: str = "all", wanted: str = "") -> list[Held]:
    """Packs of clients that can be booked with, or need the coach; the most urgent first. Two queries."""
    rows = _live(now).select_related("offer", "client")
    if wanted:
        rows = rows.filter(Q(client__name__icontains=wanted) | Q(client__email__icontains=wanted))
    unpaid = unpaid_of(rows)
    every = [Held(pack, state_of(pack, pack.left, now, unpaid_minor=unpaid.get(pack.pk, 0))) for pack in rows]
    return sorted((each for each in _without_replaced(every) if shown(each.state, show)), key=_order)


def shown(state: State, show: str) -> bool:
    """Whether a filter of SHOWS keeps it."""
    return {"low": state.is_low, "expiring": state.is_expiring, "unpaid": state.is_owing}.get(show, True)


def _live(now: datetime) -> QuerySet[Any]:
    sums = Pack.objects.filter(status=PackStatus.ACTIVE).annotate(
        left=Coalesce(Sum("entries__units"), 0), last_at=Max("entries__at")
    )
    valid = Q(expires_at=None) | Q(expires_at__gt=now)
    used_up_lately = valid & Q(left=0, last_at__gt=now - USED_UP_FOR)
    owing = Q(paid_at=None, price_minor__gt=0) | Q(owed_minor__gt=0)
    return sums.filter((valid & Q(left__gt=0)) | used_up_lately | owing | Q(frozen_at__isnull=False))


def _without_replaced(every: Sequence[Held]) -> Iterable[Held]:
    """A pack that is used up is of no interest once there is another one to book with."""
    supplied = {each.pack.client_id for each in every if each.state.is_valid and each.state.left}
    used_up: set[object] = set()
    for each in sorted(every, key=lambda held: held.pack.bought_at, reverse=True):
        if not each.state.is_live:
            if each.pack.client_id in supplied | used_up:
                continue
            used_up.add(each.pack.client_id)
        yield each


def _order(held: Held) -> tuple[int, timedelta, str]:
    return held.state.urgency, held.state.ends_in or timedelta.max, held.pack.client.name.casefold()


def badges(held: Held) -> list[Badge]:
    """What of it needs the coach, in words, the most urgent first. Amounts as the page writes them."""
    return list(_badges(held))


def _badges(held: Held) -> Iterable[Badge]:
    state, currency = held.state, held.pack.currency
    if state.owed_minor:
        yield Badge("problem", f"Owes {_amount(state.owed_minor, currency)}", "circle-alert")
    if state.unpaid_minor:
        yield Badge("attention", f"Unpaid, {_amount(state.unpaid_minor, currency)}", "wallet")
    if state.is_frozen:
        yield Badge("problem", "Frozen: disputed", "lock")
    if not state.is_valid:
        yield Badge("neutral", "Expired", "calendar-x")
    elif not state.left:
        yield Badge("attention", "Used up", "battery-low")
    elif state.is_low:
        yield Badge("attention", f"Low: {state.left} left", "battery-low")
    if state.is_expiring and state.ends_in is not None:
        yield Badge("attention", f"Expires {_in_days(state.ends_in)}", "clock")


def _in_days(ends_in: timedelta) -> str:
    """Of the last day on which it is valid."""
    return {0: "today", 1: "tomorrow"}.get(ends_in.days, f"in {ends_in.days} days")


def _amount(minor: int, currency: str) -> str:
    return format_money(minor, currency, locale=current_locale())


def counts(*, now: datetime) -> dict[str, int]:
    """How many packs each filter keeps, beside "all" those that need the coach at all. One query."""
    states = [each.state for each in roster(now=now)]
    kept = {name: sum(shown(state, name) for state in states) for name in SHOWS}
    needy = sum(any(shown(state, name) for name in SHOWS if name != "all") for state in states)
    return {**kept, "all": needy}


def as_csv(every: Iterable[Held], *, tz: str) -> str:
    """The roster as a file: days of `tz`, amounts as plain decimals."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    writer.writerows(_row(held, tz) for held in every)
    return file.getvalue()


def _row(held: Held, tz: str) -> list[object]:
    pack, state = held.pack, held.state
    return [
        harmless(pack.client.name),
        harmless(pack.client.email),
        harmless(pack.offer.name),
        state.left,
        pack.units,
        last_day(pack.expires_at, tz) if pack.expires_at else "",
        pack.currency.upper(),
        to_decimal(state.unpaid_minor, pack.currency),
        to_decimal(state.owed_minor, pack.currency),
        "; ".join(badge.words for badge in _badges(held)),
    ]


def oldest_first(packs: QuerySet[Pack]) -> QuerySet[Pack]:
    """In the order in which they pay: the soonest end, then the first bought."""
    return packs.order_by(F("expires_at").asc(nulls_last=True), "bought_at", "pk")
