"""Pausing, cancelling, keeping and resuming by who pays: what it means is read before it is pressed."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from kit.actors import Actor
from kit.clock import now
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, show_private
from public_pages.booking.slots import slow_down
from public_pages.retainers.access import Access, by_payers_link
from public_pages.retainers.retainer import addresses_of
from tenants.retainers import effects, standing
from tenants.retainers.models import RUNNING, RetainerStatus
from tenants.retainers.wording import Reader

PRESSES = {"most": 30, "seconds": 600}


@require_http_methods(["GET", "HEAD", "POST"])
@by_payers_link
def pause(request: HttpRequest, access: Access) -> HttpResponse:
    if request.method == "POST":
        return _pressed(request, access, standing.pause, "It is paused, and the confirmation is on its way.")
    return _page(request, access, "retainers/pause.html", effects.of_pausing, may=RUNNING)


@require_http_methods(["GET", "HEAD", "POST"])
@by_payers_link
def cancel(request: HttpRequest, access: Access) -> HttpResponse:
    if request.method == "POST":
        done = "It is cancelled, and the confirmation is on its way."
        return _pressed(request, access, standing.cancel, done)
    may = RUNNING | {RetainerStatus.PAUSED}
    return _page(request, access, "retainers/cancel.html", effects.of_cancelling, may=may)


@require_POST
@by_payers_link
def keep(request: HttpRequest, access: Access) -> HttpResponse:
    return _pressed(request, access, standing.keep, "It goes on as before.")


@require_POST
@by_payers_link
def resume(request: HttpRequest, access: Access) -> HttpResponse:
    """The card is charged at once; the page to pay shows how it went, and helps where the card does not."""
    if not allows("retainer-changes", connection_of(request), **PRESSES):
        return slow_down(request)
    try:
        pay_at = standing.resume(retainer_id=access.retainer.pk, now=now(), actor=_payer(access))
    except standing.CannotChange as refused:
        messages.warning(request, str(refused))
        return redirect("retainer", access.token)
    return redirect(pay_at)


def _pressed(request: HttpRequest, access: Access, press: Callable[..., Any], done: str) -> HttpResponse:
    if not allows("retainer-changes", connection_of(request), **PRESSES):
        return slow_down(request)
    try:
        press(retainer_id=access.retainer.pk, now=now(), actor=_payer(access))
    except standing.CannotChange as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("retainer", access.token)


def _payer(access: Access) -> Actor:
    return Actor("client", str(access.retainer.payer_id))


def _page(
    request: HttpRequest,
    access: Access,
    template: str,
    words: Callable[..., list[str]],
    *,
    may: frozenset[RetainerStatus],
) -> HttpResponse:
    coach, retainer = coach_of(request), access.retainer
    if retainer.status not in may or retainer.cancel_wanted_at:
        messages.info(request, "There is nothing to change here: see below how it stands.")
        return redirect("retainer", access.token)
    reader = Reader(coach.practice.timezone, coach.locale, coach.now)
    said = words(standing.effect(retainer=retainer, now=coach.now), retainer, reader=reader)
    context = {"retainer": retainer, "sentences": said, **addresses_of(access)}
    return show_private(request, coach, template, context)
