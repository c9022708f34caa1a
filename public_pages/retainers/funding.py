"""What a retainer that this browser has can pay for: a held time, and what is left of its period then."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from public_pages.booking.coach import Coach
from public_pages.retainers.access import Access, known_to, own_token, signed_in_with
from tenants.offers.vocabulary import called
from tenants.retainers import spending
from tenants.retainers.models import Retainer
from tenants.retainers.periods import Span
from tenants.retainers.spending import Usable
from tenants.retainers.statements import statement_of
from tenants.retainers.wording import Reader, sessions
from tenants.scheduling.cancellation import Policy, deadline_in_words, free_cancel_until
from tenants.scheduling.models import Booking


@dataclass(frozen=True, slots=True)
class OwnRetainers:
    """What the client who is known here has for a held time."""

    access: Access
    usable: Sequence[Usable]


@dataclass(frozen=True, slots=True)
class RetainerChoice:
    """One retainer that may pay for a held time; it stands beside packs, and is read like one of them."""

    nth: int
    usable: Usable
    counted: str
    uses: str
    until: str
    rule: str

    balance = None

    @property
    def value(self) -> str:
        return f"retainer:{self.usable.retainer.pk}"

    @property
    def name(self) -> str:
        return self.usable.retainer.plan.name


def own_retainers(request: HttpRequest, held: Booking, coach: Coach) -> OwnRetainers | None:
    """None where this browser is not known, or its retainer has nothing to do with such a session.

    The link in the mail opens all of the client's retainers; the browser that began one, that one.
    """
    kind_id, starts_at = held.session.session_type_id, held.session.starts_at
    access = known_to(request) or signed_in_with(request, kind_id, coach.now)
    if access is None or not held.price_minor or str(kind_id) not in access.retainer.covers:
        return None
    found = spending.usable(
        client_id=access.retainer.client_id, session_type_id=kind_id, starts_at=starts_at, now=coach.now
    )
    allowed = [each for each in found if access.is_whole or each.retainer.pk == access.retainer.pk]
    return OwnRetainers(access, allowed)


def retainer_choices(own: OwnRetainers, held: Booking, coach: Coach) -> list[RetainerChoice]:
    """In the order in which they would pay: the one whose period ends first is the first."""
    return [_choice(nth, each, held, coach) for nth, each in enumerate(own.usable)]


def _choice(nth: int, usable: Usable, held: Booking, coach: Coach) -> RetainerChoice:
    reader = Reader(coach.practice.timezone, coach.locale, coach.now)
    one_each = set(usable.retainer.covers.values()) == {1}
    units = "1 unit" if usable.takes == 1 else f"{usable.takes} units"
    leaves = "" if usable.leaves is None else f", leaves {usable.leaves}"
    return RetainerChoice(
        nth=nth,
        usable=usable,
        counted=sessions(usable.takes) if one_each else units,
        uses=f"Uses {usable.takes} of your {usable.retainer.plan.name}{leaves}",
        until=f"Period: {reader.span(Span(usable.period.starts_at, usable.period.ends_at))}",
        rule=_rule(usable.retainer, held, coach),
    )


def _rule(retainer: Retainer, held: Booking, coach: Coach) -> str:
    """Until when cancelling is free for this very time, and what it means afterwards."""
    policy, starts_at = Policy(retainer.cancel_window_hours), held.session.starts_at
    tz = coach.zone_for(held.agreed["place"])
    deadline = deadline_in_words(policy, starts_at, tz=tz, now=coach.now, locale=coach.locale)
    is_over = coach.now > free_cancel_until(policy, starts_at)
    return f"{deadline} {'If you cancel,' if is_over else 'After that'} the {called.session} counts as used."


def as_if_paid_by(held: Booking, usable: Usable) -> Booking:
    """The booking as it would be when the retainer pays for it, to be shown only."""
    would_be = copy.copy(held)
    would_be.retainer, would_be.pack_units = usable.retainer, usable.takes
    would_be.agreed = {**held.agreed, "cancel_window_hours": usable.retainer.cancel_window_hours}
    return would_be


def balance_after(request: HttpRequest, booked: Booking, coach: Coach) -> dict[str, Any]:
    """For the page of a session that a retainer has paid for: what is left of its periods."""
    if booked.retainer_id is None:
        return {}
    rows = Retainer.objects.select_related("plan", "client", "payer")
    retainer = rows.get(pk=booked.retainer_id)
    told = statement_of(retainer=retainer, now=coach.now, sees_amounts=False, practice=coach.practice)
    starts_at = booked.session.starts_at
    line = next((each for each in told.lines if each.facts.span.holds(starts_at)), told.current)
    token = own_token(request, retainer)
    return {
        "paid_with_retainer": retainer.plan.name,
        "retainer_sentence": line.sentence if line else "",
        "retainer_url": reverse("retainer", args=[token]) if token else "",
    }
