"""Stripe's events: stored before they are acknowledged, worked off later, each with one effect."""

import uuid
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django_tenants.utils import schema_context

from accounts import audit
from connect import gateway
from connect.models import ConnectAccount, StripeEvent, StripeEventStatus
from kit import clock, wiring
from kit.actors import Actor
from kit.database import insert_unless_there
from tenants.registry import moving, sandboxes

log = structlog.get_logger()


class NotNow(Exception):
    """A handler's word that the event must come again: somebody works on its object just now."""


PATIENCE = 8
LEASE = timedelta(seconds=90)


def receive(*, notice: gateway.StripeNotice, now: datetime, is_simulated: bool = False) -> StripeEvent | None:
    """Use case: store an event that was verified. None when it was stored before.

    Test events at a live platform, and the other way round, are kept but never acted upon; the simulated
    Stripe's are test events, and taken for an account of a sandbox only.
    """
    event = StripeEvent(
        stripe_id=notice.id,
        type=notice.type,
        account_id=notice.account_id or "",
        object_id=notice.object_id or "",
        livemode=notice.livemode,
        due_at=now,
        received_at=now,
    )
    event.status, event.note = _first_status(notice, is_simulated)
    with transaction.atomic(durable=True):
        stored = insert_unless_there(event)
    return event if stored else None


def _first_status(notice: gateway.StripeNotice, is_simulated: bool) -> tuple[str, str]:
    if is_simulated:
        if _is_of_real_money(notice):
            return StripeEventStatus.IGNORED, "of no sandbox"
    elif notice.livemode != settings.STRIPE_API_KEY.startswith(("sk_live_", "rk_live_")):
        return StripeEventStatus.IGNORED, "of the other mode"
    if notice.type not in wiring.table("STRIPE_EVENTS"):
        return StripeEventStatus.IGNORED, "nothing here depends on it"
    return StripeEventStatus.WAITING, ""


def _is_of_real_money(notice: gateway.StripeNotice) -> bool:
    """An account that is not stored yet may be a sandbox's: what the event says is asked anew anyhow."""
    account = ConnectAccount.objects.filter(account_id=notice.account_id or notice.object_id or "").first()
    return account is not None and not sandboxes.is_sandbox(account.schema_name)


def work_off(*, batch: int = 20) -> int:
    """Handle every event that is due; answers how many were."""
    done = 0
    while events := _lease(clock.now(), batch):
        for event in events:
            _handle(event)
        done += len(events)
    return done


def try_again(*, event_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Use case of an operator: a parked event is due again, with new patience. False if it is not parked."""
    parked = StripeEvent.objects.filter(pk=event_id, status=StripeEventStatus.PARKED)
    with transaction.atomic(durable=True):
        if not parked.update(status=StripeEventStatus.WAITING, tries=0, due_at=now):
            return False
        audit.note(actor=actor, kind="event.again", reference=str(event_id), now=now)
    log.info("stripe event tried again", stripe_event=str(event_id), actor_kind=actor.kind, actor_id=actor.id)
    return True


def _lease(now: datetime, batch: int) -> list[StripeEvent]:
    with transaction.atomic(durable=True):
        waiting = StripeEvent.objects.select_for_update(skip_locked=True).filter(
            status=StripeEventStatus.WAITING, due_at__lte=now
        )
        events = list(waiting.order_by("due_at")[:batch])
        StripeEvent.objects.filter(pk__in=[event.pk for event in events]).update(due_at=now + LEASE)
    return events


def _handle(event: StripeEvent) -> None:
    # Each event's own moment: what is asked after it is never taken for an older answer.
    now = clock.now()
    try:
        note = _effect(event, now)
    except (NotNow, gateway.GatewayUnavailable) as reason:
        # No fault of the event's: it waits for as long as it takes.
        _postpone(event, f"{type(reason).__name__}: {reason}", now, most=PATIENCE - 1)
    except Exception as error:
        log.exception("stripe event failed", event_type=event.type, stripe_id=event.stripe_id)
        _postpone(event, f"{type(error).__name__}: {error}", now)
    else:
        _close(event, note)


def _effect(event: StripeEvent, now: datetime) -> str:
    """Answers why nothing was to be done, or the empty string."""
    account = ConnectAccount.objects.filter(account_id=_account_id(event)).first()
    if account is None:
        raise UnknownAccount(_account_id(event))
    stands_still, moved_to = moving.whereabouts(account.schema_name)
    if stands_still:
        raise NotNow("its practice is being moved")
    if moved_to:
        # Kept, and of no effect on the copy here: its own installation asks Stripe itself.
        return f"its practice has moved to {moved_to}"
    handler = wiring.named(wiring.table("STRIPE_EVENTS")[event.type])
    with schema_context(account.schema_name):
        return (
            handler(
                account_id=account.account_id,
                schema_name=account.schema_name,
                object_id=event.object_id,
                now=now,
            )
            or ""
        )


class UnknownAccount(Exception):
    """An event of an account that is not (or not yet) stored here."""


def _account_id(event: StripeEvent) -> str:
    return event.account_id or event.object_id


def _close(event: StripeEvent, note: str) -> None:
    status = StripeEventStatus.IGNORED if note else StripeEventStatus.DONE
    with transaction.atomic(durable=True):
        StripeEvent.objects.filter(pk=event.pk).update(status=status, note=note[:300], tries=F("tries") + 1)


def _postpone(event: StripeEvent, note: str, now: datetime, *, most: int = PATIENCE) -> None:
    """Later, with growing pauses; parked for an operator when patience ends. `most` tries are counted."""
    tries = min(event.tries + 1, most)
    status = StripeEventStatus.PARKED if tries >= PATIENCE else StripeEventStatus.WAITING
    with transaction.atomic(durable=True):
        StripeEvent.objects.filter(pk=event.pk).update(
            status=status, note=note[:300], tries=tries, due_at=now + timedelta(seconds=5) * 2**tries
        )
