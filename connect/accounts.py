"""A coach's Stripe account: opened, described, and never sold with unless Stripe says that it may."""

from datetime import datetime

from django.db import transaction
from django_tenants.utils import schema_context

from connect import gateway
from connect.models import AccountStatus, ConnectAccount
from kit import wiring
from kit.database import insert_unless_there


class CannotCharge(Exception):
    """The coach's Stripe account cannot take payments now; priced sessions cannot be booked."""


def account_of(*, schema_name: str) -> ConnectAccount | None:
    """The coach's connected account, unless it was disconnected."""
    live = ConnectAccount.objects.exclude(status=AccountStatus.DISCONNECTED)
    return live.filter(schema_name=schema_name).first()


def can_charge(*, schema_name: str) -> bool:
    """Whether a client's card may be asked for now, as Stripe said last: no call is made."""
    account = account_of(schema_name=schema_name)
    return account is not None and account.can_charge


def require_chargeable(*, schema_name: str) -> ConnectAccount:
    """The account to charge on. Raises CannotCharge."""
    account = account_of(schema_name=schema_name)
    if account is None or not account.can_charge:
        raise CannotCharge("This coach cannot take card payments at the moment.")
    return account


def start_onboarding(
    *,
    schema_name: str,
    email: str,
    display_name: str,
    country: str,
    currency: str,
    return_url: str,
    refresh_url: str,
    now: datetime,
) -> str:
    """Use case: the address of Stripe's own set-up pages, opening the account on the first call.

    Raises the gateway's errors; nothing is lost then, and the next click goes on where this one stopped.
    """
    account = account_of(schema_name=schema_name) or _open_account(
        schema_name=schema_name,
        email=email,
        display_name=display_name,
        country=country,
        currency=currency,
        now=now,
    )
    return gateway.onboarding_url(
        account_id=account.account_id or "", return_url=return_url, refresh_url=refresh_url
    )


def _open_account(
    *, schema_name: str, email: str, display_name: str, country: str, currency: str, now: datetime
) -> ConnectAccount:
    view = gateway.create_account(
        schema_name=schema_name,
        email=email,
        display_name=display_name,
        country=country,
        currency=currency,
        number=1 + _taken_away(schema_name),
    )
    with transaction.atomic(durable=True):
        insert_unless_there(
            ConnectAccount(
                schema_name=schema_name, account_id=view.id, livemode=view.livemode, created_at=now
            )
        )
        _apply(view, now)
    return ConnectAccount.objects.get(account_id=view.id)


def _taken_away(schema_name: str) -> int:
    gone = ConnectAccount.objects.filter(schema_name=schema_name, status=AccountStatus.DISCONNECTED)
    return gone.count()


def refresh_account(*, account_id: str, now: datetime) -> ConnectAccount:
    """Use case: ask Stripe what the account can do and still needs, and keep the newest answer.

    Raises `gateway.GatewayUnavailable`.
    """
    view = gateway.fetch_account(account_id=account_id)
    with transaction.atomic(durable=True):
        _apply(view, now)
    return ConnectAccount.objects.get(account_id=account_id)


def _apply(view: gateway.AccountView, asked_at: datetime) -> None:
    account = ConnectAccount.objects.select_for_update().get(account_id=view.id)
    if account.asked_at and account.asked_at > asked_at:
        return
    account.status = _status(view, account)
    account.was_active = account.was_active or account.status == AccountStatus.ACTIVE
    account.requirements = [
        {"what": need.what, "deadline": need.deadline_status} for need in view.requirements
    ]
    account.livemode, account.asked_at = view.livemode, asked_at
    account.save()


def _status(view: gateway.AccountView, account: ConnectAccount) -> AccountStatus:
    if view.closed:
        return AccountStatus.DISCONNECTED
    if view.can_sell:
        return AccountStatus.ACTIVE
    return AccountStatus.RESTRICTED if account.was_active else AccountStatus.ONBOARDING


TOLD_OF = frozenset({AccountStatus.RESTRICTED, AccountStatus.DISCONNECTED})


def on_stripe_event(*, account_id: str, schema_name: str, object_id: str, now: datetime) -> None:
    """Use case: something changed about an account; what it is now is fetched, and the coach is told."""
    with schema_context("public"):
        before = ConnectAccount.objects.get(account_id=account_id).status
        status = refresh_account(account_id=account_id, now=now).status
    if status != before and status in TOLD_OF:
        for path in wiring.table("SHARED_EVENTS")[f"stripe.{status}"]:
            wiring.named(path)(kind=f"stripe.{status}", schema_name=schema_name, now=now)
