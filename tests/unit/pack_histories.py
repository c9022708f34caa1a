"""Packs with what happened to them, for the tests of their words."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tenants.packs.balance import Balance, Entry, PackFacts, explain

BERLIN = "Europe/Berlin"
AUCKLAND = "Pacific/Auckland"
PACK = PackFacts(
    name="10-session summer pack",
    units=10,
    price_minor=45000,
    currency="usd",
    bought_at=datetime(2025, 5, 3, 10, tzinfo=UTC),
    paid_with="by card",
    expires_at=datetime(2025, 11, 4, tzinfo=ZoneInfo(BERLIN)),
)


def there(written: str) -> datetime:
    """A moment in Berlin, in 2025 if no year is given: "05-06 17:00"."""
    whole = written if written[:2] == "20" else f"2025-{written}"
    return datetime.fromisoformat(whole).replace(tzinfo=ZoneInfo(BERLIN))


def booking(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


EARLY_JUNE = there("06-05 12:00")


@dataclass
class History:
    """A pack with its ledger; what follows happens at `now` unless it says when."""

    pack: PackFacts = PACK
    entries: list[Entry] = field(default_factory=list)
    now: datetime = EARLY_JUNE
    this_booking: uuid.UUID | None = None
    cancel_until: datetime | None = None
    starts: dict[uuid.UUID, str] = field(default_factory=dict)

    def enter(self, kind: str, units: int, cause: str, rule: str, **said: object) -> "History":
        said = {"at": self.now, **said}
        self.entries.append(Entry(kind=kind, units=units, cause=cause, rule=rule, **said))
        return self

    def bought(self) -> "History":
        return self.enter("bought", self.pack.units, "purchase", "purchase", at=self.pack.bought_at)

    def spent(self, number: int, starts: str, units: int = 1) -> "History":
        self.starts[booking(number)] = starts
        return self.of(number, "spent", -units, "booking", f"units:{units}")

    def of(
        self, number: int, kind: str, units: int, cause: str, rule: str, facts: object = None, **said: object
    ) -> "History":
        starts_at = there(self.starts[booking(number)])
        data = {"starts_at": starts_at.isoformat(), "wall_start": f"{starts_at:%Y-%m-%dT%H:%M}"}
        data |= facts or {}
        return self.enter(kind, units, cause, rule, booking_id=booking(number), data=data, **said)

    def kept(self, number: int, cause: str, rule: str = "window:24", **facts: object) -> "History":
        return self.of(number, "kept", 0, cause, rule, facts)

    def returned(self, number: int, cause: str, rule: str, units: int = 1, **said: object) -> "History":
        return self.of(number, "returned", units, cause, rule, **said)

    def explained(self, **reader: object) -> Balance:
        read = {"tz": BERLIN, "this_booking": self.this_booking, **reader}
        return explain(
            pack=self.pack, entries=self.entries, now=self.now, cancel_until=self.cancel_until, **read
        )


def the_example_of_the_rules() -> History:
    """Bought, used, cancelled late, rained off, booked again."""
    history = History().bought()
    for number, starts in enumerate(("05-06 17:00", "05-13 17:00", "05-20 17:00", "05-27 17:00"), 1):
        history.spent(number, starts)
    history.kept(4, "client", minutes_before=300, window_hours=24)
    history.spent(5, "06-03 17:00").returned(5, "weather", "weather", note="court closed")
    history.spent(6, "06-10 17:00")
    history.this_booking, history.cancel_until = booking(6), there("06-09 17:00")
    return history


def nothing_used_yet() -> History:
    return History().bought()


def not_paid_yet() -> History:
    return History(replace(PACK, paid_with="")).bought().spent(1, "06-10 17:00")


def a_pack_of_one() -> History:
    return History(replace(PACK, name="One lesson", units=1, expires_at=None)).bought()


def booked_ahead_over_the_new_year() -> History:
    history = History(now=there("12-20 12:00"), pack=replace(PACK, expires_at=None)).bought()
    for number, starts in enumerate(("12-12 17:00", "12-19 17:00", "12-30 17:00", "2026-01-06 17:00"), 1):
        history.spent(number, starts)
    return history


def two_on_one_day_and_two_months() -> History:
    history = History(now=there("07-20 12:00")).bought()
    for number, starts in enumerate(("06-20 10:00", "06-20 17:00", "06-27 17:00", "07-04 17:00"), 1):
        history.spent(number, starts)
    return history


def sessions_that_take_two() -> History:
    history = History(replace(PACK, name="Court hours", one_each=False)).bought()
    history.spent(1, "05-06 17:00").spent(2, "05-13 17:00", units=2).spent(3, "05-20 17:00", units=2)
    return history.spent(4, "05-27 17:00", units=2).kept(4, "no_show", "no_show")


def late_in_every_way() -> History:
    history = History().bought()
    for number in range(1, 7):
        history.spent(number, f"05-0{number} 17:00")
    history.kept(1, "client", minutes_before=1439, window_hours=24)
    history.kept(2, "client", minutes_before=0, window_hours=24)
    history.kept(3, "late", minutes_before=-30, window_hours=24)
    history.kept(4, "no_show", "no_show")
    history.kept(5, "declined_move", "declined_move")
    return history.kept(6, "client", "window:0", minutes_before=-5, window_hours=0)


def returned_in_every_way() -> History:
    history = History().bought()
    for number in range(1, 10):
        history.spent(number, f"05-0{number} 17:00")
    history.returned(1, "client", "window:24")
    history.returned(2, "coach", "coach_cancels")
    history.returned(3, "weather", "weather")
    history.returned(4, "declined_move", "declined_move")
    anna = {"actor_kind": "coach", "actor_name": "Anna"}
    facts = {"minutes_before": 300}
    history.returned(5, "client", "waived:window:24", facts=facts, note="a sick child", **anna)
    history.returned(6, "entered_twice", "by_hand", **anna)
    history.returned(7, "no_show", "waived", note="She was in hospital.", **anna)
    history.returned(8, "declined_move", "waived", note="No signal in the train.", **anna)
    return history.returned(9, "weather", "weather", note="Court closed.", **anna)


def attendance_put_right() -> History:
    history = History().bought().spent(1, "05-06 17:00").spent(2, "05-13 17:00").spent(3, "05-20 17:00")
    history.kept(1, "no_show", "attendance").kept(1, "completed", "attendance")
    history.kept(2, "completed", "attendance").kept(2, "no_show", "attendance")
    return history.returned(3, "client", "window:24").spent(3, "05-20 17:00")


def moved_to_another_day() -> History:
    history = History().bought().spent(1, "06-10 17:00")
    history.starts[booking(1)] = "06-12 09:00"
    return history.kept(1, "moved", "move")


def expired_and_extended() -> History:
    history = History(now=there("12-01 12:00"), pack=replace(PACK, expires_at=there("2026-01-08 00:00")))
    history.bought().spent(1, "05-06 17:00")
    closed = {"days": 5, "last_day": "2025-11-08"}
    history.enter("extended", 0, "closure", "closure", data=closed, at=there("10-01 12:00"))
    facts = {"last_day": "2025-11-08"}
    history.enter("expired", -9, "validity", "validity:6", data=facts, at=there("11-09 00:00"))
    anna = {"actor_kind": "coach", "actor_name": "Anna"}
    later = {"last_day": "2026-01-07"}
    history.enter("extended", 0, "coach", "by_hand", data=later, note="injured in autumn", **anna)
    return history.enter("reopened", 9, "coach", "extended", data=later, **anna)


def over() -> History:
    history = History(now=there("11-10 12:00")).bought().spent(1, "05-06 17:00")
    facts = {"expires_at": there("11-04 00:00").isoformat()}
    return history.enter("expired", -9, "validity", "validity:6", data=facts, at=there("11-04 00:00"))


def passed_on_in_part() -> History:
    history = History().bought().spent(1, "05-06 17:00")
    return history.enter("sent", -3, "passed_on", "transfer:family", other="Ben")


def received_from_another() -> History:
    pack = replace(PACK, units=3, price_minor=0, paid_with="", received_from="Mia", holder="Ben")
    history = History(pack)
    history.enter("received", 3, "passed_on", "transfer:family", other="Mia", at=pack.bought_at)
    return history.spent(1, "06-10 17:00")


def a_gift() -> History:
    return History(replace(PACK, buyer="Grandma", holder="Ben")).bought().spent(1, "05-06 17:00")


def refunded_after_all_were_used() -> History:
    history = History(replace(PACK, units=2)).bought().spent(1, "05-06 17:00").spent(2, "05-13 17:00")
    return history.enter("refunded", 0, "refund", "refund", actor_kind="stripe")


def refunded_disputed_and_corrected() -> History:
    history = History().bought().spent(1, "05-06 17:00")
    history.enter("refunded", -4, "refund", "refund", actor_kind="stripe")
    history.enter("frozen", 0, "dispute", "dispute", at=there("06-01 12:00"))
    history.enter("unfrozen", 0, "dispute", "dispute")
    anna = {"actor_kind": "coach", "actor_name": "Anna"}
    history.enter("corrected", 8, "correction", "by_hand", note="a thank-you for helping out.", **anna)
    return history.enter("corrected", -1, "correction", "by_hand", **anna)


HISTORIES: tuple[Callable[[], History], ...] = (
    the_example_of_the_rules,
    nothing_used_yet,
    not_paid_yet,
    a_pack_of_one,
    booked_ahead_over_the_new_year,
    two_on_one_day_and_two_months,
    sessions_that_take_two,
    late_in_every_way,
    returned_in_every_way,
    attendance_put_right,
    moved_to_another_day,
    expired_and_extended,
    over,
    passed_on_in_part,
    received_from_another,
    a_gift,
    refunded_after_all_were_used,
    refunded_disputed_and_corrected,
)
