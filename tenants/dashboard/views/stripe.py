"""The coach's Stripe account: its state in words, the way to Stripe's own pages, and back."""

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe
from django_tenants.utils import schema_context

from connect import accounts, gateway
from connect.models import AccountStatus
from tenants.dashboard.desk import Desk, SeeOther, desk_of
from tenants.dashboard.stripe_words import newest_account, standing
from tenants.registry.middleware import writes_on_get

log = structlog.get_logger()


@require_safe
def stripe(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    account = newest_account(schema_name=desk.tenant.schema_name)
    return desk.page("stripe", "settings", account=account, stripe=standing(account))


@require_POST
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """To Stripe's set-up, by a link that is made on the click since it works once and for minutes."""
    desk = desk_of(request)
    try:
        return SeeOther(_onboarding(desk))
    except gateway.GatewayUnavailable:
        text = "Stripe did not answer. Nothing is lost: press the button again in a minute."
    except gateway.GatewayRefused as refusal:
        log.warning("stripe refused onboarding", code=refusal.code, schema=desk.tenant.schema_name)
        text = f"Stripe refused: {refusal.message} Nothing has changed. Write to us if it stays like this."
    messages.error(request, text)
    return desk.go("stripe")


def _onboarding(desk: Desk) -> str:
    # Accounts are rows of the shared plane, which a coach's own role may only read.
    with schema_context("public"):
        return accounts.start_onboarding(
            schema_name=desk.tenant.schema_name,
            email=desk.request.user.email,  # type: ignore[union-attr]
            display_name=desk.tenant.name,
            country=desk.tenant.country.lower(),
            currency=desk.tenant.currency,
            return_url=desk.absolute("stripe_return"),
            refresh_url=desk.absolute("stripe_refresh"),
            now=desk.now,
        )


@writes_on_get
@require_safe
def returned(request: HttpRequest, slug: str) -> HttpResponse:
    """Back from Stripe's pages, which say nothing about how it went: so Stripe is asked."""
    desk = desk_of(request)
    account = newest_account(schema_name=desk.tenant.schema_name)
    if account is None or not account.account_id or account.status == AccountStatus.DISCONNECTED:
        return desk.go("stripe")
    try:
        with schema_context("public"):
            account = accounts.refresh_account(account_id=account.account_id, now=desk.now)
    except (gateway.GatewayUnavailable, gateway.GatewayRefused) as error:
        log.warning("stripe account not read", error=str(error), schema=desk.tenant.schema_name)
        messages.warning(request, "Stripe did not answer, so this may be out of date. It updates by itself.")
    else:
        if account.can_charge:
            messages.success(request, "Stripe is connected. Clients can pay by card now.")
    return desk.go("stripe")


@require_safe
def link_ran_out(request: HttpRequest, slug: str) -> HttpResponse:
    """Where Stripe sends a browser whose link is too old; a new one is made by a press, not by a GET."""
    desk = desk_of(request)
    account = newest_account(schema_name=desk.tenant.schema_name)
    return desk.page("stripe_again", "settings", stripe=standing(account))
