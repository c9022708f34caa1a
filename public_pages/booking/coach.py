"""Whose page it is: read once per request, and handed to every template of the coach's host."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from connect.models import AccountStatus
from kit.clock import now
from kit.database import Question, Rows, read_together
from public_pages.booking.cookies import chosen_zone, holder_of
from tenants.offers import hosts
from tenants.offers.models import Place, Practice, SessionType
from tenants.offers.vocabulary import note
from tenants.registry.models import Tenant

# Written out, for every page begins with it.
COACH = """
    SELECT EXISTS (
        SELECT 1 FROM connect_connectaccount WHERE schema_name = %(schema_name)s AND status = %(active)s
    ) AS takes_cards, p.*
    FROM offers_practice p"""


@dataclass(frozen=True)
class Coach(hosts.Coach):
    """The coach and this visitor: what every page of the host starts from."""

    takes_cards: bool
    visitor_zone: str
    holder: str

    def zone_for(self, place: str) -> str:
        """In person the venue's clock is the only one; elsewhere the visitor's, once it is known."""
        if place == Place.IN_PERSON:
            return self.practice.timezone
        return self.visitor_zone or self.practice.timezone

    def can_be_booked(self, session_type: SessionType) -> bool:
        """A price needs a Stripe account that can take it: nothing is free by accident."""
        return not costs_something(session_type) or self.takes_cards


def costs_something(session_type: SessionType) -> bool:
    """Whether the session or what is always paid beside it has a price."""
    return session_type.price_minor > 0 or any(each["required"] for each in session_type.extras)


def coach_of(request: HttpRequest) -> Coach:
    """The coach of this host, in one query."""
    return coach_and(request)[0]


def coach_and(request: HttpRequest, *questions: Question, **named: Any) -> tuple[Coach, list[Rows]]:
    """The coach of this host, and the answers to what the page asks besides, in one message."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    named |= {"schema_name": tenant.schema_name, "active": AccountStatus.ACTIVE.value}
    [[(takes_cards, practice)], *answers] = read_together(named, (COACH, (Practice,)), *questions)
    note(practice)
    return _coach(request, tenant, practice, takes_cards), answers


def _coach(request: HttpRequest, tenant: Tenant, practice: Practice, takes_cards: bool) -> Coach:
    return Coach(
        tenant=tenant,
        practice=practice,
        takes_cards=takes_cards,
        visitor_zone=chosen_zone(request),
        holder=holder_of(request),
        now=now(),
    )


def show(
    request: HttpRequest, coach: Coach, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page in the practice's own way of writing dates and amounts; of `coach/`, or of the folder named."""
    path = template if "/" in template else f"coach/{template}"
    return hosts.page_of(request, coach, f"public_pages/{path}", context, status)


def show_private(
    request: HttpRequest, coach: Coach, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page whose address is a secret: kept by no cache, told to no other site, found by no robot."""
    return hosts.private(show(request, coach, template, context, status))


def not_here(request: HttpRequest, coach: Coach, template: str) -> HttpResponse:
    """A 404 that says what happened and where to go on."""
    return show(request, coach, template, {}, status=404)
