"""A pack's own page: its state, what is left and why, and the first free times to use it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from public_pages.booking import cookies
from public_pages.booking.asking_again import ask_again
from public_pages.booking.coach import Coach, coach_and, show_private
from public_pages.booking.times_of_units import show_with_times, times_of
from public_pages.packs.access import Access, by_pack_link
from public_pages.packs.stages import Stage, Standing, sessions_ahead, standing_of
from public_pages.paperwork.before import listed
from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.packs import ledger, selling
from tenants.packs.models import PackStatus
from tenants.packs.refusals import Refusal, refusal, told
from tenants.packs.statements import Statement, statement_of, takes_one_each
from tenants.paperwork import requirements
from tenants.scheduling.links import token_of

ADDRESSES = (
    "pack",
    "pack_pay",
    "pack_return",
    "pack_statement",
    "pack_statement_pdf",
    "pack_pass_on",
    "pack_several",
)


@require_safe
@by_pack_link
def pack(request: HttpRequest, access: Access, type_slug: str = "") -> HttpResponse:
    coach, [rows] = coach_and(request, session_types.ON_OFFER)
    standing = standing_of(access.pack, coach.now, returned="paid" in request.GET)
    context = {"pack": access.pack, "access": access, "standing": standing, **addresses_of(access)}
    if not access.may_use:
        # A browser that may only have come across the link: what became of the order, and no more.
        response = show_private(request, coach, "packs/state.html", context)
        return _asking_again(request, response, access, standing)
    if standing.stage == Stage.UNPAID or (standing.is_owed and access.reads_amounts):
        context |= _before_it_is_paid(access)
    if access.pack.status == PackStatus.ACTIVE:
        types = [each for (each,) in rows if access.pack.offer.units_for(each.pk)]
        context |= _to_use(request, coach, access, standing, types, type_slug)
    response = show_with_times(request, coach, "packs/pack.html", context)
    if access.pack.status == PackStatus.ACTIVE:
        cookies.PACK.keep(response, access.token)
    return _asking_again(request, response, access, standing)


@require_safe
@by_pack_link
def renew(request: HttpRequest, access: Access) -> HttpResponse:
    """To the pack as it is on offer now, with nothing to type: this browser is known by the link."""
    offer = access.pack.offer
    response = redirect("pack_offer", offer.slug)
    if access.may_use and access.pack.status == PackStatus.ACTIVE:
        cookies.PACK.keep(response, access.token)
    return response


def _before_it_is_paid(access: Access) -> dict[str, Any]:
    """Papers that come first; and whether a code takes something off that the order does not say yet."""
    to_do = requirements.to_do(selling.papers_of(access.pack))
    path = reverse("pack", args=[access.token])
    waiting = listed(to_do, path=path) if to_do else {}
    return {
        **waiting,
        "papers_url": reverse("pack_pay", args=[access.token]),
        "code_waits": _code_waits(access),
    }


def _code_waits(access: Access) -> bool:
    pack = access.pack
    return bool(pack.accepted.get("coupon")) and pack.price_minor == pack.offer.price_minor


def addresses_of(access: Access) -> dict[str, str]:
    return {f"{name}_url": reverse(name, args=[access.token]) for name in ADDRESSES}


def statement_for(access: Access, coach: Coach, **asked: Any) -> Statement:
    """The pack as its holder reads it. Days are the coach's, in which it is valid."""
    return statement_of(
        pack=access.pack,
        tz=coach.practice.timezone,
        now=coach.now,
        locale=coach.locale,
        reader="holder",
        reader_id=access.pack.client_id,
        **asked,
    )


def _asking_again(
    request: HttpRequest, response: HttpResponse, access: Access, standing: Standing
) -> HttpResponse:
    """While the payment is being confirmed the page looks again by itself, a few times."""
    if standing.stage == Stage.CONFIRMING:
        ask_again(request, response, reverse("pack_return", args=[access.token]))
    return response


def _to_use(
    request: HttpRequest,
    coach: Coach,
    access: Access,
    standing: Standing,
    types: list[SessionType],
    type_slug: str,
) -> dict[str, Any]:
    statement = statement_for(access, coach)
    chosen = next((each for each in types if each.slug == type_slug), types[0] if types else None)
    refused = _refused(access, chosen, statement.balance.left, coach) if chosen else ""
    ahead = sessions_ahead(access.pack, coach.now)
    return {
        "balance": statement.balance,
        "tz": coach.practice.timezone,
        "ahead": [{"booking": each, "url": reverse("booking", args=[token_of(each)])} for each in ahead],
        "one_each": takes_one_each(access.pack),
        "kinds": [_kind(each, access, chosen) for each in types] if len(types) > 1 else [],
        "chosen": chosen,
        "takes": access.pack.offer.units_for(chosen.pk) if chosen else None,
        "refused": refused,
        "can_pass_on": access.is_whole and standing.can_pass_on and statement.balance.left > 0,
        "can_book_several": access.is_whole and chosen and not refused,
        # To renew it is for who pays: nobody else is led to a price.
        "renew_url": reverse("pack_offer", args=[access.pack.offer.slug]) if access.reads_amounts else "",
        **(times_of(request, coach, chosen) if chosen and not refused else {}),
    }


def _refused(access: Access, chosen: SessionType, left: int, coach: Coach) -> Refusal | None:
    """Why nothing can be booked with it now."""
    takes = access.pack.offer.units_for(chosen.pk) or 1
    why = refusal(access.pack, takes, left, ledger.used([access.pack]), coach.now, coach.now)
    return why and told(why, reads_amounts=access.reads_amounts)


def _kind(kind: SessionType, access: Access, chosen: SessionType | None) -> dict[str, Any]:
    address = reverse("pack_for", args=[access.token, kind.slug])
    return {
        "type": kind,
        "takes": access.pack.offer.units_for(kind.pk),
        "url": address,
        "chosen": kind == chosen,
    }
