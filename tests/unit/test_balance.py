"""A pack's balance in words. After a wanted change: GOLDEN=write, and read the difference in golden/."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.packs.balance import (
    SESSIONS,
    UNITS,
    Clock,
    Entry,
    Planned,
    SessionTime,
    explain,
    sentence,
)
from tenants.packs.models import ADDS, SAYS_ONLY, TAKES, UnitKind
from tenants.scheduling.models import Cause
from tests.unit.pack_histories import (
    AUCKLAND,
    BERLIN,
    EARLY_JUNE,
    HISTORIES,
    PACK,
    History,
    booking,
    nothing_used_yet,
    the_example_of_the_rules,
    there,
)

GOLDEN = Path(__file__).parent / "golden" / "balance.txt"
RULES_EXAMPLE = """\
Balance after this booking: 5 of 10 sessions.
You bought 10-session summer pack on 3 May (paid $450.00 by card).
− 3 used: 6, 13 and 20 May · − 1 late cancel on 27 May (cancelled 5 h before; rule: 24 h) · \
0 for 3 June (taken, then returned: court closed, weather) · − 1 this booking, Tue 10 June 17:00. \
10 − 3 − 1 − 0 − 1 = 5.
Valid until 3 Nov. Free to cancel until Mon 9 June 17:00."""


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


PLANNED = st.builds(Planned, st.integers(1, 3), st.just(SessionTime(PACK.bought_at)))


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
