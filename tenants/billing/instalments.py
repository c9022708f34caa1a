"""The parts of a charge: made with it, filled by payments, shortened, voided, and tried again."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from kit.actors import Actor
from kit.database import insert
from kit.states import change
from tenants.activity import events
from tenants.billing.dunning import DAY, WINDOW, Refusal, given_up_at, next_try
from tenants.billing.models import (
    OWED,
    AttemptStatus,
    Charge,
    Instalment,
    InstalmentKind,
    InstalmentStatus,
    PaymentAttempt,
    SavedCard,
)
from tenants.billing.parts import Part, Share, allocate, next_amount
from tenants.registry import wakeups

NOTICE = timedelta(days=3)
"""How long before an automatic charge the payer is told of it."""

# Ends of an attempt that were no try at the card: it paid, or nobody could ask.
NO_TRY = (
    AttemptStatus.CAPTURING,
    AttemptStatus.CAPTURED,
    AttemptStatus.EXPIRED,
    AttemptStatus.UNREACHABLE,
)


def arrange(charge: Charge, parts: Sequence[Part], *, is_new: bool) -> None:
    """Step: the parts of a charge of which nothing is paid, as they are agreed now.

    Those of an earlier agreement are changed in place: a try at paying them may name them.
    """
    there = {} if is_new else {each.number: each for each in charge.instalments.all()}
    for number, part in enumerate(parts, start=1):
        if (row := there.pop(number, None)) is None:
            insert(_new(charge, number, part))
        else:
            Instalment.objects.filter(pk=row.pk).update(**_terms(part), status=InstalmentStatus.OPEN)
    if there:
        void = Instalment.objects.filter(pk__in=[each.pk for each in there.values()])
        void.update(status=InstalmentStatus.VOID)


def _new(charge: Charge, number: int, part: Part) -> Instalment:
    return Instalment(charge=charge, number=number, **_terms(part))


def _terms(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "amount_minor": part.amount_minor,
        "due_at": part.due_at,
        "by_card": part.by_card,
    }


def of_charge(charge_id: uuid.UUID) -> list[Instalment]:
    """All parts of a charge, in order; none where it is paid in one go."""
    return list(Instalment.objects.filter(charge_id=charge_id).order_by("number"))


def left_minor(part: Instalment) -> int:
    """What is still to be paid of a part."""
    return part.amount_minor - part.paid_minor if part.status in OWED else 0


def next_part(parts: Sequence[Instalment]) -> Instalment | None:
    """The earliest part that is owed."""
    return next((part for part in parts if part.status in OWED), None)


def next_owed_minor(parts: Sequence[Instalment], *, currency: str, now: datetime) -> int:
    """What a payment now should pay: all parts that are due, or the next one where none is."""
    owed = [part for part in parts if part.status in OWED]
    due = max(sum(part.due_at <= now for part in owed), 1)
    return next_amount([_share(part) for part in owed], due=due, currency=currency)


def asked_next_minor(charge: Charge, parts: Sequence[Instalment], *, now: datetime) -> int:
    """What the payer is asked for now; of a charge without parts, all that is owed."""
    if parts:
        return next_owed_minor(parts, currency=charge.currency, now=now)
    return charge.amount_minor - charge.waived_minor - charge.paid_minor


def named(description: str, part: Instalment | None, parts: Sequence[Instalment], minor: int) -> str:
    """What a payer is told that a payment is for: "Lesson, deposit", "10-session pack, payment 2 of 3"."""
    if part is None or part.kind == InstalmentKind.PERIOD:
        return description
    if minor == sum(left_minor(each) for each in parts):
        return f"{description}, rest" if part.number > 1 else description
    if part.kind == InstalmentKind.INSTALMENT:
        return f"{description}, payment {part.number} of {len(parts)}"
    return f"{description}, {part.get_kind_display().lower()}"


def _share(part: Instalment) -> Share:
    """What is waived or void takes no more than it has."""
    open_or_paid = part.status in OWED or part.status == InstalmentStatus.PAID
    return Share(part.number, part.amount_minor if open_or_paid else part.paid_minor, part.paid_minor)


def fill(charge: Charge, *, now: datetime, actor: Actor) -> None:
    """Step: spread all that was paid so far over the parts, the earliest first; the others are looked after.

    The charge's row must have been changed in this transaction: that is the lock.
    """
    parts = of_charge(charge.pk)
    spread = allocate([_share(part) for part in parts], charge.paid_minor)
    for part in parts:
        _take(charge, part, spread[part.number], now, actor)
    for part in parts:
        if part.status == InstalmentStatus.OPEN:
            look_after(part, now=now)


def _take(charge: Charge, part: Instalment, paid_minor: int, now: datetime, actor: Actor) -> None:
    if paid_minor == part.paid_minor:
        return
    was_late = part.tries > 0 or part.asks_client or part.status == InstalmentStatus.FAILED
    changes: dict[str, Any] = {"paid_minor": paid_minor}
    if paid_minor >= part.amount_minor and part.status in OWED:
        changes |= {"status": InstalmentStatus.PAID, "paid_at": now, "next_try_at": None}
    elif paid_minor < part.amount_minor and part.status == InstalmentStatus.PAID:
        changes |= {"status": InstalmentStatus.OPEN, "paid_at": None}
    change(part, **changes)
    if changes.get("status") == InstalmentStatus.PAID and (part.number > 1 or was_late):
        tell("instalment.paid", charge, part, now=now, actor=actor)


def look_after(part: Instalment, *, now: datetime, replace: bool = False) -> None:
    """Step: have an open part collected, told of before where a card is charged by itself.

    `replace`: its day was changed.
    """
    due_at = part.next_try_at or (part.due_at - NOTICE if has_notice(part) else part.due_at)
    wakeups.ask(kind="instalment", reference=part.pk, due_at=due_at, now=now, replace=replace)


def has_notice(part: Instalment) -> bool:
    """Whether the payer is told before the card is charged; of a retainer's periods others tell."""
    return part.by_card and part.kind != InstalmentKind.PERIOD


def shorten(charge: Charge, *, minor: int, first: bool = False) -> None:
    """Step: so much less is owed, of the last parts first (or of the `first`). Nothing without parts."""
    parts = [part for part in of_charge(charge.pk) if part.status in OWED]
    for part in parts if first else reversed(parts):
        less = min(minor, left_minor(part))
        minor -= less
        if less == part.amount_minor - part.paid_minor:
            change(part, status=InstalmentStatus.WAIVED, next_try_at=None)
        elif less:
            change(part, amount_minor=part.amount_minor - less)


def merge(part: Instalment, following: Instalment, *, now: datetime) -> None:
    """Step: what is left of a part is paid with the one after it. The charge must be locked."""
    change(following, amount_minor=following.amount_minor + left_minor(part))
    if part.paid_minor:
        change(part, amount_minor=part.paid_minor, status=InstalmentStatus.PAID, paid_at=now)
    else:
        change(part, status=InstalmentStatus.VOID)


def void(charge: Charge) -> None:
    """Step: no open part is owed any more."""
    owed = Instalment.objects.filter(charge=charge, status__in=OWED)
    owed.update(status=InstalmentStatus.VOID, next_try_at=None)


def tell(kind: str, charge: Charge, part: Instalment, *, now: datetime, actor: Actor, **data: object) -> None:
    """Step: an event about one part, for its payer and the coach."""
    events.record(
        kind=kind,
        subject_id=part.pk,
        client_id=charge.client_id,
        actor=actor,
        now=now,
        data={
            "charge": str(charge.pk),
            "purpose": charge.purpose,
            "reference": str(charge.reference),
            "kind": part.kind,
            "number": part.number,
            "amount_minor": part.amount_minor,
            "left_minor": left_minor(part),
            "owed_minor": max(charge.amount_minor - charge.waived_minor - charge.paid_minor, 0),
            "currency": charge.currency,
            **data,
        },
    )


def refused(
    charge: Charge, part: Instalment, refusal: Refusal, *, card: SavedCard, now: datetime, actor: Actor
) -> None:
    """Step: the kept card was refused for a part of a locked charge; when it is tried again, if it is. Its
    payer is told."""
    first_try_at = part.first_try_at or now
    next_try_at = next_try(
        refusal=refusal, first_try_at=first_try_at, now=now, tries_at_card=tries_at(card, now=now)
    )
    change(
        part,
        tries=part.tries + 1,
        first_try_at=first_try_at,
        next_try_at=next_try_at,
        decline=refusal.in_short[:60],
        asks_client=refusal.asks_client,
    )
    ended = {"refused": refusal.in_short[:60]} if refusal.ends_card else {}
    SavedCard.objects.filter(pk=card.pk).update(tries_in_a_row=F("tries_in_a_row") + 1, **ended)
    tell(
        "instalment.asks_client" if refusal.asks_client else "instalment.failed",
        charge,
        part,
        now=now,
        actor=actor,
        card=str(card),
        tries=part.tries,
        decline=part.decline,
        card_ended=refusal.ends_card,
        next_try_at=next_try_at.isoformat() if next_try_at else None,
    )


def tries_at(card: SavedCard, *, now: datetime) -> list[datetime]:
    """When this card was charged without its payer and did not pay, in the time that counts."""
    tried = PaymentAttempt.objects.filter(saved_card=card, off_session=True, created_at__gt=now - WINDOW)
    return list(tried.exclude(status__in=NO_TRY).values_list("created_at", flat=True))


def next_look(part: Instalment, *, now: datetime) -> datetime:
    """When an open part that is due wants attention next: a try, a word to its payer, or to be given up."""
    told_at = part.first_try_at or now
    moments = [part.next_try_at, told_at + DAY, given_up_at(told_at)]
    return min((at for at in moments if at and at > now), default=now)
