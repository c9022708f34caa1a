"""The mirror of the balance and of payouts against Stripe, and Stripe's payouts against their own lines."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from connect import gateway
from payouts.classes import class_of
from payouts.models import BalanceLine, LineClass, Payout
from tenants.billing.models import PaymentAttempt
from tenants.earnings.books.at_stripe import Account
from tenants.earnings.books.verdict import Verdict


def compare(verdict: Verdict, accounts: Iterable[Account]) -> None:
    for account in accounts:
        rows = {row.line_id: row for row in BalanceLine.objects.filter(account_id=account.account_id)}
        attempts = _attempts(account.lines)
        _lines(verdict, account, rows, attempts)
        _outside(verdict, account.lines, attempts)
        _payouts(verdict, account, rows)
        _balance(verdict, account)


def _attempts(lines: Sequence[gateway.BalanceLineView]) -> dict[str, uuid.UUID]:
    ids = [line.charge_id for line in lines if line.charge_id]
    found = PaymentAttempt.objects.filter(stripe_charge_id__in=ids)
    return dict(found.values_list("stripe_charge_id", "pk"))


def _class(line: gateway.BalanceLineView, attempts: dict[str, uuid.UUID]) -> LineClass:
    return class_of(
        kind=line.type,
        category=line.reporting_category,
        source_id=line.source_id or "",
        charge_id=line.charge_id or "",
        attempts=attempts,
    )[0]


def _lines(
    verdict: Verdict, account: Account, rows: dict[str, BalanceLine], attempts: dict[str, uuid.UUID]
) -> None:
    """What Stripe has written since the last look is only not mirrored yet."""
    seen_until = max((row.at for row in rows.values()), default=None)
    for line in account.lines:
        row, name = rows.get(line.id), f"line {line.id}"
        if row is None:
            if seen_until is None or line.created >= seen_until:
                verdict.under_way += 1
            else:
                verdict.same("line of the balance", name, (line.type, line.net_minor), None)
            continue
        _line(verdict, name, line, row, _class(line, attempts))
    for line_id in sorted(rows.keys() - {line.id for line in account.lines}):
        verdict.same("line of the balance", f"line {line_id}", None, "a row")


def _line(
    verdict: Verdict, name: str, line: gateway.BalanceLineView, row: BalanceLine, expected: LineClass
) -> None:
    amounts = (line.amount_minor, line.fee_minor, line.net_minor, line.currency)
    found = (row.amount_minor, row.fee_minor, row.net_minor, row.currency)
    verdict.same("line of the balance", name, amounts, found)
    verdict.same("class of a line", name, expected.value, str(row.line_class))


def _outside(
    verdict: Verdict, lines: Sequence[gateway.BalanceLineView], attempts: dict[str, uuid.UUID]
) -> None:
    for line in lines:
        if _class(line, attempts) == LineClass.OUTSIDE:
            count, net = verdict.outside.get(line.currency, (0, 0))
            verdict.outside[line.currency] = (count + 1, net + line.net_minor)


def _payouts(verdict: Verdict, account: Account, rows: dict[str, BalanceLine]) -> None:
    mirrored = {row.payout_id: row for row in Payout.objects.filter(account_id=account.account_id)}
    net = {line.id: line.net_minor for line in account.lines if not _is_own(line)}
    went_with: dict[object, int] = defaultdict(int)
    for row in rows.values():
        went_with[row.payout_id] += net.get(row.line_id, 0) if row.payout_id else 0
    for view in account.payouts:
        name, payout = f"payout {view.id}", mirrored.get(view.id)
        if view.id in account.in_payout:
            held = sum(line.net_minor for line in account.in_payout[view.id] if not _is_own(line))
            verdict.same("payout and its lines, at Stripe", name, view.amount_minor, held)
        if payout is None:
            # Its events may be lost: the next daily look takes it over.
            verdict.under_way += 1
            continue
        found = (payout.amount_minor, payout.currency)
        verdict.same("payout", name, (view.amount_minor, view.currency), found)
        if payout.itemised_at:
            verdict.same("lines of a payout", name, view.amount_minor, went_with[payout.pk])
    for payout_id in sorted(mirrored.keys() - {view.id for view in account.payouts}):
        verdict.same("payout", f"payout {payout_id}", None, "a row")


def _is_own(line: gateway.BalanceLineView) -> bool:
    """The payout's own line, which takes out what the others brought."""
    return line.type == "payout"


def _balance(verdict: Verdict, account: Account) -> None:
    """Every line together is what the coach has at Stripe: nothing is missing of what was read."""
    sums: dict[str, int] = dict.fromkeys(account.balance, 0)
    for line in account.lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.net_minor
    for currency, minor in sorted(sums.items()):
        row = f"account {account.account_id}, {currency}"
        verdict.same("balance at Stripe", row, account.balance.get(currency, 0), minor)
