"""Who a link about money opens its page for, and which browser is known to be a payer's."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from kit.clock import now
from public_pages.booking.coach import coach_of, not_here
from public_pages.booking.cookies import payer_token
from public_pages.booking.order_links import opened_or_none
from tenants.billing import links
from tenants.billing.links import Opened
from tenants.clients import sign_in
from tenants.clients.models import Client

P = ParamSpec("P")
PayView = Callable[Concatenate[HttpRequest, Opened, P], HttpResponse]
PayerView = Callable[Concatenate[HttpRequest, Client, P], HttpResponse]


def by_pay_link(view: PayView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """The link is the authority for this one charge."""

    @wraps(view)
    def opened(request: HttpRequest, pay_token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            found = links.opened_by(pay_token)
        except links.BadLink:
            return not_here(request, coach_of(request), "payments/bad_link.html")
        return view(request, found, *args, **kwargs)

    return opened


def by_payments_link(view: PayerView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """The link was mailed to the payer alone, and opens everything that is the payer's."""

    @wraps(view)
    def opened(request: HttpRequest, payer_token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            payer = links.payer_by(payer_token)
        except links.BadLink:
            return not_here(request, coach_of(request), "payments/bad_link.html")
        return view(request, payer, *args, **kwargs)

    return opened


def payer_known_to(request: HttpRequest) -> Client | None:
    """The payer whose browser this is: by the link that it opened, or signed in; None of anybody else."""
    return opened_or_none(payer_token(request), links.payer_by) or sign_in.client_in(request, now=now())
