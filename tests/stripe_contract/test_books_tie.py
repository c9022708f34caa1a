"""Whatever happens on an account, its lines make its balance, and each payout is the sum of its lines."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator, SimulatorRefused
from tests.stripe_contract.target import Stripe

Make = Callable[..., Any]
DAY = 24 * 3600
STEPS = 120


class Life:
    """A coach's account on which things happen at random; what is refused just does not happen."""

    def __init__(self, api: Stripe, simulator: Simulator, captured: Make, seed: int) -> None:
        self.api, self.simulator, self.captured = api, simulator, captured
        self.chance = random.Random(seed)
        self.charges: list[str] = []
        self.refunds: list[str] = []
        self.disputes: list[str] = []
        self.done: set[str] = set()

    def step(self) -> None:
        often = [self.pay, self.wait] * 4
        seldom = [self.refund, self.fail_refund, self.dispute, self.win, self.lose, self.return_fee]
        seldom += [self.cost, self.by_hand, self.send_back, self.mend]
        chosen = self.chance.choice(often + seldom)
        try:
            chosen()
        except (IndexError, SimulatorRefused, stripe.InvalidRequestError):
            return
        self.done.add(chosen.__name__)

    def one(self, things: list[str]) -> str:
        return things[self.chance.randrange(len(things))] if things else things[0]

    def pay(self) -> None:
        if self.chance.random() < 0.3:
            self.charges.append(self.simulator.sell_elsewhere(self.api.account, 9900))
        else:
            self.charges.append(self.captured(self.chance.choice((1, 450, 4500))).latest_charge.id)

    def wait(self) -> None:
        self.simulator.advance(self.chance.choice((3600, DAY, 3 * DAY)))

    def refund(self) -> None:
        self.simulator.refunds_stay_pending(self.chance.random() < 0.3)
        asked: Any = {"charge": self.one(self.charges), "amount": self.chance.randint(1, 3000)}
        self.refunds.append(self.api.v1.refunds.create(asked, self.api.own()).id)

    def fail_refund(self) -> None:
        self.simulator.fail_refund(self.one(self.refunds))

    def dispute(self) -> None:
        kind = self.chance.choice(("chargeback", "inquiry", "lost"))
        self.disputes.append(self.simulator.open_dispute(self.one(self.charges), kind=kind))

    def win(self) -> None:
        self.simulator.win_dispute(self.one(self.disputes))

    def lose(self) -> None:
        self.simulator.lose_dispute(self.one(self.disputes))

    def cost(self) -> None:
        self.simulator.charge_cost(self.api.account, self.chance.randint(1, 900))

    def by_hand(self) -> None:
        self.simulator.pay_out(self.api.account, self.chance.randint(100, 3000))

    def send_back(self) -> None:
        self.simulator.fail_payout(self.one([payout.id for payout in self.payouts()]))

    def mend(self) -> None:
        self.simulator.mend_bank_account(self.api.account)

    def return_fee(self) -> None:
        charge = self.api.v1.charges.retrieve(self.one(self.charges), None, self.api.own())
        self.api.v1.application_fees.refunds.create(str(charge.application_fee), {"amount": 1})

    def payouts(self) -> list[Any]:
        return list(self.api.v1.payouts.list({"limit": 100}, self.api.own()).auto_paging_iter())

    def lines(self, **asked: Any) -> list[Any]:
        found = self.api.v1.balance_transactions.list({"limit": 100, **asked}, self.api.own())
        return list(found.auto_paging_iter())


def check_books(life: Life) -> None:
    lines, payouts = life.lines(), life.payouts()
    balance = life.api.v1.balance.retrieve(None, life.api.own())
    there = sum(part.amount for part in [*balance.available, *balance.pending])
    assert sum(line.net for line in lines) == there
    assert all(line.amount - line.fee == line.net for line in lines)
    itemised = [life.lines(payout=payout.id) for payout in payouts if payout.automatic]
    assert all(sum(line.net for line in part) == 0 for part in itemised)
    paid_out = [line.id for part in itemised for line in part]
    assert len(paid_out) == len(set(paid_out)), "a line is in one payout only"
    assert set(paid_out) <= {line.id for line in lines}


@pytest.mark.parametrize("seed", range(3))
def test_the_books_tie_after_anything(api: Stripe, simulator: Simulator, captured: Make, seed: int) -> None:
    simulator.settle_after(0)
    simulator.set_clock(datetime(2026, 6, 8, 9, tzinfo=UTC))
    life = Life(api, simulator, captured, seed)
    for _ in range(STEPS):
        life.step()
    check_books(life)
    assert len(life.done) > 8, life.done
    simulator.mend_bank_account(api.account)
    simulator.advance(30 * DAY)
    check_books(life)
    assert any(payout.automatic for payout in life.payouts())
