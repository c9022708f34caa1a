"""How many free sessions of an order may have come back, whatever was heard of first."""

from types import SimpleNamespace
from typing import Any

import pytest

from tenants.earnings.books.entries import _free_units_back


def paid(captured_minor: int, back_minor: int) -> Any:
    return SimpleNamespace(paid=SimpleNamespace(captured_minor=captured_minor, back_minor=back_minor))


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([paid(9000, 0)], (0, 0)),
        ([paid(9000, 9000)], (1, 1)),
        ([paid(2500, 2500), paid(6500, 0)], (0, 1)),
        ([paid(2500, 2500), paid(6500, 6500)], (1, 1)),
        ([paid(2500, 0), paid(6500, 6500)], (0, 0)),
    ],
)
def test_a_deposit_that_went_back_whole_may_have_given_its_session_back(
    payments: list[Any], expected: tuple[int, int]
) -> None:
    assert _free_units_back(1, payments) == expected
