"""What Stripe has on its books for one practice, read anew; nothing of it comes from our tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connect import gateway
from connect.models import AccountStatus, ConnectAccount

SUCCEEDED = "succeeded"
UNDONE = frozenset({"failed", "canceled"})


@dataclass(frozen=True, slots=True)
class Paid:
    """One captured charge with all that followed it, in the minor units of its own currency."""

    charge: gateway.ChargeView
    account_id: str
    fee: gateway.FeeView | None
    disputes: tuple[gateway.DisputeView, ...]

    @property
    def captured_minor(self) -> int:
        return self.charge.amount_captured_minor

    @property
    def refunds(self) -> dict[str, int]:
        """Those that succeeded, by id."""
        return {each.id: each.amount_minor for each in self.charge.refunds if each.status == SUCCEEDED}

    @property
    def refunded_minor(self) -> int:
        return sum(self.refunds.values())

    @property
    def lost_minor(self) -> int:
        """What was refunded before cannot be lost as well."""
        lost = sum(each.amount_minor for each in self.disputes if each.status == "lost")
        return min(lost, self.captured_minor - self.refunded_minor)

    @property
    def back_minor(self) -> int:
        """What is not the coach's any more."""
        return self.refunded_minor + self.lost_minor

    @property
    def fee_minor(self) -> int:
        return self.fee.amount_minor if self.fee else 0

    @property
    def fee_returned_minor(self) -> int:
        return self.fee.amount_refunded_minor if self.fee else 0

    @property
    def settles_here(self) -> bool:
        """Whether Stripe settles in the currency that was charged, so that its fee is part of our net."""
        return self.charge.settlement_currency == self.charge.currency

    @property
    def dispute_lines(self) -> list[gateway.BalanceLineView]:
        return [line for dispute in self.disputes for line in dispute.lines]

    @property
    def disputed_minor(self) -> list[int]:
        """What banks took (below 0) and gave back, in the charge's currency: as the line says, or the amount
        of the dispute where the line is in another one."""
        return [
            line.amount_minor if line.currency == self.charge.currency else _signed(dispute, line)
            for dispute in self.disputes
            for line in dispute.lines
        ]

    @property
    def has_refund_undone(self) -> bool:
        """A refund failed after all. What followed it, fee and fee-free sessions, stays with the coach."""
        return any(each.status in UNDONE for each in self.charge.refunds)

    @property
    def last_moved_at(self) -> datetime | None:
        moments = [self.charge.created, *(each.created for each in self.charge.refunds)]
        moments += [each.created for each in self.disputes]
        moments += [line.created for line in self.dispute_lines]
        return max((each for each in moments if each), default=None)


def _signed(dispute: gateway.DisputeView, line: gateway.BalanceLineView) -> int:
    return dispute.amount_minor if line.amount_minor > 0 else -dispute.amount_minor


@dataclass(slots=True)
class Account:
    """One account: its captured charges, its balance with every line, its payouts and what they hold."""

    account_id: str
    paid: list[Paid] = field(default_factory=list)
    lines: list[gateway.BalanceLineView] = field(default_factory=list)
    payouts: list[gateway.PayoutView] = field(default_factory=list)
    in_payout: dict[str, list[gateway.BalanceLineView]] = field(default_factory=dict)
    balance: dict[str, int] = field(default_factory=dict)


def fees_by_charge() -> dict[str, gateway.FeeView]:
    """The platform's fees on all accounts, by the charge that bore them. One list for all practices."""
    return {fee.charge_id: fee for fee in gateway.list_application_fees()}


def accounts_of(schema_name: str) -> tuple[list[str], list[str]]:
    """The accounts that can be asked, and those that cannot any more."""
    rows = ConnectAccount.objects.filter(schema_name=schema_name, account_id__isnull=False)
    found = list(rows.order_by("created_at").values_list("account_id", "status"))
    gone = [account_id or "" for account_id, status in found if status == AccountStatus.DISCONNECTED]
    return [account_id or "" for account_id, _ in found if account_id not in gone], gone


def read_account(account_id: str, fees: Mapping[str, gateway.FeeView] | None) -> Account:
    """Everything, newest first; the fees one by one where they were not listed before.

    Raises the gateway's errors, `GatewayDisconnected` among them."""
    account = Account(account_id)
    # Charges before lines: what moves in between has a line without a charge, which is only young.
    charges = [each for each in gateway.list_charges(account_id=account_id) if each.captured]
    account.paid = [_paid(account_id, each, fees) for each in charges]
    account.lines = list(gateway.list_balance_lines(account_id=account_id))
    account.payouts = list(gateway.list_payouts(account_id=account_id))
    account.in_payout = {
        each.id: list(gateway.list_balance_lines(account_id=account_id, payout_id=each.id))
        for each in account.payouts
        if each.automatic and each.reconciled
    }
    account.balance = _balance(gateway.fetch_balance(account_id=account_id))
    return account


def _paid(account_id: str, charge: gateway.ChargeView, fees: Mapping[str, gateway.FeeView] | None) -> Paid:
    asked = gateway.fetch_disputes(account_id=account_id, charge_id=charge.id) if charge.disputed else ()
    return Paid(charge, account_id, _fee(charge, fees), asked)


def _fee(charge: gateway.ChargeView, fees: Mapping[str, gateway.FeeView] | None) -> gateway.FeeView | None:
    if fees is not None:
        return fees.get(charge.id)
    fee_id = charge.application_fee_id
    return gateway.fetch_application_fee(fee_id=fee_id) if fee_id else None


def _balance(view: gateway.BalanceView) -> dict[str, int]:
    currencies = {*view.available, *view.pending}
    return {each: view.available.get(each, 0) + view.pending.get(each, 0) for each in currencies}
