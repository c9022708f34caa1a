"""A retainer's own page: how it stands, what is left and what comes, and the first free times to use it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from public_pages.booking import cookies
from public_pages.booking.asking_again import ask_again
from public_pages.booking.coach import Coach, coach_and, show_private
from public_pages.booking.times_of_units import show_with_times, times_of
from public_pages.paperwork.before import announced, listed
from public_pages.retainers.access import Access, by_retainer_link
from public_pages.retainers.forms import AgreeForm
from public_pages.retainers.shown import shown_of
from public_pages.retainers.stages import Stage, Standing, sessions_ahead, standing_of
from tenants.billing.links import pay_address, payments_address
from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.paperwork import requirements
from tenants.retainers import charging, spending, subscribing
from tenants.retainers.models import RetainerStatus
from tenants.retainers.refusals import OF_STATUS, Refusal
from tenants.retainers.statements import Statement, statement_of
from tenants.scheduling.links import token_of

ADDRESSES = (
    "retainer",
    "retainer_begin",
    "retainer_return",
    "retainer_pause",
    "retainer_cancel",
    "retainer_keep",
    "retainer_resume",
)


@require_safe
@by_retainer_link
def retainer(request: HttpRequest, access: Access, type_slug: str = "") -> HttpResponse:
    coach, [rows] = coach_and(request, session_types.ON_OFFER)
    standing = standing_of(access.retainer, returned="paid" in request.GET)
    types = [each for (each,) in rows if str(each.pk) in access.retainer.covers]
    return page(request, coach, access, standing, types, type_slug=type_slug)


def page(
    request: HttpRequest,
    coach: Coach,
    access: Access,
    standing: Standing,
    types: list[SessionType],
    *,
    type_slug: str = "",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page by its stage; a browser that only came across the link sees what became of it, and no more."""
    context = {"retainer": access.retainer, "standing": standing, **addresses_of(access), **context}
    if not access.may_use:
        response = show_private(request, coach, "retainers/state.html", context, status)
        return _asking_again(request, response, access, standing)
    context |= {"access": access, **_of_stage(request, coach, access, standing, types, type_slug)}
    response = show_with_times(request, coach, "retainers/retainer.html", context, status)
    if standing.stage == Stage.RUNNING and access.can_book:
        cookies.RETAINER.keep(response, access.token)
    return _asking_again(request, response, access, standing)


def addresses_of(access: Access) -> dict[str, str]:
    return {f"{name}_url": reverse(name, args=[access.token]) for name in ADDRESSES}


def statement_for(access: Access, coach: Coach) -> Statement:
    """The retainer as its reader sees it. Days are the coach's, in which its periods run."""
    return statement_of(
        retainer=access.retainer, now=coach.now, sees_amounts=access.is_payer, practice=coach.practice
    )


def _of_stage(
    request: HttpRequest,
    coach: Coach,
    access: Access,
    standing: Standing,
    types: list[SessionType],
    type_slug: str,
) -> dict[str, Any]:
    if standing.stage == Stage.TO_BEGIN:
        return _to_begin(coach, access, types)
    if standing.stage not in (Stage.RUNNING, Stage.PAUSED, Stage.ENDED):
        return {}
    statement = statement_for(access, coach)
    ahead = sessions_ahead(access.retainer, coach.now)
    return {
        "balance": statement.balance,
        "lines": statement.lines,
        "tz": coach.practice.timezone,
        "ahead": [{"booking": each, "url": reverse("booking", args=[token_of(each)])} for each in ahead],
        **_to_pay(access),
        **_to_use(request, coach, access, standing, types, type_slug),
    }


def _to_begin(coach: Coach, access: Access, types: list[SessionType]) -> dict[str, Any]:
    """What was offered to one person, with its terms: only who pays begins it."""
    if not access.is_payer:
        return {}
    retainer = access.retainer
    shown = shown_of(coach, retainer, types, name=retainer.plan.name)
    # Who has agreed to these very words, and only had papers to do, is not asked for it twice.
    form = AgreeForm(initial={"agreed": retainer.accepted.get("sha256") == shown.digest})
    return {
        "shown": shown,
        "form": form,
        "press": f"Pay {shown.price} and begin",
        **_papers_first(coach, access),
    }


def _papers_first(coach: Coach, access: Access) -> dict[str, Any]:
    """What is to be done before it is paid: said to who has not begun, then one by one."""
    retainer = access.retainer
    if not subscribing.papers_of(retainer):
        return {"papers_first": announced(retainer.plan.requires, coach.locale)}
    to_do = requirements.to_do(subscribing.papers_of(retainer))
    path = reverse("retainer", args=[access.token])
    return listed(to_do, path=path) if to_do else {}


def _to_pay(access: Access) -> dict[str, Any]:
    """Where what is late can be paid, and where the card is changed: for who pays."""
    if not access.is_payer:
        return {}
    owed = charging.owed_period(access.retainer)
    charge = charging.charge_of(owed) if owed else None
    late = access.retainer.status in (RetainerStatus.PAST_DUE, RetainerStatus.PAUSED)
    return {
        "owed": owed if charge and late else None,
        "pay_url": pay_address(charge) if charge and late else "",
        "cards_url": payments_address(access.retainer.payer) if access.is_whole else "",
    }


def _to_use(
    request: HttpRequest,
    coach: Coach,
    access: Access,
    standing: Standing,
    types: list[SessionType],
    type_slug: str,
) -> dict[str, Any]:
    if standing.stage != Stage.RUNNING or not access.can_book:
        return {}
    chosen = next((each for each in types if each.slug == type_slug), types[0] if types else None)
    refused = _refused(access, chosen, coach) if chosen else None
    times = times_of(request, coach, chosen) if chosen and not refused else {}
    return {
        "can_book": True,
        "kinds": [_kind(each, access, chosen) for each in types] if len(types) > 1 else [],
        "chosen": chosen,
        "one_each": set(access.retainer.covers.values()) == {1},
        "refused": refused,
        **times,
    }


def _refused(access: Access, chosen: SessionType, coach: Coach) -> Refusal | None:
    """Why nothing can be booked with it in any period that is paid."""
    retainer = access.retainer
    if said := OF_STATUS.get(RetainerStatus(retainer.status)):
        return said
    takes = retainer.covers[str(chosen.pk)]
    open_periods = [
        each
        for each in spending.periods_of(retainer.client_id)
        if each.retainer_id == retainer.pk and each.ends_at > coach.now and not each.disputed
    ]
    if not open_periods:
        return Refusal.NOT_PAID_THEN
    enough = any(each.included is None or each.left >= takes for each in open_periods)
    return None if enough else Refusal.USED_UP


def _kind(kind: SessionType, access: Access, chosen: SessionType | None) -> dict[str, Any]:
    address = reverse("retainer_for", args=[access.token, kind.slug])
    takes = access.retainer.covers[str(kind.pk)]
    return {"type": kind, "takes": takes, "url": address, "chosen": kind == chosen}


def _asking_again(
    request: HttpRequest, response: HttpResponse, access: Access, standing: Standing
) -> HttpResponse:
    """While the payment is being confirmed the page looks again by itself, a few times."""
    if standing.stage == Stage.CONFIRMING:
        ask_again(request, response, reverse("retainer_return", args=[access.token]))
    return response
