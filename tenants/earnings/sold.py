"""What a payment was for, in words: a session, a pack, or an extra beside what a pack pays for."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, DateTimeField, F, JSONField, OuterRef, Subquery, UUIDField, When
from django.db.models.functions import Coalesce, JSONObject

from tenants.packs.models import Pack
from tenants.packs.statements import PURPOSES
from tenants.scheduling.models import Booking


def booking_id() -> Case:
    """The booking that was paid for by itself; none where a pack was bought."""
    return Case(When(attempt__charge__purpose="booking", then="sold_id"), output_field=UUIDField())


def pack_id() -> Case:
    return Case(When(attempt__charge__purpose__in=PURPOSES, then="sold_id"), output_field=UUIDField())


def session_id() -> Coalesce:
    """The booking that the payment has to do with: of a pack, the one that it was bought with."""
    bought_with = Pack.objects.filter(pk=OuterRef("sold_id")).values("first_booking")
    return Coalesce(Subquery(bought_with), F("sold_id"))


def session_start() -> Subquery:
    """When the session of `session_id` begins."""
    sessions = Booking.objects.filter(pk=OuterRef("session_id")).values("session__starts_at")
    return Subquery(sessions, output_field=DateTimeField())


def agreed() -> Subquery:
    """Of the same booking: its name, its extras, and the pack that pays for it."""
    facts = JSONObject(name=F("agreed__name"), extras=F("agreed__extras"), pack="pack_id")
    bookings = Booking.objects.filter(pk=OuterRef("session_id")).annotate(facts=facts).values("facts")
    return Subquery(bookings, output_field=JSONField())


def words(description: str, *, units: int, agreed: Mapping[str, Any] | None) -> str:
    """ "10-session summer pack", "Private lesson, with court fee", "Court fee, beside a pack session".

    `units` are the sessions that the payment was for: 0 where only extras were paid.
    """
    facts = agreed or {}
    extras = " and ".join(each["name"] for each in facts.get("extras") or () if each.get("chosen"))
    if not extras:
        return description
    if units:
        return f"{description}, with {extras}"
    return f"{extras}, beside {'a pack session' if facts.get('pack') else description}"
