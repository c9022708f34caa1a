"""Stripe's payouts and the lines of a coach's balance, read from Stripe and kept here; never made here.

Events are hints that something moved; a look each day finds whatever they did not tell. Each line goes in
once, so that looking again changes nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Min

from connect import gateway
from connect.models import AccountStatus, ConnectAccount
from kit.actors import STRIPE
from kit.database import current_schema, insert, insert_unless_there
from payouts.classes import class_of
from payouts.models import BalanceLine, LineClass, Payout, PayoutStatus
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing.models import PaymentAttempt
from tenants.registry import wakeups

DAILY = timedelta(days=1)
# After a payment Stripe takes some minutes to write its line.
SOON = timedelta(minutes=10)
# A line can appear a little later than the time that it bears.
OVERLAP = timedelta(days=3)
# A payout that has arrived can still come back from the bank.
WATCHED_FOR = timedelta(days=30)
# Nobody is told of failures that are history when an account is first looked at.
NEWS_FOR = timedelta(days=14)


def begin(*, event: Event, now: datetime) -> None:
    """Step: money moved at Stripe, so its line will be there soon, and daily from now on."""
    ask(due_at=now + SOON, now=now)


def ask(*, due_at: datetime, now: datetime) -> None:
    """Step: have the current tenant's payouts looked at by then."""
    tenant_id = uuid.UUID(current_schema().removeprefix("t_"))
    wakeups.ask(kind="payouts", reference=tenant_id, due_at=due_at, now=now)


def on_stripe_event(*, account_id: str, schema_name: str, object_id: str, now: datetime) -> str:
    """Use case of the inbox: a payout moved. Its own state is taken over now, its lines right after.

    Raises the gateway's errors; then the event comes again.
    """
    try:
        view = gateway.fetch_payout(account_id=account_id, payout_id=object_id)
    except gateway.GatewayDisconnected:
        return "of an account that was disconnected"
    with transaction.atomic(durable=True):
        _note_payout(view, account_id, now)
        ask(due_at=now, now=now)
    return ""


def follow(*, reference: uuid.UUID, now: datetime) -> datetime:
    """Use case of the wakeup "payouts": read what is new at Stripe on each account; again in a day.

    Raises `gateway.GatewayUnavailable`; what was read before it is kept.
    """
    for account_id in accounts():
        try:
            _follow(account_id, now)
        except gateway.GatewayDisconnected:
            continue
    return now + DAILY


def accounts() -> list[str]:
    """The current tenant's accounts at Stripe that can be asked, by id."""
    mine = ConnectAccount.objects.filter(schema_name=current_schema(), account_id__isnull=False)
    connected = mine.exclude(status=AccountStatus.DISCONNECTED).order_by("created_at")
    return [account_id for account_id in connected.values_list("account_id", flat=True) if account_id]


def _follow(account_id: str, now: datetime) -> None:
    payouts = list(gateway.list_payouts(account_id=account_id, since=_payouts_since(account_id, now)))
    lines = list(gateway.list_balance_lines(account_id=account_id, since=_lines_since(account_id)))
    itemised = {
        view.id: list(gateway.list_balance_lines(account_id=account_id, payout_id=view.id))
        for view in payouts
        if view.automatic and view.reconciled and not _is_itemised(view.id)
    }
    with transaction.atomic(durable=True):
        for view in payouts:
            _note_payout(view, account_id, now)
        _keep(account_id, [*lines, *(line for of in itemised.values() for line in of)])
        for payout_id, of_payout in itemised.items():
            _itemise(payout_id, of_payout, now)
        _claim_what_is_ours(account_id)


def _payouts_since(account_id: str, now: datetime) -> datetime | None:
    """None, which is all of them, at the first look; else as far back as one can still change."""
    mine = Payout.objects.filter(account_id=account_id)
    if not mine.exists():
        return None
    unfinished = mine.filter(status__in=(PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT))
    oldest = unfinished.aggregate(at=Min("made_at"))["at"] or now
    return min(oldest, now - WATCHED_FOR)


def _lines_since(account_id: str) -> datetime | None:
    newest = BalanceLine.objects.filter(account_id=account_id).aggregate(at=Max("at"))["at"]
    return newest - OVERLAP if newest else None


def _is_itemised(payout_id: str) -> bool:
    return Payout.objects.filter(payout_id=payout_id, itemised_at__isnull=False).exists()


# --- payouts ---------------------------------------------------------------------------------------


def _note_payout(view: gateway.PayoutView, account_id: str, asked_at: datetime) -> None:
    """Take over the newest answer; an older one, that came late, changes nothing."""
    known = Payout.objects.select_for_update().filter(payout_id=view.id).first()
    if known and known.asked_at > asked_at:
        return
    payout = known or Payout(payout_id=view.id, account_id=account_id)
    had_failed = payout.status == PayoutStatus.FAILED
    payout.status, payout.failure = view.status, (view.failure_code or "")[:60]
    payout.amount_minor, payout.currency = view.amount_minor, view.currency
    payout.arrives_on = view.arrival_on.astimezone(UTC).date()
    payout.is_automatic, payout.bank_last4 = view.automatic, view.destination_last4
    payout.made_at, payout.asked_at = view.created, asked_at
    if known:
        payout.save()
    elif not insert_unless_there(payout):
        return
    if payout.status == PayoutStatus.FAILED and not had_failed and asked_at - payout.made_at < NEWS_FOR:
        _tell_of_failure(payout, asked_at)


def _tell_of_failure(payout: Payout, now: datetime) -> None:
    data = {
        "amount_minor": payout.amount_minor,
        "currency": payout.currency,
        "code": payout.failure,
        "bank_last4": payout.bank_last4,
    }
    events.record(kind="payout.failed", subject_id=payout.pk, actor=STRIPE, now=now, data=data)


def _itemise(payout_id: str, lines: Sequence[gateway.BalanceLineView], now: datetime) -> None:
    payout = Payout.objects.get(payout_id=payout_id)
    named = BalanceLine.objects.filter(line_id__in=[line.id for line in lines])
    named.update(payout=payout)
    Payout.objects.filter(pk=payout.pk).update(itemised_at=now)


# --- lines -----------------------------------------------------------------------------------------


def _keep(account_id: str, lines: Iterable[gateway.BalanceLineView]) -> None:
    """Put each line in once, in its class."""
    new = {line.id: line for line in lines}
    there = BalanceLine.objects.filter(line_id__in=list(new)).values_list("line_id", flat=True)
    for line_id in there:
        del new[line_id]
    attempts = _attempts(line.charge_id or "" for line in new.values())
    insert(unless_there=[_row(account_id, line, attempts) for line in new.values()])


def _row(account_id: str, line: gateway.BalanceLineView, attempts: dict[str, uuid.UUID]) -> BalanceLine:
    charge_id, source_id = line.charge_id or "", line.source_id or ""
    line_class, attempt_id = class_of(
        kind=line.type,
        category=line.reporting_category,
        source_id=source_id,
        charge_id=charge_id,
        attempts=attempts,
    )
    return BalanceLine(
        line_id=line.id,
        account_id=account_id,
        kind=line.type[:40],
        line_class=line_class,
        amount_minor=line.amount_minor,
        fee_minor=line.fee_minor,
        net_minor=line.net_minor,
        currency=line.currency,
        source_id=source_id,
        stripe_charge_id=charge_id,
        attempt_id=attempt_id,
        description=line.description[:140],
        at=line.created,
        available_on=line.available_on,
    )


def _claim_what_is_ours(account_id: str) -> None:
    """A line can be seen before its payment is known here by Stripe's name: then it looked like another's."""
    strange = BalanceLine.objects.filter(account_id=account_id, line_class=LineClass.OUTSIDE)
    rows = list(strange.exclude(stripe_charge_id=""))
    attempts = _attempts(row.stripe_charge_id for row in rows)
    for row in (each for each in rows if each.stripe_charge_id in attempts):
        row.line_class, row.attempt_id = class_of(
            kind=row.kind,
            category="",
            source_id=row.source_id,
            charge_id=row.stripe_charge_id,
            attempts=attempts,
        )
        row.save(update_fields=["line_class", "attempt_id"])


def _attempts(charge_ids: Iterable[str]) -> dict[str, uuid.UUID]:
    """Payments of ours, by what Stripe calls their charges."""
    wanted = {charge_id for charge_id in charge_ids if charge_id}
    found = PaymentAttempt.objects.filter(stripe_charge_id__in=wanted)
    return dict(found.values_list("stripe_charge_id", "pk"))
