"""Recompute every figure of one practice from Stripe's own records, and compare."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django_tenants.utils import schema_context

from connect import gateway
from kit.database import read_only
from tenants.earnings.books import at_stripe, card_payments, entries, funding, orders, paid_out, papers, units
from tenants.earnings.books.verdict import Asked, Verdict

PATIENCE = timedelta(minutes=15)


def verify(
    *,
    schema_name: str,
    now: datetime,
    fees: Mapping[str, gateway.FeeView] | None = None,
    patience: timedelta = PATIENCE,
) -> Verdict:
    """Use case that writes nothing: one practice against Stripe, to the cent.

    `fees` are `at_stripe.fees_by_charge()`, for whoever verifies all practices. What moved at Stripe within
    `patience` may still be on its way here. Raises `gateway.GatewayUnavailable`.
    """
    verdict = Verdict(schema_name)
    asked = Asked(schema_name, now, now - patience)
    with schema_context("public"):
        accounts = _read(verdict, fees)
    with schema_context(schema_name):
        strange = _unknown_here(accounts)
        with read_only():
            _compare(verdict, asked, accounts, strange)
    return verdict


def _read(verdict: Verdict, fees: Mapping[str, gateway.FeeView] | None) -> list[at_stripe.Account]:
    open_ones, gone = at_stripe.accounts_of(verdict.schema_name)
    verdict.not_asked += gone
    accounts: list[at_stripe.Account] = []
    for account_id in open_ones:
        try:
            accounts.append(at_stripe.read_account(account_id, fees))
        except gateway.GatewayDisconnected:
            verdict.not_asked.append(account_id)
    return accounts


def _unknown_here(accounts: list[at_stripe.Account]) -> card_payments.Marks:
    """Of captured payments that no attempt names: whose mark Stripe says they bear. Asked outside of any
    transaction, one call for each payment that was made outside Upfront."""
    with read_only():
        strange = card_payments.strangers(accounts)
    return card_payments.marks(strange)


def _compare(
    verdict: Verdict, asked: Asked, accounts: list[at_stripe.Account], marks: card_payments.Marks
) -> None:
    payments = card_payments.compare(verdict, asked, accounts, marks)
    entries.compare(verdict, asked, payments)
    orders.compare(verdict, asked, payments)
    funding.compare(verdict)
    units.compare(verdict)
    papers.compare(verdict, asked, payments)
    paid_out.compare(verdict, accounts)
    verdict.sums = entries.sums(payments)
