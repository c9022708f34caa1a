"""What a client has: packs and retainers with what is left and why, and what they pay for others."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.urls import reverse

from tenants.clients.models import Client
from tenants.clients.relations import may_see_amounts
from tenants.packs import links as pack_links
from tenants.packs import statements as pack_statements
from tenants.packs.models import Pack, PackStatus
from tenants.packs.statements import Statement
from tenants.portal.page import Coach
from tenants.retainers import links as retainer_links
from tenants.retainers import statements as retainer_statements
from tenants.retainers.models import Retainer, RetainerStatus
from tenants.retainers.statements import Statement as RetainerStatement
from tenants.shop import buying
from tenants.shop import links as order_links

OVER = (RetainerStatus.PENDING, RetainerStatus.ENDED, RetainerStatus.VOID)
ENDED_LATELY = timedelta(days=60)


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


def paid_for_others(client: Client) -> list[PaidForAnother]:
    """What this client pays or paid for other people: the price, and for whom."""
    packs = Pack.objects.filter(buyer=client, status=PackStatus.ACTIVE, origin=None).exclude(client=client)
    retainers = Retainer.objects.filter(payer=client).exclude(client=client).exclude(status__in=OVER)
    bought = packs.select_related("offer", "client").order_by("-bought_at")
    going_on = retainers.select_related("plan", "client").order_by("-created_at")
    return [
        *(_paid(each, each.offer.name) for each in bought),
        *(_paid(each, each.plan.name, _retainer_url(each, for_payer=True)) for each in going_on),
    ]


def _paid(each: Pack | Retainer, name: str, url: str = "") -> PaidForAnother:
    return PaidForAnother(name, each.client.name, each.price_minor, each.currency, url)
