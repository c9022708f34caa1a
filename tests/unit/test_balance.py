"""A pack's balance in words. After a wanted change: GOLDEN=write, and read the difference in golden/."""

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.packs.balance import (
    SESSIONS,
    UNITS,
    Balance,
    Clock,
    Entry,
    PackFacts,
    Planned,
    SessionTime,
    explain,
    sentence,
)
from tenants.packs.models import ADDS, SAYS_ONLY, TAKES, UnitKind
from tenants.scheduling.models import Cause

GOLDEN = Path(__file__).parent / "golden" / "balance.txt"
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
RULES_EXAMPLE = """\
Balance after this booking: 5 of 10 sessions.
You bought 10-session summer pack on 3 May (paid $450.00 by card).
− 3 used: 6, 13 and 20 May · − 1 late cancel on 27 May (cancelled 5 h before; rule: 24 h) · \
0 for 3 June (taken, then returned: court closed, weather) · − 1 this booking, Tue 10 June 17:00. \
10 − 3 − 1 − 0 − 1 = 5.
Valid until 3 Nov. Free to cancel until Mon 9 June 17:00."""


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
        self.entries.append(Entry(kind=kind, units=units, cause=cause, rule=rule, **said))  # type: ignore[arg-type]
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
        data |= facts or {}  # type: ignore[operator]
        return self.enter(kind, units, cause, rule, booking_id=booking(number), data=data, **said)

    def kept(self, number: int, cause: str, rule: str = "window:24", **facts: object) -> "History":
        return self.of(number, "kept", 0, cause, rule, facts)

    def returned(self, number: int, cause: str, rule: str, units: int = 1, **said: object) -> "History":
        return self.of(number, "returned", units, cause, rule, **said)

    def explained(self, **reader: object) -> Balance:
        read = {"tz": BERLIN, "this_booking": self.this_booking, **reader}
        return explain(
            pack=self.pack, entries=self.entries, now=self.now, cancel_until=self.cancel_until, **read
        )  # type: ignore[arg-type]


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
    for number in range(1, 7):
        history.spent(number, f"05-0{number} 17:00")
    history.returned(1, "client", "window:24")
    history.returned(2, "coach", "coach_cancels")
    history.returned(3, "weather", "weather")
    history.returned(4, "declined_move", "declined_move")
    anna = {"actor_kind": "coach", "actor_name": "Anna"}
    facts = {"minutes_before": 300}
    history.returned(5, "client", "waived:window:24", facts=facts, note="a sick child", **anna)
    return history.returned(6, "entered_twice", "by_hand", **anna)


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
    refunded_disputed_and_corrected,
)


def page_of(history: History) -> str:
    """The history as each of its readers sees it, then its entries one by one."""
    next_week = there(f"{history.now + timedelta(days=7):%Y-%m-%d} 17:00")
    planned = Planned(1, SessionTime(next_week, f"{next_week:%Y-%m-%dT%H:%M}"))
    readers: dict[str, dict[str, object]] = {
        "who paid": {},
        "who did not pay": {"is_payer": False},
        "the coach": {"reader": "coach"},
        **({"who bought it": {"reader": "buyer"}} if history.pack.buyer else {}),
        "in Auckland": {"tz": AUCKLAND},
        "American": {"locale": "en_US"},
        **({"about to book": {"this_booking": planned}} if history.explained().left else {}),
    }
    parts = [f"## {who}\n{history.explained(**reader).text()}" for who, reader in readers.items()]
    clock, noun = Clock(BERLIN, "en", history.now), SESSIONS if history.pack.one_each else UNITS
    one_by_one = "\n".join(sentence(entry, clock=clock, noun=noun) for entry in history.entries)
    return "\n".join([*parts, f"## one by one\n{one_by_one}"])


def test_every_history_reads_as_it_should():
    page = "\n\n".join(f"# {each.__name__.replace('_', ' ')}\n{page_of(each())}" for each in HISTORIES) + "\n"
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(page)
    assert page == GOLDEN.read_text()


def test_the_example_of_the_rules_reads_like_it():
    assert the_example_of_the_rules().explained().text() == RULES_EXAMPLE


def test_a_preview_reads_as_the_booking_will():
    booked = the_example_of_the_rules()
    spent = booked.entries.pop()
    planned = Planned(1, SessionTime(there("06-10 17:00"), "2025-06-10T17:00"))
    preview = booked.explained(this_booking=planned)
    booked.entries.append(spent)
    assert preview == booked.explained()


def test_several_bookings_are_one_line():
    history = nothing_used_yet()
    starts = [there("06-10 17:00"), there("06-17 17:00")]
    balance = history.explained(this_booking=[Planned(1, SessionTime(at)) for at in starts])
    assert balance.headline == "Balance after these bookings: 8 of 10 sessions."
    assert [str(line) for line in balance.lines] == [
        "− 2 these bookings: Tue 10 June 17:00 and Tue 17 June 17:00"
    ]


def test_after_something_else_it_is_not_the_balance_after_this_booking():
    history = the_example_of_the_rules().spent(7, "06-17 17:00")
    assert history.explained().headline == "Balance: 4 of 10 sessions."


def test_a_time_that_the_ledger_does_not_know_is_taken_from_the_calendar():
    history = nothing_used_yet().spent(1, "06-10 17:00")
    moved = history.explained(sessions={booking(1): SessionTime(there("06-12 09:00"))})
    assert [line.text for line in moved.lines] == ["booked: 12 June"]


def test_a_session_counts_as_used_from_its_start_on():
    history = nothing_used_yet().spent(1, "06-10 17:00")
    history.now = there("06-10 17:00") - timedelta(seconds=1)
    assert history.explained().lines[0].text == "booked: 10 June"
    history.now = there("06-10 17:00")
    assert history.explained().lines[0].text == "used: 10 June"


def test_without_an_entry_there_is_nothing():
    balance = History().explained()
    assert (balance.left, balance.of, balance.lines, balance.sum_line) == (0, 0, (), "")
    assert balance.headline == "Balance: 0 sessions."


@pytest.mark.parametrize("reader", ["holder", "buyer", "coach"])
@pytest.mark.parametrize("history", HISTORIES, ids=lambda each: each.__name__)
def test_who_does_not_pay_reads_no_amount_and_of_no_dispute(history, reader):
    told = history()
    text = told.explained(is_payer=False, reader=reader).text()
    clock = Clock(BERLIN, "en", told.now)
    text += " ".join(sentence(entry, clock=clock, is_payer=False) for entry in told.entries)
    assert not [word for word in ("$", "45", "refund", "disput", " paid") if word in text]


def units_of(kind: str) -> st.SearchStrategy[int]:
    if kind == UnitKind.CORRECTED:
        return st.integers(-5, 5).filter(bool)
    return st.just(0) if kind in SAYS_ONLY else st.integers(1, 9) if kind in ADDS else st.integers(-9, -1)


@st.composite
def ledger_entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(UnitKind.values))
    facts = st.fixed_dictionaries(
        {},
        optional={
            "starts_at": st.sampled_from(
                [there("05-06 17:00").isoformat(), there("07-06 17:00").isoformat()]
            ),
            "minutes_before": st.integers(-100, 3000),
            "window_hours": st.integers(0, 72),
        },
    )
    causes = ["booking", "completed", "moved", "validity", "refund", *Cause.values]
    return Entry(
        kind=kind,
        units=draw(units_of(kind)),
        cause=draw(st.sampled_from(causes)),
        rule=draw(st.sampled_from(["window:24", "waived", "waived:window:24", "by_hand", "validity:6"])),
        at=there("06-01 12:00"),
        booking_id=draw(st.none() | st.integers(1, 3).map(booking)),
        data=draw(facts),
        actor_name=draw(st.sampled_from(["", "Anna"])),
        note=draw(st.sampled_from(["", "as agreed."])),
    )


THESE = (
    st.none()
    | st.just(booking(1))
    | st.builds(Planned, st.integers(1, 3), st.just(SessionTime(PACK.bought_at)))
)


@given(
    st.lists(ledger_entries(), max_size=14),
    st.none() | st.just(booking(1)) | PLANNED,
    st.sampled_from([BERLIN, AUCKLAND]),
    st.booleans(),
)
def test_the_lines_always_add_up_to_the_number(entries, this_booking, tz, is_payer):
    balance = explain(
        pack=PACK,
        entries=entries,
        tz=tz,
        now=there("06-05 12:00"),
        this_booking=this_booking,
        is_payer=is_payer,
    )
    planned = this_booking.units if isinstance(this_booking, Planned) else 0
    assert balance.left == sum(entry.units for entry in entries) - planned
    assert balance.of + sum(line.units for line in balance.lines) == balance.left
    if balance.lines:
        shown, _, total = balance.sum_line.rstrip(".").replace("−", "-").partition(" = ")
        assert sum(int(term) for term in shown.replace("- ", "-").replace("+ ", "+").split()) == int(total)
        assert int(total) == balance.left
    assert str(balance.left) in balance.headline
    assert all(line.text for line in balance.lines)


@given(ledger_entries())
def test_every_entry_is_one_sentence(entry):
    said = sentence(entry, clock=Clock(BERLIN, "en", EARLY_JUNE))
    assert said.endswith(".")
    assert not said.endswith("..")
    assert "adjusted" not in said
    if entry.kind == "corrected":
        assert "by Anna" in said or "by the system" in said


def test_every_kind_of_entry_has_a_sign_and_is_told():
    assert ADDS | TAKES | SAYS_ONLY | {UnitKind.CORRECTED} == set(UnitKind)
    told = {entry.kind for each in HISTORIES for entry in each().entries}
    assert told == set(UnitKind.values)
