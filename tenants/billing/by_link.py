"""Paying what is owed from a link: the next part, or all of it, on one page at a time."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from kit.states import try_move
from tenants.billing import cards, charges, checkout, instalments
from tenants.billing.attempts import TOO_SHORT_TO_PAY, live_attempt
from tenants.billing.checkout import AlreadyPaid, Links, Mandated
from tenants.billing.decisions import settle
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import UNPAID, AttemptStatus, Charge, Instalment, PaymentAttempt

__all__ = ["AlreadyPaid", "BeingPaid", "InTheWay", "Owed", "owed_of", "pay", "put_aside", "to_the_page"]

N = TypeVar("N", bound=str | None)


class BeingPaid(Exception):
    """A payment of it is under way, so nothing more is asked for now. Look again in a minute."""


class InTheWay(Exception):
    """An open page ends too soon, or is for another payment than is wanted: it is to be put aside first."""

    def __init__(self, attempt: PaymentAttempt) -> None:
        super().__init__(str(attempt.pk))
        self.attempt = attempt


@dataclass(frozen=True)
class Owed:
    """What a payer can pay of a charge now, in minor units of its currency, and its parts in order."""

    charge: Charge
    parts: list[Instalment]
    next_minor: int
    all_minor: int


def owed_of(*, charge: Charge, now: datetime) -> Owed:
    """What the page of a charge asks for: all parts that are due, or the next; and all that is owed."""
    parts = instalments.of_charge(charge.pk)
    next_minor = instalments.asked_next_minor(charge, parts, now=now)
    return Owed(charge, parts, next_minor, charges.owed_minor(charge))


def pay(
    *,
    charge_id: uuid.UUID,
    links: Links,
    now: datetime,
    everything: bool = False,
    mandate: Mandated | None = None,
) -> str:
    """Use case: where the payer pays the next part of a charge, or `everything` that is owed of it.

    The page that is open for the same amount is gone on with; one of another amount is closed first. With a
    `mandate` the card is kept. Raises AlreadyPaid when nothing is owed (any more), BeingPaid,
    `checkout.PageUnavailable`, `connect.accounts.CannotCharge` and the gateway's errors.
    """
    attempt, is_new = _opened(charge_id, links, now, everything, mandate)
    if attempt and not is_new:
        put_aside(attempt=attempt, now=now)
        attempt, _is_new = _opened(charge_id, links, now, everything, mandate)
    if attempt is None:
        raise BeingPaid("This is being paid just now.")
    return checkout.payment_page(attempt, now=now)


def _opened(
    charge_id: uuid.UUID, links: Links, now: datetime, everything: bool, mandate: Mandated | None
) -> tuple[PaymentAttempt | None, bool]:
    """The attempt to pay on and True; or one that stands in its way and False."""
    with transaction.atomic(durable=True):
        sold = Charge.objects.only("purpose", "reference").get(pk=charge_id)
        # What is sold is locked before the charge, as where a payment is decided.
        stands = fulfilment_of(sold.purpose).still_owed(reference=sold.reference, now=now)
        charge = charges.locked(charge_id)
        owed = owed_of(charge=charge, now=now)
        if not stands or not owed.all_minor:
            raise AlreadyPaid(charge.description)
        amount_minor = owed.all_minor if everything else owed.next_minor
        if open_one := live_attempt(charge_id):
            return open_one, _is_the_same(open_one, amount_minor, mandate, now)
        opened = checkout.open_page(
            charge=charge,
            parts=owed.parts,
            amount_minor=amount_minor,
            email=charge.client.email,
            links=links,
            now=now,
            mandate=mandate,
            is_known=True,
        )
        return opened, True


def _is_the_same(attempt: PaymentAttempt, amount_minor: int, mandate: Mandated | None, now: datetime) -> bool:
    return (
        attempt.status in UNPAID
        and attempt.saved_card_id is None
        and attempt.amount_minor == amount_minor
        and cards.is_to_be_kept(attempt) == (mandate is not None)
        and attempt.expires_at > now + TOO_SHORT_TO_PAY
    )


def put_aside(*, attempt: PaymentAttempt, now: datetime) -> None:
    """Use case: nobody can pay by this attempt any more.

    Called with no transaction open. Raises AlreadyPaid when it has paid meanwhile: whoever pressed for that
    is not asked for the next part at once. Raises BeingPaid, and the gateway's errors.
    """
    if attempt.status in UNPAID and checkout.close_page(attempt):
        with transaction.atomic(durable=True):
            try_move(attempt, AttemptStatus.EXPIRED, reason="paid_otherwise")
        return
    settled = settle(attempt_id=attempt.pk, now=now)
    if settled.status == AttemptStatus.CAPTURED:
        raise AlreadyPaid(attempt.charge.description)
    if not settled.is_final:
        raise BeingPaid("This is being paid just now.")


def to_the_page(
    open_it: Callable[[], PaymentAttempt | N], *, now: datetime, aside: Callable[..., None] = put_aside
) -> str | N:
    """Where to pay what `open_it`, a transaction, leaves to be paid, or what else it answers.

    Where that raises InTheWay, the attempt is put aside, and it is carried out again. Raises AlreadyPaid when
    it was paid meanwhile, or is being paid, `checkout.PageUnavailable`, and the gateway's errors.
    """
    try:
        opened = open_it()
    except InTheWay as found:
        try:
            aside(attempt=found.attempt, now=now)
        except BeingPaid as paying:
            raise AlreadyPaid(found.attempt.charge.description) from paying
        opened = open_it()
    return checkout.payment_page(opened, now=now) if isinstance(opened, PaymentAttempt) else opened
