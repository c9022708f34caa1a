"""The CSV says what the page says, and nothing in it is a formula."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from kit.ids import uuid7
from tenants.earnings.export import as_csv
from tenants.earnings.figures import Line

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def line(**changes: Any) -> Line:
    usual: dict[str, Any] = {
        "payment_id": uuid7(),
        "booking_id": uuid7(),
        "pack_id": None,
        "client_id": uuid7(),
        "client": "Cleo",
        "description": "Lesson",
        "moved_at": NOON,
        "session_at": NOON,
        "currency": "usd",
        "gross_minor": 8000,
        "platform_fee_minor": -800,
        "processor_fee_minor": -262,
        "refunds_minor": 0,
    }
    return Line(**{**usual, **changes})


def read(*lines: Line) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(lines, tz="Europe/Berlin"))))


def test_amounts_are_plain_decimals_and_times_are_the_coachs() -> None:
    (row,) = read(line(free_numbers=(7,)))
    assert row["Date"] == "2026-06-10 14:00"
    assert (row["Paid"], row["Platform fee"], row["Card processing"], row["Net"]) == (
        "80.00",
        "-8.00",
        "-2.62",
        "69.38",
    )
    assert row["Fee-free sessions"] == "7"


def test_a_pack_tells_how_many_sessions_it_is_and_which_were_free() -> None:
    (row,) = read(line(booking_id=None, pack_id=uuid7(), units=10, free_numbers=(5, 6, 7), session_at=None))
    assert (row["Sessions"], row["Fee-free sessions"], row["Session starts"]) == ("10", "5 6 7", "")


def test_yen_have_no_decimals() -> None:
    (row,) = read(line(currency="jpy"))
    assert row["Paid"] == "8000"


@pytest.mark.parametrize("name", ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_what_a_client_typed_is_no_formula(name: str) -> None:
    (row,) = read(line(client=name, description=name))
    assert row["Client"].startswith("'")
    assert row["For"].startswith("'")


def test_a_pending_fee_is_not_a_zero() -> None:
    (row,) = read(line(processor_fee_known=False, processor_fee_minor=0))
    assert (row["Card processing"], row["Card processing in"]) == ("", "pending")


def test_a_fee_in_another_currency_names_it() -> None:
    (row,) = read(line(foreign_fee_minor=-251, foreign_currency="chf", processor_fee_minor=0))
    assert (row["Card processing"], row["Card processing in"], row["Net"]) == ("-2.51", "CHF", "72.00")


def test_cash_and_parts_say_so() -> None:
    (row,) = read(line(tender="cash", part="Rest", platform_fee_minor=0, processor_fee_minor=0))
    assert (row["Paid by"], row["Part"], row["Net"]) == ("Cash", "Rest", "80.00")


def test_a_dispute_goes_off_the_net_with_its_fee() -> None:
    (row,) = read(line(disputes_minor=-8000, dispute_fees_minor=-1500))
    assert (row["Disputed"], row["Dispute fees"], row["Net"]) == ("-80.00", "-15.00", "-25.62")
