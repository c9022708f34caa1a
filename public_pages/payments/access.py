"""Who a link about money opens its page for, and which browser is known to be a payer's."""

from django.http import HttpRequest

from kit.clock import now
from public_pages.booking import cookies
from public_pages.booking.opening import opened_by_link
from public_pages.booking.order_links import opened_or_none
from tenants.billing import links
from tenants.clients import sign_in
from tenants.clients.models import Client

by_pay_link = opened_by_link(
    "pay_token", lambda _request, token: links.opened_by(token), "payments/bad_link.html"
)
"""The link is the authority for this one charge."""

by_payments_link = opened_by_link(
    "payer_token", lambda _request, token: links.payer_by(token), "payments/bad_link.html"
)
"""The link was mailed to the payer alone, and opens everything that is the payer's."""


def payer_known_to(request: HttpRequest) -> Client | None:
    """The payer whose browser this is: by the link that it opened, or signed in; None of anybody else."""
    opened = opened_or_none(cookies.PAYER.token(request), links.payer_by)
    return opened or sign_in.client_in(request, now=now())
