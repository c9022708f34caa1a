"""The payment page: asked for once per attempt, resumed rather than doubled, closed when not wanted."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from connect import gateway
from connect.accounts import require_chargeable
from fees import accounts as fee_accounts
from fees.rules import fee_for
from kit.database import current_schema, insert_unless_there, require_transaction
from kit.ids import uuid7
from kit.states import try_move
from tenants.billing.attempts import PAGE_LIFE, live_attempt
from tenants.billing.models import AttemptStatus, Charge, ChargeStatus, PaymentAttempt
from tenants.registry import wakeups

FIRST_LOOK = timedelta(seconds=45)
Links = Callable[[uuid.UUID], tuple[str, str]]


class AlreadyPaid(Exception):
    """The charge is not open any more: there is nothing to pay."""


class PageUnavailable(Exception):
    """Stripe could not be asked for a payment page. Nothing was charged, and the time is still kept."""


@dataclass(frozen=True)
class Sale:
    """What a payer is charged for, in the payer's words: it names nobody.

    `extras_minor` is part of `amount_minor`.
    """

    purpose: str
    reference: uuid.UUID
    client_id: uuid.UUID
    client_email: str
    description: str
    amount_minor: int
    currency: str
    units: int
    extras_minor: int = 0


def open_charge(*, sale: Sale) -> Charge:
    """Step: the one charge for the thing that is sold. Raises AlreadyPaid when it is settled."""
    require_transaction()
    new = Charge(
        client_id=sale.client_id,
        purpose=sale.purpose,
        reference=sale.reference,
        description=sale.description,
        amount_minor=sale.amount_minor,
        currency=sale.currency,
        units=sale.units,
        extras_minor=sale.extras_minor,
    )
    if insert_unless_there(new):
        return new
    charge = Charge.objects.select_for_update().get(purpose=sale.purpose, reference=sale.reference)
    if charge.status != ChargeStatus.OPEN:
        raise AlreadyPaid(charge.description)
    if charge.client_id != sale.client_id:
        charge.client_id = sale.client_id
        charge.save(update_fields=["client_id"])
    return charge


def open_attempt(*, sale: Sale, links: Links, now: datetime) -> PaymentAttempt:
    """Step: the live attempt at paying for `sale`, or a new one.

    `links` gives the pages to return to (paid, not paid) for an attempt. Everything that Stripe will be
    sent is fixed here: the same idempotency key must always come with the same values. Raises AlreadyPaid
    and `connect.accounts.CannotCharge`.
    """
    charge = open_charge(sale=sale)
    if attempt := live_attempt(charge.pk):
        return attempt
    _agree(charge, sale)
    account = require_chargeable(schema_name=current_schema())
    attempt_id, expires_at = uuid7(), (now + PAGE_LIFE).replace(microsecond=0)
    attempt = PaymentAttempt.objects.create(
        pk=attempt_id,
        charge=charge,
        account_id=account.account_id or "",
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        expires_at=expires_at,
        parameters=_parameters(sale, attempt_id, expires_at, links),
        created_at=now,
    )
    wakeups.ask(kind="attempt", reference=attempt_id, due_at=now + FIRST_LOOK, now=now)
    return attempt


def _agree(charge: Charge, sale: Sale) -> None:
    """Nothing is paid or being paid yet, so what is owed is what is sold now: with other extras, perhaps."""
    terms = ("description", "amount_minor", "units", "extras_minor")
    wanted = {name: getattr(sale, name) for name in terms}
    if any(getattr(charge, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(charge, name, value)
        charge.save(update_fields=terms)


def _parameters(sale: Sale, attempt_id: uuid.UUID, expires_at: datetime, links: Links) -> dict[str, object]:
    success_url, cancel_url = links(attempt_id)
    return gateway.checkout_params(
        name=sale.description,
        description="",
        amount_minor=sale.amount_minor,
        currency=sale.currency,
        fee_minor=_fee_if_captured_now(sale),
        customer_email=sale.client_email,
        client_reference=str(attempt_id),
        metadata={"tenant": current_schema(), "attempt": str(attempt_id)},
        expires_at=expires_at,
        success_url=success_url,
        cancel_url=cancel_url,
        books=sale.purpose != "pack",
    )


def _fee_if_captured_now(sale: Sale) -> int:
    """What the coach would owe if they pressed Capture in Stripe's dashboard: units are only looked at."""
    account = fee_accounts.terms(schema_name=current_schema())
    return fee_for(
        amount_minor=sale.amount_minor,
        units=sale.units,
        free_units_granted=min(len(fee_accounts.free_numbers_left(account)), sale.units),
        extras_minor=sale.extras_minor,
        rate_bp=account.rate_bp,
    )


def payment_page(attempt: PaymentAttempt, *, now: datetime) -> str:
    """Where the payer pays. Asks Stripe on the first call; raises PageUnavailable when it cannot.

    Called with no transaction open. After a crash the same key and values give the same page again. After
    no answer the attempt is closed: a page that nobody was sent to harms nobody, and a key that was
    answered with a fault would be answered with it for a day.
    """
    if attempt.status != AttemptStatus.CREATED:
        return attempt.checkout_url
    try:
        page = gateway.create_checkout(
            account_id=attempt.account_id, key=f"cs-{attempt.pk}", params=attempt.parameters
        )
    except (gateway.GatewayUnavailable, gateway.GatewayRefused) as error:
        with transaction.atomic(durable=True):
            try_move(attempt, AttemptStatus.EXPIRED, reason="page_not_opened")
        raise PageUnavailable(str(error)) from error
    with transaction.atomic(durable=True):
        try_move(attempt, AttemptStatus.OPEN, checkout_id=page.id, checkout_url=page.url or "")
    return page.url or ""


def close_page(attempt: PaymentAttempt) -> bool:
    """Make sure that nobody can pay on this attempt's page any more. False when it was paid meanwhile.

    Called with no transaction open. Raises `gateway.GatewayUnavailable` when Stripe cannot be asked.
    """
    if attempt.checkout_id:
        try:
            gateway.expire_checkout(account_id=attempt.account_id, checkout_id=attempt.checkout_id)
        except gateway.GatewayDisconnected:
            # Out of our reach, so nothing that is paid there can be captured: it lapses by itself.
            return True
        except gateway.GatewayRefused:
            page = gateway.fetch_checkout(account_id=attempt.account_id, checkout_id=attempt.checkout_id)
            return page.status == "expired"
    return True
