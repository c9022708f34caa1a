"""A period in words, as golden sentences: for who pays, for who uses it, and for the coach."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kit.clock import start_of_day
from tenants.retainers.balance import NextFacts, PeriodFacts, explain, period_in_words, what_comes
from tenants.retainers.periods import Rhythm, Span, first_span
from tenants.retainers.wording import Reader, rhythm_in_words
from tenants.retainers.wording import period_in_words as length_in_words

TZ = "Europe/Berlin"
NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)
PAYER = Reader(TZ, "en_GB", NOW)
USER = replace(PAYER, sees_amounts=False)
MONTH = Rhythm(1, "month")


def span(first: str, rhythm: Rhythm = MONTH) -> Span:
    return first_span(date.fromisoformat(first), rhythm, TZ)


MAY, JUNE = span("2026-05-01"), span("2026-06-01")
AT_29_MAY = datetime(2026, 5, 29, 7, tzinfo=UTC)


def period(**facts: Any) -> PeriodFacts:
    usual: dict[str, Any] = {
        "span": MAY, "status": "paid", "price_minor": 20000, "currency": "usd", "included": 4,
    }  # fmt: skip
    return PeriodFacts(**{**usual, **facts})


def following(**facts: Any) -> NextFacts:
    usual: dict[str, Any] = {
        "status": "active",
        "price_minor": 20000,
        "currency": "usd",
        "next_span": JUNE,
        "charge_at": AT_29_MAY,
        "paid_until": MAY.ends_at,
    }
    return NextFacts(**{**usual, **facts})


def test_a_period_and_what_comes_next() -> None:
    told = explain(period(rolled_in=1, used=2), following(), reader=PAYER)
    assert told.text() == (
        "Paid 1–31 May: 4 included, 1 rolled over, 2 used, 3 left."
        " Next charge US$200.00 on 29 May for 1–30 June."
    )
    assert told.left == 3


def test_who_does_not_pay_reads_no_amount() -> None:
    told = explain(
        period(rolled_in=1, used=2, given_back_minor=5000),
        following(new_price_minor=25000, new_price_from=JUNE.starts_at),
        reader=USER,
    )
    assert told.text() == (
        "Your period 1–31 May: 4 included, 1 rolled over, 2 used, 3 left. Next period: 1–30 June."
    )


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Paid 1–31 May: 4 included, 4 left."),
        ({"used": 2, "booked": 2}, "Paid 1–31 May: 4 included, 2 used, 2 booked, 0 left."),
        ({"included": None, "used": 3, "booked": 1}, "Paid 1–31 May: unlimited, 3 used, 1 booked."),
        (
            {"used": 1, "refunded": 2, "given_back_minor": 10000},
            "Paid 1–31 May: 4 included, 1 used, 2 gone with a refund, 1 left. US$100.00 of it went back.",
        ),
        # Over: what went on and what lapsed; nothing is left to be named.
        (
            {"span": span("2026-04-01"), "used": 1, "rolled_out": 2, "lapsed": 1},
            "Paid 1–30 April: 4 included, 1 used, 2 went on to the next period, 1 lapsed.",
        ),
        # Over, and waiting for the next one to be paid.
        ({"span": span("2026-04-01"), "used": 3}, "Paid 1–30 April: 4 included, 3 used, 1 left."),
        ({"status": "open", "span": JUNE}, "Not paid yet: 1–30 June."),
        ({"status": "unpaid", "span": JUNE, "is_void": True}, "Not charged: 1–30 June."),
        (
            {"disputed": True},
            "Paid 1–31 May: 4 included, 4 left."
            " Nothing can be booked from this period while the bank looks into its payment.",
        ),
        ({"span": span("2026-05-15")}, "Paid 15 May – 14 June: 4 included, 4 left."),
        ({"span": span("2026-12-29")}, "Paid 29 Dec 2026 – 28 Jan 2027: 4 included, 4 left."),
        ({"span": span("2026-05-04", Rhythm(1, "week"))}, "Paid 4–10 May: 4 included, 4 left."),
    ],
)
def test_each_cause_has_its_number(facts: dict[str, Any], words: str) -> None:
    told = explain(period(**facts), NextFacts(status="active"), reader=PAYER)
    assert told.text() == words


@pytest.mark.parametrize(
    ("facts", "payer", "user"),
    [
        ({"status": "pending"}, "It begins with its first payment.", "It has not begun yet."),
        (
            {"owed_span": JUNE},
            "US$200.00 for 1–30 June is being charged.",
            "",
        ),
        (
            {"cancel_wanted": True},
            "It ends after 31 May, and nothing more is charged.",
            "It ends after 31 May, and nothing more is charged.",
        ),
        (
            {"pause_wanted": True},
            "It pauses after 31 May: nothing is charged until it is resumed.",
            "It pauses after 31 May: nothing is charged until it is resumed.",
        ),
        (
            {"status": "past_due", "owed_span": JUNE},
            "US$200.00 for 1–30 June could not be charged. What is booked stays; new sessions wait.",
            "What is booked stays booked. New sessions can be booked again soon.",
        ),
        (
            {"status": "paused", "paused_because": "client"},
            "It is paused, and nothing is charged. Resumed, a new period begins that day for US$200.00.",
            "It is paused.",
        ),
        (
            {"status": "paused", "paused_because": "unpaid", "owed_span": JUNE},
            "It is paused because US$200.00 was not paid. Paid, a new period begins the same day.",
            "It is paused.",
        ),
        (
            {"status": "paused", "paused_because": "client", "owed_span": JUNE},
            "It is paused. It goes on as soon as US$200.00 is paid for its next period.",
            "It is paused.",
        ),
        (
            {"status": "ended", "ended_at": MAY.ends_at},
            "It ended on 31 May, and nothing more is charged.",
            "It ended on 31 May, and nothing more is charged.",
        ),
        (
            {"status": "void"},
            "It came to nothing: nothing was charged.",
            "It came to nothing: nothing was charged.",
        ),
    ],
)
def test_what_comes(facts: dict[str, Any], payer: str, user: str) -> None:
    assert what_comes(following(**facts), reader=PAYER) == payer
    assert what_comes(following(**facts), reader=USER) == user


def test_a_new_price_is_told_with_the_day_from_which_it_counts() -> None:
    told = explain(period(), following(new_price_minor=25000, new_price_from=JUNE.starts_at), reader=PAYER)
    assert told.notes == ("The price is US$250.00 from the period that begins on 1 June.",)


def test_dates_are_those_of_the_readers_wall_and_language() -> None:
    american = Reader("Europe/Berlin", "en_US", NOW)
    assert period_in_words(period(), reader=american) == "Paid May 1–31: 4 included, 4 left."
    german = Reader("Europe/Berlin", "de", NOW)
    assert german.span(MAY) == "1. Mai – 31. Mai"
    assert (
        Reader(TZ, "en", NOW).span(
            Span(start_of_day(date(2026, 5, 1), TZ), start_of_day(date(2026, 5, 2), TZ))
        )
        == "1 May"
    )


@pytest.mark.parametrize(
    ("rhythm", "every", "length"),
    [
        (MONTH, "every month", "a month"),
        (Rhythm(3, "month"), "every 3 months", "3 months"),
        (Rhythm(12, "month"), "every year", "a year"),
        (Rhythm(1, "week"), "every week", "a week"),
        (Rhythm(2, "week"), "every 2 weeks", "2 weeks"),
    ],
)
def test_rhythms_are_named(rhythm: Rhythm, every: str, length: str) -> None:
    assert (rhythm_in_words(rhythm), length_in_words(rhythm)) == (every, length)
