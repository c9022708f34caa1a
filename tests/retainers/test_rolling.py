"""What a period leaves over: the rule as a table, and what never changes about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.retainers.rolling import Rolls, Rule, rolls

NONE, TWO, ALL = Rule("none"), Rule("capped", 2), Rule("all")
count = st.integers(0, 12)


@pytest.mark.parametrize(
    ("rule", "left", "blameless", "before", "expected"),
    [
        (NONE, 3, 0, 0, Rolls(0, 0, 3)),
        (ALL, 3, 0, 0, Rolls(3, 0, 0)),
        (TWO, 3, 0, 0, Rolls(2, 0, 1)),
        (TWO, 1, 0, 0, Rolls(1, 0, 0)),
        # What the coach or the weather called off goes on in any case.
        (NONE, 3, 1, 0, Rolls(0, 1, 2)),
        (TWO, 3, 1, 0, Rolls(2, 1, 0)),
        (NONE, 0, 1, 0, Rolls(0, 0, 0)),
        # What comes back when the period is over finds the cap used by then.
        (TWO, 1, 0, 2, Rolls(0, 0, 1)),
        (TWO, 1, 0, 1, Rolls(1, 0, 0)),
        (TWO, 1, 1, 2, Rolls(0, 1, 0)),
    ],
)
def test_what_is_left_goes_on_or_lapses(
    rule: Rule, left: int, blameless: int, before: int, expected: Rolls
) -> None:
    assert rolls(rule, left=left, blameless=blameless, gone_before=before) == expected


@given(st.sampled_from([NONE, TWO, ALL]), count, count, count)
def test_nothing_is_lost_on_the_way(rule: Rule, left: int, blameless: int, before: int) -> None:
    came_to = rolls(rule, left=left, blameless=blameless, gone_before=before)
    assert came_to.goes_on + came_to.lapses == left
    assert min(came_to.by_rule, came_to.blameless, came_to.lapses) >= 0
    # Asked again about what may go on, it says the same.
    again = rolls(rule, left=came_to.goes_on, blameless=came_to.blameless, gone_before=before)
    assert (again.goes_on, again.lapses) == (came_to.goes_on, 0)


def test_the_ledger_names_the_rule() -> None:
    assert [rule.code for rule in (NONE, TWO, ALL)] == ["rollover:none", "rollover:2", "rollover:all"]
