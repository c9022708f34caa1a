"""A payer who presses the button once more, at the very moment in which the payment is decided."""

from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest

from tenants.billing import captures, decisions
from tenants.billing.fulfilment import Fulfilment
from tenants.billing.models import AttemptStatus
from tenants.scheduling import paying
from tenants.scheduling.models import BookingStatus
from tests import worlds
from tests.crowd import TOGETHER_SECONDS, at_once
from tests.journeys.steps import resume, settled
from tests.worlds import Shop


@pytest.mark.parametrize("module", [decisions, captures], ids=["decided", "captured"])
def test_neither_waits_for_the_other_for_ever(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    """Each has its first lock when they meet: one may have to wait, none may be turned away."""
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(1))
    meet, reached = Barrier(2), Event()
    open_attempt, fulfilment_of = paying.open_attempt, module.fulfilment_of

    def opening(*args: Any) -> Any:
        meet.wait(TOGETHER_SECONDS)
        return open_attempt(*args)

    def fulfilling(purpose: str) -> Fulfilment:
        monkeypatch.setattr(module, "fulfilment_of", fulfilment_of)
        reached.set()
        meet.wait(TOGETHER_SECONDS)
        return fulfilment_of(purpose)

    def pressing() -> str | None:
        reached.wait(TOGETHER_SECONDS)
        return resume(shop, booking)

    monkeypatch.setattr(paying, "open_attempt", opening)
    monkeypatch.setattr(module, "fulfilment_of", fulfilling)
    got = at_once([partial(settled, shop, booking), pressing])
    assert [each for each in got if isinstance(each, Exception)] == []
    assert worlds.attempt_for(shop.tenant, booking).status == AttemptStatus.CAPTURED
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
