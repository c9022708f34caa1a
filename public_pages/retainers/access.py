"""Who may do what with a retainer: by the link that was mailed, or in the browser that has begun it.

Anybody can type somebody's address and begin a retainer. So what leads back from the payment is a link of its
own: it opens that one retainer, and only the browser that ordered it can use it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from kit.database import current_schema
from public_pages.booking.coach import coach_of, not_here
from public_pages.booking.cookies import holder_of, retainer_token
from tenants.registry.pages import coach_address
from tenants.retainers import links
from tenants.retainers.models import RUNNING, Retainer

P = ParamSpec("P")


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


RetainerView = Callable[Concatenate[HttpRequest, Access, P], HttpResponse]


def by_retainer_link(view: RetainerView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    @wraps(view)
    def opened(request: HttpRequest, retainer_token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            access = access_by(request, retainer_token)
        except links.BadLink:
            return not_here(request, coach_of(request), "retainers/bad_link.html")
        return view(request, access, *args, **kwargs)

    return opened


def by_payers_link(view: RetainerView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """As `by_retainer_link`, for what only who pays may do."""

    @by_retainer_link
    @wraps(view)
    def opened(request: HttpRequest, access: Access, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not (access.is_payer and access.may_use):
            return not_here(request, coach_of(request), "retainers/bad_link.html")
        return view(request, access, *args, **kwargs)

    return opened


def access_by(request: HttpRequest, token: str) -> Access:
    """What a link to a retainer opens for this browser. Raises `links.BadLink`."""
    if ":" not in token:
        opened = links.opened_by(token)
        return Access(opened.retainer, token, is_whole=True, is_payer=opened.is_payer, may_use=True)
    retainer = _ordered(token)
    here = _ordered_here(request, retainer)
    return Access(retainer, token, is_whole=False, is_payer=here, may_use=here)


def _ordered_here(request: HttpRequest, retainer: Retainer) -> bool:
    browser = retainer.accepted.get("browser", "")
    return bool(browser) and constant_time_compare(browser, holder_of(request))


def _ordered(token: str) -> Retainer:
    try:
        retainer_id = uuid.UUID(_signer().unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise links.BadLink("unknown") from error
    found = Retainer.objects.select_related("plan", "client", "payer").filter(pk=retainer_id).first()
    if found is None:
        raise links.BadLink("unknown")
    return found


def order_token_of(retainer: Retainer) -> str:
    """What leads back from the payment. It opens nothing on another coach's host."""
    return _signer().sign(retainer.pk.hex)


def order_address_of(retainer: Retainer, path: str = "") -> str:
    """The retainer's page, absolute, for whoever may only have typed somebody's address."""
    return f"{coach_address(current_schema())}/r/{order_token_of(retainer)}/{path}"


def own_token(request: HttpRequest, retainer: Retainer) -> str:
    """The link to this retainer that this browser may use; empty for all others."""
    known = known_to(request)
    if known and known.retainer.pk == retainer.pk:
        return known.token
    return order_token_of(retainer) if _ordered_here(request, retainer) else ""


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"upfront.retainer-order:{current_schema()}")


def known_to(request: HttpRequest) -> Access | None:
    """The retainer whose client this browser is, from the link that it opened; None when it opened none."""
    token = retainer_token(request)
    if not token:
        return None
    try:
        access = access_by(request, token)
    except links.BadLink:
        return None
    return access if access.can_book and access.retainer.status in RUNNING else None
