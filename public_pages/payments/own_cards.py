"""Changing the cards that are kept: another one instead, one more, or none any more."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from kit.requests import looked_for
from public_pages.booking.coach import coach_of, not_here, show_private
from public_pages.booking.slots import slow_down
from public_pages.payments.access import by_payments_link
from public_pages.payments.card_rows import card_rows
from public_pages.payments.coming import coming_of
from tenants.billing import cards, links
from tenants.billing.models import SavedCard
from tenants.clients.models import Client
from tenants.registry.middleware import writes_on_get

log = structlog.get_logger()

CHANGES = {"most": 20, "seconds": 3600}


# --- another card -----------------------------------------------------------------------------------


@require_POST
@by_payments_link
def card_new(request: HttpRequest, payer: Client) -> HttpResponse:
    """To Stripe's page where a card is typed; nothing is charged there."""
    return _to_type(request, payer, instead_of="")


@require_POST
@by_payments_link
def card_replace(request: HttpRequest, payer: Client, card_id: UUID) -> HttpResponse:
    """The same; the old card is forgotten when the new one is there, and not before."""
    return _to_type(request, payer, instead_of=str(card_id))


def _to_type(request: HttpRequest, payer: Client, *, instead_of: str) -> HttpResponse:
    if not allows("payments-cards", connection_of(request), **CHANGES):
        return slow_down(request)
    with read_only():
        currency = coach_of(request).practice.currency
    try:
        page = cards.setup_page(
            client_id=payer.pk, currency=currency, links=lambda: _pages(payer, instead_of), now=now()
        )
    except CannotCharge:
        messages.error(request, "Your coach cannot take cards right now. Nothing has changed.")
    except (GatewayUnavailable, GatewayRefused):
        messages.error(request, "The card page could not be opened just now. Nothing has changed: try again.")
    else:
        return redirect(page)
    return redirect("payments", links.payments_token(payer))


def _pages(payer: Client, instead_of: str) -> tuple[str, str]:
    instead = f"&{urlencode({'instead': instead_of})}" if instead_of else ""
    kept = links.payments_address(payer, "card-kept") + "?cs={CHECKOUT_SESSION_ID}" + instead
    return kept, links.payments_address(payer)


@writes_on_get
@require_safe
@by_payments_link
def card_kept(request: HttpRequest, payer: Client) -> HttpResponse:
    """Back from Stripe's page: asks at once what was typed there. Stripe's event does the same later."""
    try:
        kept = _kept(payer, looked_for(request, "cs", longest=120))
        if kept:
            _forget_old(payer, kept, looked_for(request, "instead", longest=40))
    except (CannotCharge, GatewayUnavailable, GatewayRefused) as error:
        log.warning("card_not_asked_about_on_return", client=str(payer.pk), error=str(error))
        kept = None
    if kept:
        messages.success(request, f"{_named(kept)} is kept now. What was open is tried with it at once.")
    else:
        messages.info(request, "Stripe has not told us of your card yet. It stands here in a minute or two.")
    return redirect("payments", links.payments_token(payer))


def _kept(payer: Client, checkout_id: str) -> SavedCard | None:
    if not checkout_id:
        return None
    return cards.kept_on_page(checkout_id=checkout_id, client_id=payer.pk, now=now())


def _forget_old(payer: Client, kept: SavedCard, instead_of: str) -> None:
    old = next((each for each in cards.cards_of(payer.pk) if str(each.pk) == instead_of), None)
    if old and old.pk != kept.pk:
        cards.remove(card_id=old.pk, now=now(), actor=_actor(payer))


def _named(card: SavedCard) -> str:
    return f"{card.brand.title()} ending in {card.last4}"


def _actor(payer: Client) -> Actor:
    return Actor("client", str(payer.pk), payer.name)


# --- none any more ----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@by_payments_link
def card_remove(request: HttpRequest, payer: Client, card_id: UUID) -> HttpResponse:
    """What removing it means, and the press that does it."""
    card = next((each for each in cards.cards_of(payer.pk) if each.pk == card_id), None)
    if card is None:
        return _gone(request, payer)
    if request.method != "POST":
        return _look(request, payer, card)
    try:
        cards.remove(card_id=card.pk, now=now(), actor=_actor(payer))
    except (GatewayUnavailable, GatewayRefused):
        messages.error(request, "Stripe could not be asked just now, so the card is still kept: try again.")
    else:
        messages.success(request, f"{_named(card)} is not kept any more.")
    return redirect("payments", links.payments_token(payer))


def _gone(request: HttpRequest, payer: Client) -> HttpResponse:
    """A second press finds it done; a card of somebody else is as one that never was."""
    if SavedCard.objects.filter(client=payer, removed_at__isnull=False).exists():
        messages.info(request, "This card is not kept any more.")
        return redirect("payments", links.payments_token(payer))
    return not_here(request, coach_of(request), "payments/bad_link.html")


def _look(request: HttpRequest, payer: Client, card: SavedCard) -> HttpResponse:
    coach, token = coach_of(request), links.payments_token(payer)
    rows = card_rows(payer, coach, token)
    shown = next(each for each in rows if each.card.pk == card.pk)
    others = [each for each in rows if each.can_pay and each.card.pk != card.pk]
    context: dict[str, Any] = {
        "card": shown,
        "next_card": others[0] if others else None,
        "coming": coming_of(payer, coach),
        "tz": coach.practice.timezone,
        "remove_url": shown.remove_url,
        "payments_url": reverse("payments", args=[token]),
    }
    return show_private(request, coach, "payments/remove_card.html", context)
