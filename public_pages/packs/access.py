"""Who may do what with a pack: a link that only its owner's address was sent, or the browser that bought it.

Anybody can type somebody's address and order a pack. So what leads back from the payment is a link of its
own, an order's: it opens that one pack, and only the browser that ordered it can use it. The link in the
mail is whole: it says that this is the client, who then may use all of their packs.
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
from public_pages.booking.cookies import holder_of, pack_token
from tenants.packs import links
from tenants.packs.models import Pack, PackStatus
from tenants.registry.pages import coach_address

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Access:
    """A pack that a browser has the link of. `is_whole`: the link that was mailed to its client."""

    pack: Pack
    token: str
    is_whole: bool
    may_use: bool

    @property
    def knows_client(self) -> bool:
        """Whether this browser is the client's: then name, address and other packs are no secret to it."""
        return self.is_whole and self.pack.status == PackStatus.ACTIVE


PackView = Callable[Concatenate[HttpRequest, Access, P], HttpResponse]


def by_pack_link(view: PackView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    @wraps(view)
    def opened(request: HttpRequest, pack_token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            access = access_by(request, pack_token)
        except links.BadLink:
            return not_here(request, coach_of(request), "packs/bad_link.html")
        return view(request, access, *args, **kwargs)

    return opened


def by_whole_link(view: PackView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """As `by_pack_link`, for what only the client may do."""

    @by_pack_link
    @wraps(view)
    def opened(request: HttpRequest, access: Access, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not access.is_whole:
            return not_here(request, coach_of(request), "packs/bad_link.html")
        return view(request, access, *args, **kwargs)

    return opened


def access_by(request: HttpRequest, token: str) -> Access:
    """What a link to a pack opens for this browser. Raises `links.BadLink`."""
    if ":" not in token:
        pack = links.pack_by(token)
        return Access(pack, token, is_whole=not _is_a_gift(pack), may_use=True)
    pack = _ordered(token)
    return Access(pack, token, is_whole=False, may_use=_ordered_here(request, pack))


def _is_a_gift(pack: Pack) -> bool:
    """Who paid for somebody else is written to as well, and is not the client."""
    return pack.buyer_id != pack.client_id and pack.origin_id is None


def _ordered_here(request: HttpRequest, pack: Pack) -> bool:
    browser = pack.accepted.get("browser", "")
    return bool(browser) and constant_time_compare(browser, holder_of(request))


def own_order_token(request: HttpRequest, pack: Pack) -> str:
    """The link for the browser that ordered the pack; empty for all others."""
    return order_token_of(pack) if _ordered_here(request, pack) else ""


def _ordered(token: str) -> Pack:
    try:
        pack_id = uuid.UUID(_signer().unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise links.BadLink("unknown") from error
    found = Pack.objects.select_related("offer", "client", "buyer").filter(pk=pack_id).first()
    if found is None:
        raise links.BadLink("unknown")
    return found


def order_token_of(pack: Pack) -> str:
    """What leads back from the payment. It opens nothing on another coach's host."""
    return _signer().sign(pack.pk.hex)


def order_address_of(pack: Pack, path: str = "") -> str:
    """The pack's page, absolute, for whoever may only have typed somebody's address."""
    return f"{coach_address(current_schema())}/p/{order_token_of(pack)}/{path}"


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"upfront.pack-order:{current_schema()}")


def known_to(request: HttpRequest) -> Access | None:
    """The pack whose holder this browser is, from the link that it opened; None when it opened none."""
    token = pack_token(request)
    if not token:
        return None
    try:
        access = access_by(request, token)
    except links.BadLink:
        return None
    return access if access.may_use and access.pack.status == PackStatus.ACTIVE else None
