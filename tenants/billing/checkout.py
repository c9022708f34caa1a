"""The payment page: asked for once per attempt, resumed rather than doubled, closed when not wanted.

A card that is kept needs no page: there its attempt is brought to the bank instead, and the payer is sent to
the bank, if that asks, or straight back.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from connect import gateway
from connect.accounts import require_chargeable
from kit.database import current_schema
from kit.ids import uuid7
from kit.states import try_move
from tenants.billing import cards, instalments, intents, order_fees
from tenants.billing.attempts import PAGE_LIFE, live_attempt
from tenants.billing.decisions import settle
from tenants.billing.models import AttemptStatus, Charge, Instalment, PaymentAttempt
from tenants.billing.sales import AlreadyPaid, Mandated, Sale, agree, charge_of, open_charge
from tenants.registry import wakeups

__all__ = [
    "AlreadyPaid",
    "CardRefused",
    "Links",
    "Mandated",
    "PageUnavailable",
    "Sale",
    "close_page",
    "open_attempt",
    "open_charge",
    "open_page",
    "payment_page",
]

FIRST_LOOK = timedelta(seconds=45)
Links = Callable[[uuid.UUID], tuple[str, str]]


class PageUnavailable(Exception):
    """Stripe could not be asked for a payment page. Nothing was charged, and the time is still kept."""


class CardRefused(Exception):
    """The bank has refused the kept card. Nothing was charged, and the time is still kept."""

    def __init__(self, attempt: PaymentAttempt) -> None:
        super().__init__(attempt.decline)
        self.attempt = attempt


def open_attempt(
    *, sale: Sale, links: Links, now: datetime, ready: cards.Ready | None = None
) -> PaymentAttempt:
    """Step: the live attempt at paying for `sale`, or a new one: for its first part, or what is owed of it.

    `links` gives the pages to return to (paid, not paid) for an attempt. Everything that Stripe will be
    sent is fixed here: the same idempotency key must always come with the same values. With a card that is
    `ready`, its payer present, there is no page. Raises AlreadyPaid and `connect.accounts.CannotCharge`.
    """
    charge, is_new = charge_of(sale)
    if attempt := live_attempt(charge.pk):
        return attempt
    if not is_new:
        agree(charge, sale)
    in_one_go = not sale.parts and not charge.paid_minor
    parts = [] if in_one_go else instalments.of_charge(charge.pk)
    amount_minor = instalments.asked_next_minor(charge, parts, now=now)
    if ready:
        if sale.mandate:
            cards.agree(sale.mandate, client_id=charge.client_id, charge_id=charge.pk, now=now)
        return _open_with_card(charge, parts, amount_minor, ready, links, now)
    return open_page(
        charge=charge,
        parts=parts,
        amount_minor=amount_minor,
        email=sale.client_email,
        links=links,
        now=now,
        mandate=sale.mandate,
        is_known=sale.is_known,
    )


def _open_with_card(
    charge: Charge,
    parts: list[Instalment],
    amount_minor: int,
    ready: cards.Ready,
    links: Links,
    now: datetime,
) -> PaymentAttempt:
    attempt_id = uuid7()
    success_url, _cancel_url = links(attempt_id)
    return intents.open_intent(
        attempt_id=attempt_id,
        charge=charge,
        parts=parts,
        part=instalments.next_part(parts),
        amount_minor=amount_minor,
        card=ready.card,
        customer_id=ready.customer_id,
        now=now,
        off_session=False,
        # No page of Stripe's has a name that could stand there.
        return_url=success_url.replace("{CHECKOUT_SESSION_ID}", ""),
    )


def open_page(
    *,
    charge: Charge,
    parts: list[Instalment],
    amount_minor: int,
    email: str,
    links: Links,
    now: datetime,
    mandate: Mandated | None = None,
    is_known: bool = False,
) -> PaymentAttempt:
    """Step: an attempt at paying so much of a locked charge on a page. There must be no live one."""
    account = require_chargeable(schema_name=current_schema())
    account_id = account.account_id or ""
    if mandate:
        cards.agree(mandate, client_id=charge.client_id, charge_id=charge.pk, now=now)
    attempt_id, expires_at = uuid7(), (now + PAGE_LIFE).replace(microsecond=0)
    success_url, cancel_url = links(attempt_id)
    customer_id = cards.known_customer(charge.client_id, account_id) if mandate and is_known else ""
    part = instalments.next_part(parts)
    attempt = PaymentAttempt.objects.create(
        pk=attempt_id,
        charge=charge,
        instalment=part,
        account_id=account_id,
        amount_minor=amount_minor,
        currency=charge.currency,
        expires_at=expires_at,
        parameters=gateway.checkout_params(
            name=instalments.named(charge.description, part, parts, amount_minor),
            description="",
            amount_minor=amount_minor,
            currency=charge.currency,
            fee_minor=order_fees.if_captured_now(charge, amount_minor),
            customer_email=email,
            client_reference=str(attempt_id),
            metadata={"tenant": current_schema(), "attempt": str(attempt_id)},
            expires_at=expires_at,
            success_url=success_url,
            cancel_url=cancel_url,
            books=charge.purpose not in PAID_WITHOUT_A_TIME and not charge.paid_minor,
            customer_id=customer_id,
            keep_card=mandate is not None,
        ),
        created_at=now,
    )
    wakeups.ask(kind="attempt", reference=attempt_id, due_at=now + FIRST_LOOK, now=now)
    return attempt


PAID_WITHOUT_A_TIME = frozenset({"pack", "packs_for", "retainer", "invoice", "order"})


def payment_page(attempt: PaymentAttempt, *, now: datetime) -> str:
    """Where the payer pays. Asks Stripe on the first call; raises PageUnavailable when it cannot.

    Called with no transaction open. After a crash the same key and values give the same page again. After
    no answer the attempt is closed: a page that nobody was sent to harms nobody, and a key that was
    answered with a fault would be answered with it for a day.

    Of a kept card: where the bank asks the payer, or the page to return to. Raises CardRefused.
    """
    if attempt.saved_card_id:
        return _to_the_bank(attempt, now)
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


def _to_the_bank(attempt: PaymentAttempt, now: datetime) -> str:
    try:
        settled = settle(attempt_id=attempt.pk, now=now)
    except (gateway.GatewayUnavailable, gateway.GatewayRefused) as error:
        raise PageUnavailable(str(error)) from error
    if settled.status == AttemptStatus.DECLINED:
        raise CardRefused(settled)
    asks = settled.status == AttemptStatus.OPEN and settled.checkout_url
    return settled.checkout_url if asks else settled.parameters["return_url"]


def close_page(attempt: PaymentAttempt) -> bool:
    """Make sure that nobody can pay on this attempt's page any more. False when it was paid meanwhile.

    Called with no transaction open. Raises `gateway.GatewayUnavailable` when Stripe cannot be asked.
    """
    if attempt.saved_card_id:
        # At the bank just now: that ends by itself, within half an hour.
        return False
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
