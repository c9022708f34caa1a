"""A lost link of a client's, sent once more. The answer is the same whether or not there is anything."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, show
from public_pages.booking.slots import slow_down
from public_pages.payments.forms import LinkForm
from tenants.billing.link_requests import ask_for_link
from tenants.packs.link_requests import ask_for_links

ASKED = {"most": 10, "seconds": 600}
TO_ONE_ADDRESS = {"most": 3, "seconds": 3600}


@dataclass(frozen=True, slots=True)
class Lost:
    """What is sent again: `whoever` has it, in words, and the use case that asks for the mail."""

    name: str
    label: str
    whoever: str
    template: str
    ask: Callable[..., None]


PACKS = Lost(
    "pack-link", "The e-mail address of your pack", "has a pack", "packs/link_again.html", ask_for_links
)
PAYMENTS = Lost(
    "payments-link",
    "The e-mail address that you pay with",
    "pays for something",
    "payments/link_again.html",
    ask_for_link,
)


@require_http_methods(["GET", "HEAD", "POST"])
def pack_link(request: HttpRequest) -> HttpResponse:
    return _again(request, PACKS)


@require_http_methods(["GET", "HEAD", "POST"])
def payments_link(request: HttpRequest) -> HttpResponse:
    return _again(request, PAYMENTS)


def _again(request: HttpRequest, lost: Lost) -> HttpResponse:
    if request.method != "POST":
        return _page(request, lost, LinkForm(label=lost.label), 200)
    if not allows(lost.name, connection_of(request), **ASKED):
        return slow_down(request)
    form = LinkForm(request.POST, label=lost.label)
    if not form.is_valid():
        with read_only():
            return _page(request, lost, form, 422)
    email = form.cleaned_data["email"].lower()
    # Nobody's mailbox is filled: past the limit nothing is sent, and the answer stays the same.
    if allows(f"{lost.name}-to", f"{request.get_host()}:{email}", **TO_ONE_ADDRESS):
        lost.ask(email=email, now=now())
    messages.success(request, f"If {email} {lost.whoever} here, its link is on its way to that address.")
    return redirect(_next(request))


def _page(request: HttpRequest, lost: Lost, form: LinkForm, status: int) -> HttpResponse:
    return show(request, coach_of(request), lost.template, {"form": form, "next": _next(request)}, status)


def _next(request: HttpRequest) -> str:
    """Where to go on, on this host only."""
    address = request.POST.get("next") or request.GET.get("next", "")
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "/"
