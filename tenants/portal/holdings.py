"""What a client has: packs and retainers with what is left and why, and what they pay for others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q
from django.urls import reverse

from tenants.clients.models import Client
from tenants.clients.relations import beneficiaries_of, may_see_amounts, sees_attendance_of
from tenants.offers.hosts import Coach
from tenants.packs import links as pack_links
from tenants.packs import statements as pack_statements
from tenants.packs.models import Pack, PackStatus
from tenants.packs.statements import Statement
from tenants.retainers import links as retainer_links
from tenants.retainers import statements as retainer_statements
from tenants.retainers.models import Retainer, RetainerStatus
from tenants.retainers.statements import Statement as RetainerStatement
from tenants.scheduling.models import FUNDED, Booking
from tenants.shop import buying, packs_for_links, proposal_links
from tenants.shop import links as order_links
from tenants.shop.models import Order, OrderKind, OrderStatus, Proposal, ProposalStatus

OVER = (RetainerStatus.PENDING, RetainerStatus.ENDED, RetainerStatus.VOID)
BOUGHT = (OrderStatus.PAID, OrderStatus.REFUNDED)
ENDED_LATELY = timedelta(days=60)
SHARED_SESSIONS = 24


@dataclass(frozen=True, slots=True)
class OwnPack:
    statement: Statement
    url: str

    @property
    def pack(self) -> Pack:
        return self.statement.pack


@dataclass(frozen=True, slots=True)
class OwnRetainer:
    statement: RetainerStatement
    url: str

    @property
    def retainer(self) -> Retainer:
        return self.statement.retainer


@dataclass(frozen=True, slots=True)
class PaidForAnother:
    """A pack or retainer of somebody else. What they do with it is not for the payer to read."""

    name: str
    whose: str
    minor: int
    currency: str
    url: str = ""


def packs_of(client: Client, coach: Coach) -> list[OwnPack]:
    """Packs that can be used, and those that were a short time ago, the soonest end first."""
    live = Pack.objects.filter(client=client, status=PackStatus.ACTIVE)
    lately = Q(expires_at=None) | Q(expires_at__gt=coach.now - ENDED_LATELY)
    rows = live.filter(lately).select_related("offer", "client", "buyer")
    packs = list(rows.order_by(F("expires_at").asc(nulls_last=True), "bought_at", "pk"))
    if not packs:
        return []
    told = pack_statements.statements_of(
        packs=packs, tz=coach.tz, now=coach.now, locale=coach.locale, reader_id=client.pk
    )
    return [OwnPack(each, reverse("pack", args=[pack_links.token_of(each.pack)])) for each in told]


def retainers_of(client: Client, coach: Coach) -> list[OwnRetainer]:
    """Retainers that this client uses, with amounts where the client pays them too."""
    rows = Retainer.objects.filter(client=client).exclude(status__in=OVER).select_related("plan")
    found = list(rows.order_by("-created_at"))
    return [each for sees in (True, False) for each in _told(found, client, coach, sees=sees)]


def _told(found: list[Retainer], client: Client, coach: Coach, *, sees: bool) -> list[OwnRetainer]:
    rows = [each for each in found if may_see_amounts(client, each.payer_id) is sees]
    if not rows:
        return []
    told = retainer_statements.statements_of(
        retainers=rows, now=coach.now, sees_amounts=sees, practice=coach.practice
    )
    return [OwnRetainer(each, _retainer_url(each.retainer, for_payer=sees)) for each in told]


def _retainer_url(retainer: Retainer, *, for_payer: bool) -> str:
    return reverse("retainer", args=[retainer_links.token_of(retainer, for_payer=for_payer)])


def bought_by(client: Client) -> list[dict[str, str]]:
    """The products that this client bought, by name, each with its page of downloads."""
    return [
        {"name": each.agreed["name"], "url": reverse("order", args=[order_links.token_of(each)])}
        for each in buying.orders_of(client)
    ]


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """A product that this client has bought, or packs that they gave to others, with the page of it."""

    order: Order
    name: str
    url: str


def orders_of(client: Client) -> list[OwnOrder]:
    """What this client has paid in the shop, and for several people at once, the latest first."""
    rows = Order.objects.select_related("product", "pack_offer").filter(payer=client, status__in=BOUGHT)
    return [_order(each) for each in rows.order_by("-created_at")]


def _order(order: Order) -> OwnOrder:
    if order.kind == OrderKind.PACKS and order.pack_offer:
        url = reverse("packs_order", args=[packs_for_links.token_of(order)])
        return OwnOrder(order, f"{order.pack_offer.name}, for {len(order.beneficiaries)} people", url)
    name = order.product.name if order.product else ""
    return OwnOrder(order, name, reverse("order", args=[order_links.token_of(order)]))


def paid_for_others(client: Client, orders: Iterable[OwnOrder]) -> list[PaidForAnother]:
    """What this client pays or paid for other people, one by one: the price, and for whom."""
    told = {row.get("pack_id") for each in orders for row in each.order.beneficiaries}
    packs = Pack.objects.filter(buyer=client, status=PackStatus.ACTIVE, origin=None).exclude(client=client)
    retainers = Retainer.objects.filter(payer=client).exclude(client=client).exclude(status__in=OVER)
    bought = packs.select_related("offer", "client").order_by("-bought_at")
    going_on = retainers.select_related("plan", "client").order_by("-created_at")
    return [
        *(_paid(each, each.offer.name) for each in bought if str(each.pk) not in told),
        *(_paid(each, each.plan.name, _retainer_url(each, for_payer=True)) for each in going_on),
    ]


def _paid(each: Pack | Retainer, name: str, url: str = "") -> PaidForAnother:
    return PaidForAnother(name, each.client.name, each.price_minor, each.currency, url)


@dataclass(frozen=True, slots=True)
class Offered:
    """A proposal that this client may accept, with its page."""

    proposal: Proposal
    url: str


def proposals_to(client: Client, coach: Coach) -> list[Offered]:
    """Those that are open and this client's to pay, the first to run out on top."""
    rows = Proposal.objects.filter(payer=client, status=ProposalStatus.SENT, valid_until__gt=coach.now)
    found = rows.select_related("client").order_by("valid_until", "pk")
    return [Offered(each, reverse("proposal", args=[proposal_links.token_of(each)])) for each in found]


@dataclass(frozen=True, slots=True)
class Shared:
    """The latest sessions of somebody who lets the payer see whether they came."""

    name: str
    bookings: tuple[Booking, ...]


def shared_with(client: Client, coach: Coach) -> list[Shared]:
    """Of those who agreed to it, what they attended and missed; of all others nothing is asked."""
    people = {each.beneficiary_id: each.beneficiary for each in beneficiaries_of(client)}
    willing = sees_attendance_of(payer_id=client.pk, beneficiary_ids=people) if people else set()
    if not willing:
        return []
    over = Booking.objects.select_related("session").filter(
        client__in=willing, status__in=FUNDED, session__ends_at__lte=coach.now
    )
    found: dict[UUID | None, list[Booking]] = {each: [] for each in willing}
    for booking in over.order_by("-session__starts_at")[:SHARED_SESSIONS]:
        found[booking.client_id].append(booking)
    return [Shared(people[each].name, tuple(rows)) for each, rows in found.items() if each]
