"""Who may do what with a pack: a link that only its owner's address was sent, or the browser that bought it.

Anybody can type somebody's address and order a pack. So what leads back from the payment is a link of its
own, an order's: it opens that one pack, and only the browser that ordered it can use it. The link in the
mail is whole: it says that this is the client, who then may use all of their packs.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import F
from django.http import HttpRequest

from public_pages.booking import cookies
from public_pages.booking.opening import opened_by_link
from public_pages.booking.order_links import OrderLinks, is_ordered_here, opened_or_none
from tenants.clients import relations, sign_in
from tenants.packs import links
from tenants.packs.models import Pack, PackStatus

ORDERS = OrderLinks(Pack, "offer", "client", "buyer", salt="upfront.pack-order", page="p")


@dataclass(frozen=True, slots=True)
class Access:
    """A pack that a browser has the link of. `is_whole`: the link that was mailed to its client."""

    pack: Pack
    token: str
    is_whole: bool
    may_use: bool

    @property
    def reads_amounts(self) -> bool:
        """Whether its client, whose link it is, is the one who paid for it."""
        return relations.may_see_amounts(self.pack.client_id, self.pack.buyer_id)

    @property
    def knows_client(self) -> bool:
        """Whether this browser is the client's: then name, address and other packs are no secret to it."""
        return self.is_whole and self.pack.status == PackStatus.ACTIVE


def access_by(request: HttpRequest, token: str) -> Access:
    """What a link to a pack opens for this browser. Raises `links.BadLink`."""
    if ":" not in token:
        pack = links.pack_by(token)
        return Access(pack, token, is_whole=True, may_use=True)
    pack = ORDERS.order_by(token)
    return Access(pack, token, is_whole=False, may_use=is_ordered_here(request, pack))


by_pack_link = opened_by_link("pack_token", access_by, "packs/bad_link.html")


def _whole_by(request: HttpRequest, token: str) -> Access:
    access = access_by(request, token)
    if not access.is_whole:
        raise links.BadLink("not its client's")
    return access


by_whole_link = opened_by_link("pack_token", _whole_by, "packs/bad_link.html")
"""As `by_pack_link`, for what only the client may do."""


def _is_a_gift(pack: Pack) -> bool:
    """Who paid for somebody else is written to as well, and is not the client."""
    return pack.buyer_id != pack.client_id and pack.origin_id is None


def known_to(request: HttpRequest) -> Access | None:
    """The pack whose holder this browser is, from the link that it opened; None when it opened none."""
    access = opened_or_none(cookies.PACK.token(request), partial(access_by, request))
    return access if access and access.may_use and access.pack.status == PackStatus.ACTIVE else None


def signed_in_with(request: HttpRequest, session_type_id: UUID, now: datetime) -> Access | None:
    """A pack for such a session of who is signed in on their own pages; nothing is asked of anybody else."""
    client = sign_in.client_in(request, now=now)
    if client is None:
        return None
    packs = Pack.objects.select_related("offer", "client", "buyer").filter(client=client)
    live = packs.filter(status=PackStatus.ACTIVE).order_by(F("expires_at").asc(nulls_last=True), "bought_at")
    pack = next((each for each in live if each.offer.units_for(session_type_id)), None)
    return Access(pack, links.token_of(pack), is_whole=True, may_use=True) if pack else None
