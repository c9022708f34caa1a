"""What a payment was for, in words: a session, a pack, part of one, an extra beside what a pack pays for."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    JSONField,
    OuterRef,
    Subquery,
    UUIDField,
    When,
)
from django.db.models.functions import Coalesce, JSONObject

from tenants.billing.models import Instalment, InstalmentKind
from tenants.packs.models import Pack
from tenants.packs.statements import PURPOSES
from tenants.retainers.models import RetainerPeriod
from tenants.scheduling.models import Booking

PART_WORDS: Final = {
    InstalmentKind.DEPOSIT: "Deposit",
    InstalmentKind.REST: "Rest",
    InstalmentKind.INSTALMENT: "Instalment {number} of {count}",
    InstalmentKind.PERIOD: "Period {period}",
}


def of_charge(name: str) -> Coalesce:
    """A field of the charge, whichever way it was paid: by card, or by hand."""
    return Coalesce(F(f"attempt__charge__{name}"), F(f"manual__charge__{name}"))


FEE_TERMS: Final = (
    *("rate_bp", "free_units", "unit_cap_minor"),
    *("amount_minor", "waived_minor", "units", "extras_minor"),
)


def fee_terms() -> JSONObject:
    """What the platform's fee on a card payment stands on, of its charge."""
    return JSONObject(**{name: f"attempt__charge__{name}" for name in FEE_TERMS})


def booking_id() -> Case:
    """The booking that was paid for by itself; none where a pack was bought."""
    return Case(When(purpose="booking", then="sold_id"), output_field=UUIDField())


def pack_id() -> Case:
    return Case(When(purpose__in=PURPOSES, then="sold_id"), output_field=UUIDField())


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


def offered_as() -> Coalesce:
    """Under which of the coach's offers it falls: a session type, a pack, a retainer; else its own words."""
    types = Booking.objects.filter(pk=OuterRef("sold_id")).values("session__session_type__name")
    packs = Pack.objects.filter(pk=OuterRef("sold_id")).values("offer__name")
    plans = RetainerPeriod.objects.filter(pk=OuterRef("sold_id")).values("retainer__plan__name")
    return Coalesce(
        *(Subquery(each, output_field=CharField()) for each in (types, packs, plans)), F("description")
    )


def period_number() -> Subquery:
    """Of a retainer: which of its periods was paid."""
    return Subquery(RetainerPeriod.objects.filter(pk=OuterRef("sold_id")).values("number"))


def parts() -> Subquery:
    """In how many parts the charge of a card payment is paid; nothing where it is paid in one go."""
    mine = Instalment.objects.filter(charge=OuterRef("attempt__charge_id")).order_by()
    return Subquery(mine.values("charge").annotate(count=Count("pk")).values("count"))


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


def part_words(kind: str | None, *, number: int | None, count: int | None, period: int | None) -> str:
    """Which part of the whole a payment was: "Deposit", "Instalment 2 of 3"; nothing for the whole."""
    if not kind:
        return ""
    return PART_WORDS[InstalmentKind(kind)].format(number=number, count=count, period=period or number)
