"""Retainers that were begun: the roster, each with its periods, and what a coach does with one."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.ids import uuid7
from kit.words import long_date
from tenants.billing import cards, collecting, instalments
from tenants.billing.links import pay_address
from tenants.billing.models import AttemptStatus
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.dashboard import retainer_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.retainers import InviteForm, NewPriceForm
from tenants.dashboard.typed import key_of
from tenants.offers.prices import PriceTooSmall
from tenants.retainers import charging, effects, links, plans, pricing, standing, subscribing, terms
from tenants.retainers.models import RUNNING, Retainer, RetainerStatus
from tenants.retainers.periods import day_of
from tenants.retainers.statements import statement_of

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def roster(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    every = Retainer.objects.select_related("plan", "client", "payer").exclude(status=RetainerStatus.VOID)
    with desk.speaking():
        rows = retainer_words.rows_of(desk, list(every.order_by("-created_at")))
    now = [row for row in rows if row.retainer.status != RetainerStatus.ENDED]
    ended = [row for row in rows if row.retainer.status == RetainerStatus.ENDED]
    return desk.page("retainers", "clients", rows=now, ended=ended)


@require_safe
def retainer(request: HttpRequest, slug: str, retainer_id: uuid.UUID) -> HttpResponse:
    return _page(desk_of(request), _found(retainer_id))


def _found(retainer_id: uuid.UUID) -> Retainer:
    return get_object_or_404(Retainer.objects.select_related("plan", "client", "payer"), pk=retainer_id)


def _page(desk: Desk, found: Retainer, *, status: int = 200, **context: Any) -> HttpResponse:
    with desk.speaking():
        told = statement_of(
            retainer=found, now=desk.now, sees_amounts=True, is_coach=True, practice=desk.practice
        )
    owed = charging.owed_period(found)
    charge = charging.charge_of(owed) if owed and found.status != RetainerStatus.PENDING else None
    running = found.status in RUNNING
    return desk.page(
        "retainer",
        "clients",
        status=status,
        retainer=found,
        badge=retainer_words.badge_of(found),
        balance=told.balance,
        lines=told.lines,
        contents=terms.contents(found),
        price=terms.price_in_words(found, desk.practice.locale),
        card=next(iter(cards.cards_of(found.payer_id)), None),
        owed_charge=charge,
        pay_link=pay_address(charge) if charge else "",
        begin_link=links.address_of(found, for_payer=True) if found.status == RetainerStatus.PENDING else "",
        wishes=running and bool(found.pause_wanted_at or found.cancel_wanted_at),
        can_pause=running and not (found.pause_wanted_at or found.cancel_wanted_at),
        can_cancel=(running or found.status == RetainerStatus.PAUSED) and not found.cancel_wanted_at,
        can_resume=found.status == RetainerStatus.PAUSED,
        can_reprice=(running or found.status == RetainerStatus.PAUSED) and not found.cancel_wanted_at,
        **context,
    )


# --- what a coach does with one -----------------------------------------------------------------------


@require_http_methods(METHODS)
def pause(request: HttpRequest, slug: str, retainer_id: uuid.UUID) -> HttpResponse:
    words = effects.of_pausing, "Pause it", standing.pause
    return _explained(desk_of(request), _found(retainer_id), *words)


@require_http_methods(METHODS)
def cancel(request: HttpRequest, slug: str, retainer_id: uuid.UUID) -> HttpResponse:
    words = effects.of_cancelling, "End it", standing.cancel
    return _explained(desk_of(request), _found(retainer_id), *words)


def _explained(
    desk: Desk, found: Retainer, words: Callable[..., list[str]], press: str, do: Callable[..., Any]
) -> HttpResponse:
    """What it means is read first; the client is told by mail."""
    if desk.request.method == "POST":
        return _pressed(desk, found, do)
    told = statement_of(retainer=found, now=desk.now, sees_amounts=True, practice=desk.practice)
    means = standing.effect(retainer=found, now=desk.now)
    sentences = words(means, found, reader=told.reader)
    return desk.page("retainer_change", "clients", retainer=found, sentences=sentences, press=press)


@require_POST
def keep(request: HttpRequest, slug: str, retainer_id: uuid.UUID) -> HttpResponse:
    return _pressed(desk_of(request), _found(retainer_id), standing.keep)


@require_POST
def resume(request: HttpRequest, slug: str, retainer_id: uuid.UUID) -> HttpResponse:
    return _pressed(desk_of(request), _found(retainer_id), standing.resume)


def _pressed(desk: Desk, found: Retainer, do: Callable[..., Any]) -> HttpResponse:
    try:
        do(retainer_id=found.pk, now=desk.now, actor=desk.actor)
    except standing.CannotChange as refused:
        messages.warning(desk.request, str(refused))
    else:
        messages.success(desk.request, f"Done. {found.payer.name} is told by mail.")
    return desk.go("retainer", found.pk)


@require_POST
def withdraw(request: HttpRequest, slug: str, retainer_id: uuid.UUID) -> HttpResponse:
    """A link to begin that was sent and is not wanted any more."""
    desk = desk_of(request)
    found = _found(retainer_id)
    if subscribing.withdraw(retainer_id=found.pk, now=desk.now, actor=desk.actor):
        messages.success(request, "The link does not work any more.")
        return desk.go("retainers")
    messages.warning(request, "Nothing was changed: it was begun meanwhile.")
    return desk.go("retainer", found.pk)


@require_POST
def try_card(request: HttpRequest, slug: str, retainer_id: uuid.UUID) -> HttpResponse:
    """The kept card once more, now."""
    desk, found = desk_of(request), _found(retainer_id)
    owed = charging.owed_period(found)
    charge = charging.charge_of(owed) if owed else None
    parts = instalments.of_charge(charge.pk) if charge else []
    if not parts:
        messages.info(request, "There is nothing to charge at the moment.")
        return desk.go("retainer", found.pk)
    try:
        attempt = collecting.try_now(instalment_id=parts[0].pk, now=desk.now, actor=desk.actor)
    except collecting.CannotTry as refused:
        messages.warning(request, str(refused))
    except CannotCharge:
        messages.warning(request, "Nothing was charged: your Stripe account cannot take cards right now.")
    except (GatewayUnavailable, GatewayRefused):
        messages.warning(request, "Stripe does not answer just now. Look again in a minute.")
    else:
        _say_what_came(desk, attempt.status, attempt.decline)
    return desk.go("retainer", found.pk)


def _say_what_came(desk: Desk, status: str, decline: str) -> None:
    if status == AttemptStatus.CAPTURED:
        messages.success(desk.request, "It is paid.")
    elif status == AttemptStatus.DECLINED:
        reason = f" ({decline.replace('_', ' ')})" if decline else ""
        messages.warning(desk.request, f"The card was refused again{reason}. Nothing was charged.")
    else:
        messages.info(desk.request, "It is being charged; look again in a moment.")


# --- another price --------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def price(request: HttpRequest, slug: str, retainer_id: uuid.UUID) -> HttpResponse:
    desk, found = desk_of(request), _found(retainer_id)
    sent = request.POST if request.method == "POST" else None
    with desk.speaking():
        form = NewPriceForm(sent, currency=found.currency)
    if not form.is_bound or not form.is_valid():
        return _price_page(desk, found, form, status=422 if form.is_bound else 200)
    try:
        pricing.change_price(
            retainer_id=found.pk, price_minor=form.cleaned_data["price"], now=desk.now, actor=desk.actor
        )
    except (standing.CannotChange, PriceTooSmall) as refused:
        form.add_error("price", str(refused))
        return _price_page(desk, found, form, status=409)
    messages.success(request, f"Done. {found.payer.name} is told by mail.")
    return desk.go("retainer", found.pk)


def _price_page(desk: Desk, found: Retainer, form: NewPriceForm, *, status: int) -> HttpResponse:
    begun = found.anchor_on is not None and found.next_at is not None
    first = pricing.first_period_at(retainer=found, now=desk.now) if begun else None
    return desk.page(
        "retainer_price",
        "clients",
        status=status,
        retainer=found,
        form=form,
        currency=found.currency.upper(),
        counts_from=long_date(day_of(first, desk.tz), desk.practice.locale) if first else "",
    )


# --- a link to begin --------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def invite(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    client = get_object_or_404(Client, pk=client_id)
    locale = desk.practice.locale
    choices = [
        (str(each.pk), f"{each.name}: {terms.contents(each)}, {terms.price_in_words(each, locale)}")
        for each in plans.all_plans()
    ]
    form = InviteForm(request.POST if request.method == "POST" else None, choices=choices)
    key = key_of(request)
    if not form.is_bound or not form.is_valid() or key is None:
        status = 422 if form.is_bound else 200
        shown = {"client": client, "form": form, "choices": choices, "key": key or uuid7()}
        return desk.page("invite_retainer", "clients", status=status, **shown)
    sent = subscribing.invite(
        plan_id=uuid.UUID(form.cleaned_data["plan"]),
        client_id=client.pk,
        payer_id=_payer_id(desk, form),
        retainer_id=key,
        now=desk.now,
        actor=desk.actor,
    )
    messages.success(request, "The link to begin is on its way by mail.")
    return desk.go("retainer", sent.pk)


def _payer_id(desk: Desk, form: InviteForm) -> uuid.UUID | None:
    typed = form.cleaned_data
    if not typed.get("payer_email"):
        return None
    with transaction.atomic(durable=True):
        return find_or_add(
            name=typed["payer_name"], email=typed["payer_email"], phone="", timezone="", now=desk.now
        ).pk
