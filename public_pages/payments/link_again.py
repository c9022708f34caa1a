"""The link to one's own payments, sent once more. The answer is the same whether or not there are any."""

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

ASKED = {"most": 10, "seconds": 600}
TO_ONE_ADDRESS = {"most": 3, "seconds": 3600}


@require_http_methods(["GET", "HEAD", "POST"])
def payments_link(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, LinkForm(), 200)
    if not allows("payments-link", connection_of(request), **ASKED):
        return slow_down(request)
    form = LinkForm(request.POST)
    if not form.is_valid():
        with read_only():
            return _page(request, form, 422)
    email = form.cleaned_data["email"].lower()
    # Nobody's mailbox is filled: past the limit nothing is sent, and the answer stays the same.
    if allows("payments-link-to", f"{request.get_host()}:{email}", **TO_ONE_ADDRESS):
        ask_for_link(email=email, now=now())
    messages.success(request, f"If {email} pays for something here, its link is on its way to that address.")
    return redirect(_next(request))


def _page(request: HttpRequest, form: LinkForm, status: int) -> HttpResponse:
    context = {"form": form, "next": _next(request)}
    return show(request, coach_of(request), "payments/link_again.html", context, status)


def _next(request: HttpRequest) -> str:
    """Where to go on, on this host only."""
    address = request.POST.get("next") or request.GET.get("next", "")
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "/"
