"""Passing units on: who and how many, a look at it, and only then done."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, show_private
from public_pages.booking.slots import slow_down
from public_pages.packs.access import Access, by_whole_link
from public_pages.packs.forms import PassOnForm
from public_pages.packs.pack import addresses_of, statement_for
from tenants.packs import ledger, transfers
from tenants.packs.balance import SESSIONS, UNITS
from tenants.packs.statements import takes_one_each

PASSES = {"most": 20, "seconds": 600}


@require_http_methods(["GET", "HEAD", "POST"])
@by_whole_link
def pass_on(request: HttpRequest, access: Access) -> HttpResponse:
    if request.method != "POST":
        return _page(request, access, _form(access))
    if not allows("passing-on", connection_of(request), **PASSES):
        return slow_down(request)
    form = _form(access, data=request.POST)
    if not form.is_valid():
        return _again(request, access, form, 422)
    if request.POST.get("seen", "") == "":
        return _again(request, access, form, 200, review=True)
    return _do(request, access, form)


def _form(access: Access, **given: Any) -> PassOnForm:
    return PassOnForm(left=ledger.balance_of(access.pack.pk), **given)


def _page(
    request: HttpRequest, access: Access, form: PassOnForm, status: int = 200, **context: Any
) -> HttpResponse:
    coach = coach_of(request)
    noun = SESSIONS if takes_one_each(access.pack) else UNITS
    if context.get("review"):
        units = form.cleaned_data["units"]
        context |= {"counted": noun.count(units), "keeps": noun.count(form.left - units)}
    context |= {
        "form": form,
        "pack": access.pack,
        "left": form.left,
        "many": noun.of(2),
        "until": statement_for(access, coach).balance.until,
        **addresses_of(access),
    }
    return show_private(request, coach, "packs/pass_on.html", context, status)


def _again(
    request: HttpRequest, access: Access, form: PassOnForm, status: int, **context: Any
) -> HttpResponse:
    with read_only():
        return _page(request, access, form, status, **context)


def _do(request: HttpRequest, access: Access, form: PassOnForm) -> HttpResponse:
    """What was looked at is done, unless it is something else by now."""
    said = form.cleaned_data
    try:
        transfers.pass_on(
            pack_id=access.pack.pk,
            units=said["units"],
            name=said["name"],
            email=said["email"],
            now=now(),
            actor=Actor("client", str(access.pack.client_id)),
            seen=_number(request.POST["seen"]),
        )
    except transfers.Changed:
        return _again(request, access, form, 409, review=True, changed=True)
    except (transfers.CannotPassOn, ledger.NotEnoughUnits) as refused:
        return _again(request, access, form, 409, problem=str(refused))
    messages.success(request, f"Passed on to {said['name']}. The link goes to {said['email']}.")
    return redirect("pack", access.token)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else -1
