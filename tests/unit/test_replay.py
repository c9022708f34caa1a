"""What a changed rule for cancelling would have meant for what was called off."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.scheduling.cancellation import Facts, Policy, decide
from tenants.scheduling.models import Cause
from tenants.scheduling.replay import Past, replay

START = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)


def past(hours, *, window=24, cause="client", minor=0, units=0, currency="usd", waived_because=""):
    """Called off so many hours before the start, under the rule that held then."""
    facts = Facts(
        starts_at=START,
        at=START - timedelta(hours=hours),
        cause=cause,
        pays_with="pack" if units else "card" if minor else "free",
        units=units,
        paid_minor=minor,
        currency=currency,
        waived_because=waived_because,
    )
    outcome = decide(Policy(window), facts)
    return Past(facts=facts, kind=outcome.kind, reason=outcome.reason, label=f"{cause} {hours}")


def sentences(cases, window, **said):
    return replay(cancellations=cases, changed=Policy(window), **said).sentences


HISTORY = [
    *[past(30, units=1), past(40, units=1), past(47, units=1)],
    *[past(30, minor=4500), past(36, minor=4500)],
    *[past(48, minor=4500), past(5, units=1), past(14, minor=4500), past(-1, cause="no_show", units=1)],
    *[past(1, cause="weather", minor=4500), past(30, cause="coach", units=1)],
]


def test_a_stricter_rule_keeps_more():
    told = replay(cancellations=HISTORY, changed=Policy(48))
    assert told.sentences == (
        "With a 48-hour window, 5 more late cancels would have counted as used: "
        "3 sessions from packs and $90.00.",
    )
    assert told.replayed == 11
    assert [each.before.label for each in told.changed] == [
        "client 30",
        "client 40",
        "client 47",
        "client 30",
        "client 36",
    ]


def test_each_case_says_what_was_and_what_would_have_been():
    (changed,) = replay(cancellations=[past(30, minor=4500)], changed=Policy(48)).changed
    assert (changed.before.kind, changed.after.kind, changed.is_stricter) == ("returned", "used", True)
    assert changed.before.reason == "Cancelled in time (the rule is 24 hours)."
    assert changed.after.reason == "Cancelled 30 hours before the start (the rule is 48 hours)."


def test_a_looser_rule_gives_more_back():
    assert sentences(HISTORY, 12) == (
        "With a 12-hour window, 1 fewer late cancel would have counted as used: $45.00 would have gone back.",
    )
    assert sentences(HISTORY, 0) == (
        "With cancelling free until the start, 2 fewer late cancels would have counted as used: "
        "1 session to a pack and $45.00 would have gone back.",
    )


def test_the_rule_that_held_changes_nothing():
    told = replay(cancellations=HISTORY, changed=Policy(24))
    assert told.changed == ()
    assert told.sentences == (
        "With a 24-hour window, nothing would have been different in the last 90 days.",
    )


def test_without_a_history_there_is_nothing_to_compare():
    assert sentences([], 48, days=30) == (
        "Nothing was cancelled or missed in the last 30 days, so there is nothing to compare.",
    )


def test_one_change_can_be_stricter_and_looser():
    cases = [past(30, window=24, minor=4500), past(40, window=72, units=2)]
    assert sentences(cases, 36) == (
        "With a 36-hour window, 1 more late cancel would have counted as used: $45.00.",
        "With a 36-hour window, 1 fewer late cancel would have counted as used: "
        "2 units to a pack would have gone back.",
    )


def test_currencies_stay_apart():
    cases = [past(30, minor=4500), past(30, minor=4000, currency="eur"), past(30, minor=500, currency="eur")]
    assert sentences(cases, 48)[0].endswith("as used: $45.00 and €45.00.")


def test_extras_beside_a_unit_count_as_money():
    assert sentences([past(30, units=1, minor=800)], 48)[0].endswith(": 1 session from a pack and $8.00.")


def test_what_was_free_is_not_given_an_amount():
    assert sentences([past(30)], 48)[0].endswith("as used: nothing had been paid for it.")
    assert sentences([past(30), past(31)], 48)[0].endswith("as used: nothing had been paid for them.")


def test_a_waiver_stays_a_waiver():
    case = past(5, minor=4500, waived_because="A sick child")
    assert case.kind == "waived"
    assert not replay(cancellations=[case], changed=Policy(48)).changed


@pytest.mark.parametrize(("window", "said"), [(8, "an 8"), (12, "a 12"), (18, "an 18"), (84, "an 84")])
def test_the_window_is_read_out(window, said):
    assert sentences([past(-1, cause="no_show")], window)[0].startswith(f"With {said}-hour window")


CASES = st.builds(
    past,
    st.integers(-5, 100),
    window=st.integers(0, 96),
    cause=st.sampled_from(Cause.values),
    minor=st.integers(0, 9000),
    units=st.integers(0, 3),
)


@given(st.lists(CASES, max_size=12), st.integers(0, 96))
def test_what_changes_is_what_the_rule_decides_otherwise(cases, window):
    told = replay(cancellations=cases, changed=Policy(window))
    used = [decide(Policy(window), case.facts).kind == "used" for case in cases]
    were_used = [case.kind == "used" for case in cases]
    assert len(told.changed) == sum(now != then for now, then in zip(used, were_used, strict=True))
    more = sum(each.is_stricter for each in told.changed)
    assert sum(were_used) + more - (len(told.changed) - more) == sum(used)
    assert told.sentences
