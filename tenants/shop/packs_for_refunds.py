"""Which beneficiary's units a refund of an order takes, and the refund of one beneficiary's share."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from fees.rules import split_units
from kit.actors import Actor
from tenants.billing import coach_refunds
from tenants.billing.coach_refunds import Because, NotRefundable
from tenants.billing.models import AttemptStatus, PaymentAttempt, Refund, RefundStatus
from tenants.billing.refund_preview import units_to_remove
from tenants.packs import removals
from tenants.packs.models import Pack
from tenants.shop.models import Order

PURPOSE = "packs_for"
# How often a share can be asked for anew, after Stripe has refused it.
MOST_TRIES = 8


def share_left_minor(pack: Pack) -> int:
    """What of a beneficiary's share of the price was not refunded, in whole units of their pack."""
    followed = removals.units_of(pack.pk).followed
    return sum(split_units(pack.price_minor, pack.units)[followed:])


def refund_share(*, order: Order, pack: Pack, because: Because, now: datetime, actor: Actor) -> Refund:
    """Use case of the coach: the share of one beneficiary goes back to the payer, and their units with it.

    Pressed twice it is one refund. Raises NotRefundable, `refund_preview.NothingLeft` and `TooMuch`.
    """
    attempt = payment_of(order)
    if attempt is None:
        raise NotRefundable("This was not paid by card, so the money goes back the way it came.")
    standing = _standing(order, pack)
    if standing is not None:
        return standing
    amount_minor = share_left_minor(pack)
    if not amount_minor:
        raise NotRefundable("Nothing is left of this share: it went back already.")
    told = coach_refunds.facts_of(attempt=attempt).preview(amount_minor)
    return coach_refunds.refund(
        attempt_id=attempt.pk,
        amount_minor=amount_minor,
        because=because,
        shown=told.fingerprint,
        reference=_free_reference(order, pack),
        now=now,
        actor=actor,
    )


def payment_of(order: Order) -> PaymentAttempt | None:
    """The card payment of an order that took money."""
    taken = PaymentAttempt.objects.select_related("charge__client").filter(
        charge__purpose=PURPOSE, charge__reference=order.pk, status=AttemptStatus.CAPTURED
    )
    return taken.order_by("captured_at", "pk").first()


def due_of_each(
    *, order: Order, packs: Sequence[Pack], captured_minor: int, refunded_minor: int
) -> list[int]:
    """How many units of each pack are refunded in all: never fewer than before.

    Those that a refund was made for go first, then unused ones, pack by pack; what is still missing was
    used, and becomes owed.
    """
    held = [removals.units_of(pack.pk) for pack in packs]
    sold = sum(each.sold for each in held)
    missing = units_to_remove(units=sold, captured_minor=captured_minor, refunded_minor=refunded_minor)
    due = [max(each.followed, _named(order, pack)) for each, pack in zip(held, packs, strict=True)]
    missing -= sum(due)
    for spare in (_unused_left, _units_left):
        for index, each in enumerate(held):
            more = max(min(missing, spare(each.unused, each.followed, each.sold, due[index])), 0)
            due[index] += more
            missing -= more
    return due


def _unused_left(unused: int, followed: int, sold: int, due: int) -> int:
    return min(unused - (due - followed), sold - due)


def _units_left(unused: int, followed: int, sold: int, due: int) -> int:
    return sold - due


def _named(order: Order, pack: Pack) -> int:
    """Units of a pack that refunds were made for by name, and that are back."""
    made = Refund.objects.filter(coach_refunds.is_counted(), reference__in=_references(order, pack))
    minor = sum(made.values_list("amount_minor", flat=True))
    return units_to_remove(units=pack.units, captured_minor=pack.price_minor, refunded_minor=minor)


def _references(order: Order, pack: Pack) -> list[uuid.UUID]:
    return [uuid.uuid5(order.pk, f"{pack.pk}:{nth}") for nth in range(MOST_TRIES)]


def _made(order: Order, pack: Pack) -> list[Refund]:
    return list(Refund.objects.filter(reference__in=_references(order, pack)))


def _standing(order: Order, pack: Pack) -> Refund | None:
    """One that was not refused: it is made, or on its way."""
    return next((each for each in _made(order, pack) if each.status != RefundStatus.REFUSED), None)


def _free_reference(order: Order, pack: Pack) -> uuid.UUID:
    taken = {each.reference for each in _made(order, pack)}
    free = [each for each in _references(order, pack) if each not in taken]
    if not free:
        raise NotRefundable("Stripe has refused this several times. Refund it in Stripe’s dashboard.")
    return free[0]
