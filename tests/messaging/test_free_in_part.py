"""What the coach's mails say of the fee of sessions that are free up to a cap only."""

import pytest

from kit.money import Money
from tests import worlds
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import CLIENT, COACH, lesson
from tests.messaging.test_golden import sold
from tests.worlds import Shop


def fee_line() -> str:
    lines = str(mailroom.sent_to(COACH).body).splitlines()
    return next(line for line in lines if line.startswith("Platform fee: "))


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        (None, "None, as it is free session 1 of 10"),
        (Money(4500, "eur"), "None, as it is free session 1 of 10"),
        (Money(2000, "eur"), "€2.50: it is free session 1 of 10, up to €20.00"),
        (Money(2000, "usd"), "None, as it is free session 1 of 10"),
    ],
)
def test_of_a_session(shop: Shop, cap: Money | None, said: str) -> None:
    worlds.cap_free_units(shop.tenant, cap)
    sold(shop, lesson(shop))
    assert fee_line() == f"Platform fee: {said}"


def test_of_a_deposit_below_the_cap_whose_rest_will_bear_the_fee(shop: Shop) -> None:
    worlds.cap_free_units(shop.tenant, Money(3000, "eur"))
    sold(shop, lesson(shop, price_minor=6000, deposit_minor=2000, rest_due_hours=24))
    assert fee_line() == "Platform fee: None so far: it is free session 1 of 10, up to €30.00"


@pytest.mark.parametrize(
    ("free", "cap_minor", "said"),
    [
        (4, 4000, "€29.00: 4 of its sessions are among your 4 free ones, each up to €40.00"),
        (1, 4000, "€41.00: 1 of its sessions is among your 1 free ones, up to €40.00"),
        (4, 4500, "€27.00: 4 of its sessions are among your 4 free ones"),
    ],
)
def test_of_a_pack(shop: Shop, free: int, cap_minor: int, said: str) -> None:
    worlds.set_free_units(shop.tenant, free)
    worlds.cap_free_units(shop.tenant, Money(cap_minor, "eur"))
    pack_room.known(shop)
    worlds.buy_pack(shop, pack_room.offered(shop, lesson(shop)), email=CLIENT)
    mailroom.work_off()
    assert fee_line() == f"Platform fee: {said}"
