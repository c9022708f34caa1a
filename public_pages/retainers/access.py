"""Who may do what with a retainer: by the link that was mailed, or in the browser that has begun it.

Anybody can type somebody's address and begin a retainer. So what leads back from the payment is a link of its
own: it opens that one retainer, and only the browser that ordered it can use it.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.http import HttpRequest

from public_pages.booking import cookies
from public_pages.booking.opening import opened_by_link
from public_pages.booking.order_links import OrderLinks, is_ordered_here, opened_or_none
from tenants.clients import sign_in
from tenants.retainers import links
from tenants.retainers.models import RUNNING, Retainer

ORDERS = OrderLinks(Retainer, "plan", "client", "payer", salt="upfront.retainer-order", page="r")


@dataclass(frozen=True, slots=True)
class Access:
    """A retainer that a browser has the link of.

    `is_whole`: the link was mailed. `is_payer`: it is for who pays, who reads amounts and may change it.
    """

    retainer: Retainer
    token: str
    is_whole: bool
    is_payer: bool
    may_use: bool

    @property
    def knows_client(self) -> bool:
        """Whether this browser is the client's: then name and address are no secret to it."""
        return self.is_whole and (not self.is_payer or self.retainer.payer_id == self.retainer.client_id)

    @property
    def can_book(self) -> bool:
        """A payer who is not the client books nothing in the client's name."""
        return self.may_use and (self.knows_client or not self.is_whole)


def access_by(request: HttpRequest, token: str) -> Access:
    """What a link to a retainer opens for this browser. Raises `links.BadLink`."""
    if ":" not in token:
        opened = links.opened_by(token)
        return Access(opened.retainer, token, is_whole=True, is_payer=opened.is_payer, may_use=True)
    retainer = ORDERS.order_by(token)
    here = is_ordered_here(request, retainer)
    return Access(retainer, token, is_whole=False, is_payer=here, may_use=here)


by_retainer_link = opened_by_link("retainer_token", access_by, "retainers/bad_link.html")


def _payers_by(request: HttpRequest, token: str) -> Access:
    access = access_by(request, token)
    if not (access.is_payer and access.may_use):
        raise links.BadLink("not its payer's")
    return access


by_payers_link = opened_by_link("retainer_token", _payers_by, "retainers/bad_link.html")
"""As `by_retainer_link`, for what only who pays may do."""


def own_token(request: HttpRequest, retainer: Retainer) -> str:
    """The link to this retainer that this browser may use; empty for all others."""
    known = known_to(request)
    if known and known.retainer.pk == retainer.pk:
        return known.token
    return ORDERS.own_token(request, retainer)


def known_to(request: HttpRequest) -> Access | None:
    """The retainer whose client this browser is, from the link that it opened; None when it opened none."""
    access = opened_or_none(cookies.RETAINER.token(request), partial(access_by, request))
    return access if access and access.can_book and access.retainer.status in RUNNING else None


def signed_in_with(request: HttpRequest, session_type_id: UUID, now: datetime) -> Access | None:
    """A retainer for such a session of who is signed in on their own pages; else nothing is asked."""
    client = sign_in.client_in(request, now=now)
    if client is None:
        return None
    rows = Retainer.objects.select_related("plan", "client", "payer").filter(client=client)
    running = rows.filter(status__in=RUNNING).order_by("created_at")
    retainer = next((each for each in running if str(session_type_id) in each.covers), None)
    if retainer is None:
        return None
    is_payer = retainer.payer_id == client.pk
    token = links.token_of(retainer, for_payer=is_payer)
    return Access(retainer, token, is_whole=True, is_payer=is_payer, may_use=True)
