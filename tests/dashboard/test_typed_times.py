"""Times as people type them."""

from datetime import time

import pytest

from tenants.dashboard.forms.hours import read_time


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9", time(9)),
        ("09:00", time(9)),
        ("9:30", time(9, 30)),
        ("930", time(9, 30)),
        ("1730", time(17, 30)),
        ("17.30", time(17, 30)),
        ("5 pm", time(17)),
        ("5:15PM", time(17, 15)),
        ("12 am", time(0)),
        ("12 p.m.", time(12)),
        ("24:00", time(0)),
        (" 0 ", time(0)),
    ],
)
def test_a_time_is_read_as_it_is_meant(typed: str, meant: time) -> None:
    assert read_time(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "nine", "25:00", "9:60", "13 pm", "0 am", "24:01", "9:3", "-1", "9:00:00"]
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - time() has its own words for it
        read_time(typed)
