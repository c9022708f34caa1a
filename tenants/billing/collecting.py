"""Parts of a charge that fall due: told of before, charged to the kept card or asked for by link, and given
up when nobody pays.

Each part has a wakeup of its own, which comes back until it is paid. Nothing here asks Stripe in a
transaction: what is due is decided and written down first, then brought to the bank, then settled as every
payment is.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from connect import gateway
from connect.accounts import CannotCharge
from kit.actors import SYSTEM, Actor
from kit.money import MINIMUM_CHARGE_MINOR
from kit.states import change
from tenants.activity.models import Event
from tenants.billing import cards, charges, instalments, intents, refusals
from tenants.billing.attempts import live_attempt
from tenants.billing.decisions import settle
from tenants.billing.dunning import DAY, free_again, given_up_at, may_try
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import (
    OWED,
    Charge,
    Instalment,
    InstalmentKind,
    InstalmentStatus,
    PaymentAttempt,
    SavedCard,
)
from tenants.registry import standing

SOON = timedelta(seconds=60)


class CannotTry(Exception):
    """The card was not charged. The message says why, and what to do instead."""


@dataclass(frozen=True)
class Next:
    """What a look at a part came to: a payment to be brought to the bank, and when to look again."""

    attempt_id: uuid.UUID | None = None
    again_at: datetime | None = None


def look_after(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: do what is due for one part; when to come back, None when it is done with.

    Raises `gateway.GatewayUnavailable` when Stripe does not answer; nothing is lost, so call again.
    """
    part = Instalment.objects.select_related("charge").get(pk=reference)
    if part.status != InstalmentStatus.OPEN:
        return None
    if under_way := live_attempt(part.charge_id):
        return _wait_for(under_way, part, now)
    if not standing.does_business():
        # Suspended: nobody is charged or asked, and no try is counted.
        return now + DAY
    try:
        ready = _ready(part, now) if _is_due(part, now) else None
    except (CannotCharge, gateway.GatewayDisconnected):
        # The coach's account takes nothing at the moment: no try is counted, and the client is not at fault.
        return now + DAY
    found = _decide(part, ready, now)
    if found.attempt_id is None:
        return found.again_at
    settle(attempt_id=found.attempt_id, now=now)
    return _after(part.pk, now)


def _wait_for(attempt: PaymentAttempt, part: Instalment, now: datetime) -> datetime | None:
    """Something is being paid: by us, perhaps left half-way; or by the client, on a page that is open."""
    settled = settle(attempt_id=attempt.pk, now=now)
    if settled.is_final:
        return _after(part.pk, now)
    return max(settled.expires_at, now) + SOON if not settled.off_session else now + SOON


def _after(part_id: uuid.UUID, now: datetime) -> datetime | None:
    part = Instalment.objects.get(pk=part_id)
    if part.status != InstalmentStatus.OPEN:
        return None
    unasked = part.next_try_at is None and part.first_try_at is None
    # Nobody could be asked, or it was paid in part: look again.
    return now + DAY if unasked else instalments.next_look(part, now=now)


def _is_due(part: Instalment, now: datetime) -> bool:
    if part.first_try_at is not None:
        return part.next_try_at is not None and part.next_try_at <= now
    return (part.next_try_at or part.due_at) <= now


def _ready(part: Instalment, now: datetime) -> cards.Ready | None:
    """The kept card, looked at afresh; None where the payer is asked by link. Raises CannotCharge."""
    if not part.by_card or part.asks_client:
        return None
    return cards.ready(client_id=part.charge.client_id, now=now)


def _decide(part: Instalment, ready: cards.Ready | None, now: datetime) -> Next:
    with transaction.atomic(durable=True):
        charge = part.charge
        # What is sold is locked before the charge, as where a payment is opened.
        stands = fulfilment_of(charge.purpose).still_owed(reference=charge.reference, now=now)
        charge = charges.locked(charge.pk)
        parts = instalments.of_charge(charge.pk)
        part = next(each for each in parts if each.pk == part.pk)
        if not stands:
            charges.void(charge, now=now, actor=SYSTEM)
        if not stands or part.status != InstalmentStatus.OPEN:
            return Next()
        if live_attempt(charge.pk):
            # A page, or another try, was opened since we looked: that one goes first.
            return Next(again_at=now + SOON)
        earlier = [each for each in parts if each.number < part.number and each.status in OWED]
        if any(each.status == InstalmentStatus.OPEN for each in earlier):
            # One after the other, as they fell due.
            return Next(again_at=now + DAY)
        if part.first_try_at is None and now < (part.next_try_at or part.due_at):
            return _before(charge, part, now)
        return _due(charge, part, parts, None if earlier else ready, now)


def _before(charge: Charge, part: Instalment, now: datetime) -> Next:
    """Not due yet: whose card will be charged is told some days before, once."""
    notice_at = part.due_at - instalments.NOTICE
    if part.next_try_at is not None or not instalments.has_notice(part):
        return Next(again_at=part.next_try_at or part.due_at)
    if now < notice_at:
        return Next(again_at=notice_at)
    if not _was_told("instalment.upcoming", part):
        instalments.tell("instalment.upcoming", charge, part, now=now, actor=SYSTEM)
    return Next(again_at=part.due_at)


def _was_told(kind: str, part: Instalment, **data: object) -> bool:
    of_part = Event.objects.filter(kind=kind, subject_id=part.pk)
    return any(data.items() <= event.data.items() for event in of_part)


def _due(
    charge: Charge, part: Instalment, parts: list[Instalment], ready: cards.Ready | None, now: datetime
) -> Next:
    if instalments.left_minor(part) < MINIMUM_CHARGE_MINOR[charge.currency]:
        return _too_little(charge, part, parts, now)
    if ready and _is_due(part, now) and cards.may_charge(charge, part.kind):
        return _try(charge, part, parts, ready, now)
    return _ask_or_give_up(charge, part, now)


def _too_little(charge: Charge, part: Instalment, parts: list[Instalment], now: datetime) -> Next:
    """A card cannot take what is left of it: it goes with the next part, or nobody asks for it."""
    minor = instalments.left_minor(part)
    following = next((each for each in parts if each.number > part.number and each.status in OWED), None)
    if following:
        instalments.merge(part, following, now=now)
    else:
        charges.let_off(charge, amount_minor=minor, because="too_little_for_a_card", now=now, actor=SYSTEM)
        if not charges.owed_minor(charge):
            fulfilment_of(charge.purpose).settled(reference=charge.reference, now=now, actor=SYSTEM)
    return Next()


def _try(
    charge: Charge, part: Instalment, parts: list[Instalment], ready: cards.Ready, now: datetime
) -> Next:
    card = SavedCard.objects.select_for_update(no_key=True).get(pk=ready.card.pk)
    tried = instalments.tries_at(card, now=now)
    if not may_try(tried, now):
        return _card_is_tired(charge, part, free_again(tried, now), now)
    attempt = intents.open_intent(
        charge=charge,
        parts=parts,
        part=part,
        amount_minor=instalments.left_minor(part),
        card=card,
        customer_id=ready.customer_id,
        now=now,
        off_session=True,
    )
    return Next(attempt_id=attempt.pk)


def _card_is_tired(charge: Charge, part: Instalment, again_at: datetime, now: datetime) -> Next:
    """Refused as often as may be, for other debts too: its payer is asked, until it may be tried again."""
    change(part, next_try_at=None)
    found = _ask_or_give_up(charge, part, now)
    if found.again_at is None or again_at >= given_up_at(part.first_try_at or now):
        return found
    change(part, next_try_at=again_at)
    return Next(again_at=min(found.again_at, again_at))


def _ask_or_give_up(charge: Charge, part: Instalment, now: datetime) -> Next:
    """The payer is sent a link, reminded a day later, and after the days of grace nothing more is done."""
    if part.first_try_at is None:
        change(part, first_try_at=now, next_try_at=None)
        instalments.tell("instalment.due", charge, part, now=now, actor=SYSTEM, reminds=False)
        return Next(again_at=instalments.next_look(part, now=now))
    if now >= given_up_at(part.first_try_at) and (part.next_try_at is None or part.next_try_at <= now):
        refusals.give_up(charge, part, now=now)
        return Next()
    if now >= part.first_try_at + DAY:
        _a_day_after(charge, part, now)
    return Next(again_at=instalments.next_look(part, now=now))


def _a_day_after(charge: Charge, part: Instalment, now: datetime) -> None:
    """Of a session's rest it is said that it is not paid in time; it may be off then, and nobody is asked."""
    if part.kind == InstalmentKind.REST:
        refusals.say_unpaid(charge, part.pk, now=now)
        if not fulfilment_of(charge.purpose).still_owed(reference=charge.reference, now=now):
            return
    if not _was_told("instalment.due", part, reminds=True) and part.tries == 0:
        instalments.tell("instalment.due", charge, part, now=now, actor=SYSTEM, reminds=True)


# --- the coach tries again --------------------------------------------------------------------------


def try_now(*, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> PaymentAttempt:
    """Use case of the coach: charge the kept card once more, now. Answers the payment, with what came of it.

    Raises CannotTry, `connect.accounts.CannotCharge` and `gateway.GatewayUnavailable`.
    """
    part = Instalment.objects.select_related("charge").get(pk=instalment_id)
    if part.status not in OWED:
        raise CannotTry("Nothing was charged: this is not owed any more.")
    _require_nothing_under_way(part)
    ready = _ready_to_try(part, now)
    with transaction.atomic(durable=True):
        stands = fulfilment_of(part.charge.purpose).still_owed(reference=part.charge.reference, now=now)
        charge = charges.locked(part.charge_id)
        parts = instalments.of_charge(charge.pk)
        part = next(each for each in parts if each.pk == part.pk)
        if not stands or part.status not in OWED:
            raise CannotTry("Nothing was charged: this is not owed any more.")
        # Once more, under the charge's lock: a page or a try may have been opened since.
        _require_nothing_under_way(part)
        if any(each.status in OWED for each in parts if each.number < part.number):
            raise CannotTry("Nothing was charged: an earlier part is open. Try that one first.")
        if part.status == InstalmentStatus.FAILED:
            change(part, status=InstalmentStatus.OPEN)
        found = _try(charge, part, parts, ready, now)
        if found.attempt_id is None:
            raise CannotTry(
                "Nothing was charged: this card was refused 8 times in 30 days, which is the most that banks "
                "allow. Send the client the link to pay, or ask for another card."
            )
    return settle(attempt_id=found.attempt_id, now=now, actor=actor)


def _require_nothing_under_way(part: Instalment) -> None:
    if live_attempt(part.charge_id):
        raise CannotTry("Nothing was charged: it is being paid just now. Look again in a few minutes.")


def _ready_to_try(part: Instalment, now: datetime) -> cards.Ready:
    if part.asks_client:
        raise CannotTry("Nothing was charged: the bank wants the client to confirm it. Send the link to pay.")
    ready = _ready(part, now)
    if ready is None or not cards.may_charge(part.charge, part.kind):
        raise CannotTry("Nothing was charged: no card of this client can be used. Send the link to pay.")
    return ready
