"""Until when cancelling is free, and what calling a session off means for unit and money."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.packs.balance import UNITS
from tenants.scheduling.cancellation import (
    Facts,
    Outcome,
    Policy,
    UnknownCause,
    consequences,
    deadline_in_words,
    decide,
    free_cancel_until,
)
from tenants.scheduling.models import Cause, Funding

DAY_RULE = Policy(window_hours=24)
START = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"
SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)

BY_RULE = {
    "client": "the rule is",
    "late": "the rule is",
    "coach": "The coach cancelled",
    "weather": "weather",
    "declined_move": "The new time was declined",
    "no_show": "a missed session counts as used",
}


def facts(before=DAY, *, starts_at=START, **said):
    """By default a client cancels a session of $45.00 that a card paid for."""
    paid = {"cause": "client", "pays_with": "card", "units": 0, "paid_minor": 4500, "currency": "usd"}
    return Facts(starts_at=starts_at, at=starts_at.astimezone(UTC) - before, **{**paid, **said})


def by_pack(before=DAY, *, units=1, extras_minor=0, **said):
    return facts(before, pays_with="pack", units=units, paid_minor=extras_minor, **said)


def test_exactly_24_hours_before_is_early():
    assert decide(DAY_RULE, facts()) == Outcome(
        kind="returned",
        units_back=0,
        money_back_minor=4500,
        rule="window:24",
        reason="Cancelled in time (the rule is 24 hours).",
        free_until=START - DAY,
    )


@pytest.mark.parametrize(("before", "kind"), [(DAY + SECOND, "returned"), (DAY - SECOND, "used")])
def test_a_second_decides(before, kind):
    assert decide(DAY_RULE, facts(before)).kind == kind


def test_a_microsecond_less_is_late():
    late = decide(DAY_RULE, facts(DAY - timedelta(microseconds=1)))
    assert (late.kind, late.units_back, late.money_back_minor) == ("used", 0, 0)
    assert late.reason == "Cancelled 23 hours 59 minutes before the start (the rule is 24 hours)."


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (timedelta(hours=5), "Cancelled 5 hours before the start (the rule is 24 hours)."),
        (timedelta(seconds=59), "Cancelled less than a minute before the start (the rule is 24 hours)."),
        (timedelta(), "Cancelled after the start (the rule is 24 hours)."),
        (timedelta(minutes=-5), "Cancelled after the start (the rule is 24 hours)."),
    ],
)
def test_late_says_how_late(before, reason):
    outcome = decide(DAY_RULE, facts(before))
    assert (outcome.kind, outcome.reason) == ("used", reason)


# The clocks of Berlin go forward in the night to 29 March 2026, and back in the night to 25 October.
@pytest.mark.parametrize(
    ("start", "deadline_there"),
    [
        (datetime(2026, 3, 29, 12, 0, tzinfo=ZoneInfo(BERLIN)), "Saturday 28 March 2026, 11:00"),
        (datetime(2026, 10, 25, 12, 0, tzinfo=ZoneInfo(BERLIN)), "Saturday 24 October 2026, 13:00"),
    ],
)
def test_the_window_is_elapsed_time_over_a_clock_change(start, deadline_there):
    assert free_cancel_until(DAY_RULE, start) == start.astimezone(UTC) - DAY
    sentence = deadline_in_words(DAY_RULE, start, tz=BERLIN, now=START.replace(year=2025))
    assert sentence == f"Free to cancel until {deadline_there}."
    kinds = [
        decide(DAY_RULE, facts(before, starts_at=start)).kind for before in (DAY + SECOND, DAY, DAY - SECOND)
    ]
    assert kinds == ["returned", "returned", "used"]


def test_wall_time_on_the_day_of_a_clock_change_does_not_count():
    start = datetime(2026, 3, 29, 12, 0, tzinfo=ZoneInfo(BERLIN))
    a_day_by_the_clock = datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo(BERLIN))
    outcome = decide(DAY_RULE, facts(start.astimezone(UTC) - a_day_by_the_clock, starts_at=start))
    assert (outcome.kind, outcome.reason[:19]) == ("used", "Cancelled 23 hours ")


def test_without_a_window_it_is_free_until_the_start():
    at_the_start = decide(Policy(0), facts(timedelta()))
    after = decide(Policy(0), facts(-SECOND))
    assert (at_the_start.kind, at_the_start.rule) == ("returned", "window:0")
    assert (after.kind, after.reason) == ("used", "Cancelled after the start (the rule is: until the start).")


def test_what_the_coach_says_was_late_is_used():
    outcome = decide(DAY_RULE, by_pack(timedelta(hours=-2), cause="late"))
    assert (outcome.kind, outcome.rule) == ("used", "window:24")
    assert outcome.reason == "Cancelled too late (the rule is 24 hours)."


def test_nothing_is_late_before_the_deadline():
    assert decide(DAY_RULE, by_pack(DAY, cause="late")).kind == "returned"


@pytest.mark.parametrize("cause", ["coach", "weather"])
@pytest.mark.parametrize("hours", [100, 1, 0, -2])
def test_what_is_no_fault_of_the_client_is_always_returned(cause, hours):
    outcome = decide(DAY_RULE, by_pack(timedelta(hours=hours), cause=cause, extras_minor=800))
    assert (outcome.kind, outcome.units_back, outcome.money_back_minor) == ("returned", 1, 800)


def test_a_new_time_can_be_declined_until_the_start():
    before = decide(DAY_RULE, by_pack(SECOND, cause="declined_move"))
    at_it = decide(DAY_RULE, by_pack(timedelta(), cause="declined_move"))
    assert (before.kind, at_it.kind) == ("returned", "used")
    assert before.free_until == START


def test_a_session_that_is_missed_is_used():
    outcome = decide(DAY_RULE, by_pack(timedelta(minutes=-10), cause="no_show"))
    assert (outcome.kind, outcome.rule, outcome.units_back) == ("used", "no_show", 0)


def test_the_coach_may_waive_the_rule_with_a_reason():
    waived = decide(DAY_RULE, by_pack(timedelta(hours=5), units=2, waived_because="A sick child"))
    assert (waived.kind, waived.units_back, waived.rule) == ("waived", 2, "waived:window:24")
    assert waived.reason.endswith("The coach waived the rule, so everything is returned.")
    assert "sick" not in waived.reason


def test_without_a_reason_nothing_is_waived():
    assert decide(DAY_RULE, facts(timedelta(hours=5), waived_because=" ")).kind == "used"


def test_what_is_returned_anyway_needs_no_waiver():
    assert decide(DAY_RULE, facts(waived_because="A sick child")).kind == "returned"


def test_a_cause_without_a_rule_is_refused():
    with pytest.raises(UnknownCause, match="'moved'"):
        decide(DAY_RULE, facts(cause="moved"))


def test_the_deadline_is_said_before_and_after_it():
    deadline = free_cancel_until(DAY_RULE, START)
    at_it = deadline_in_words(DAY_RULE, START, tz=BERLIN, now=deadline)
    after = deadline_in_words(DAY_RULE, START, tz=BERLIN, now=deadline + timedelta(microseconds=1))
    assert at_it == "Free to cancel until Tuesday 9 June 2026, 17:00."
    assert after == "Free cancelling ended Tuesday 9 June 2026, 17:00."


@given(st.integers(0, 200), st.integers(-10_000, 20_000))
def test_the_sentence_promises_what_the_decision_gives(window_hours, minutes):
    policy = Policy(window_hours)
    cancelled = facts(timedelta(minutes=minutes))
    sentence = deadline_in_words(policy, START, tz=BERLIN, now=cancelled.at)
    given_back = decide(policy, cancelled).kind == "returned"
    assert sentence.startswith("Free to cancel until") is given_back
    assert given_back is (minutes >= window_hours * 60)


@given(
    window_hours=st.integers(0, 336),
    minutes=st.integers(-50_000, 50_000),
    cause=st.sampled_from(Cause.values),
    pays_with=st.sampled_from([funding for funding in Funding.values if funding]),
    units=st.integers(0, 5),
    paid_minor=st.integers(0, 99_999),
    waived_because=st.sampled_from(["", "Asked nicely"]),
)
def test_every_cause_has_an_outcome_that_names_its_rule(window_hours, minutes, **said):
    outcome = decide(Policy(window_hours), facts(timedelta(minutes=minutes), **said))
    back = (outcome.units_back, outcome.money_back_minor)
    by_unit = said["pays_with"] in ("pack", "retainer")
    everything = (said["units"] if by_unit else 0, said["paid_minor"])
    assert outcome.back_to == (said["pays_with"] if by_unit else "pack")
    assert back == ((0, 0) if outcome.kind == "used" else everything)
    assert BY_RULE[said["cause"]] in outcome.reason
    assert outcome.rule.startswith("waived:") is (outcome.kind == "waived")
    assert (outcome.kind == "waived") <= bool(said["waived_because"])
    # They are stored.
    assert len(outcome.rule) <= 60
    assert len(outcome.reason) <= 300
    assert consequences(outcome, "usd")


@pytest.mark.parametrize(
    ("called_off", "said"),
    [
        (facts(), ("$45.00 goes back to your card, usually within 5 to 10 days.",)),
        (by_pack(), ("1 session goes back to your pack.",)),
        (by_pack(units=2), ("2 units go back to your pack.",)),
        (
            by_pack(extras_minor=800),
            (
                "1 session goes back to your pack.",
                "$8.00 goes back to your card, usually within 5 to 10 days.",
            ),
        ),
        (by_pack(timedelta(hours=5)), ("The session counts as used: nothing goes back.",)),
        (facts(pays_with="free", paid_minor=0), ("Nothing was paid, so nothing goes back.",)),
        (
            by_pack(timedelta(hours=5), waived_because="A sick child"),
            ("1 session goes back to your pack.",),
        ),
    ],
)
def test_what_the_press_would_do_is_said_before_it(called_off, said):
    assert consequences(decide(DAY_RULE, called_off), "usd") == said


def test_who_does_not_pay_reads_no_amount():
    sentences = consequences(decide(DAY_RULE, facts()), "usd", is_payer=False)
    assert sentences == (
        "What was paid goes back to the card it was paid with, usually within 5 to 10 days.",
    )


def test_the_coach_reads_whose_it_is_and_what_the_pack_counts():
    outcome = decide(DAY_RULE, by_pack(extras_minor=800))
    assert consequences(outcome, "usd", reader="coach", is_payer=False, noun=UNITS) == (
        "1 unit goes back to the client’s pack.",
        "$8.00 goes back to the client’s card, usually within 5 to 10 days.",
    )
