"""The press that books with a pack: with a unit that is there, or with one of a pack bought now."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.clock import now
from kit.database import read_only
from public_pages.booking import cookies
from public_pages.booking.booking import again, card_page_away, form_of, return_pages, to_pay
from public_pages.booking.coach import Coach, coach_of
from public_pages.packs.funding import own_packs, shown_offers
from public_pages.packs.offer import Shown, accepted
from public_pages.packs.with_unit import UnitForm, client_known_by
from public_pages.retainers.funding import own_retainers
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.clients.relations import may_see_amounts
from tenants.packs.models import Pack
from tenants.packs.refusals import Refusal, told
from tenants.packs.spending import CannotSpend
from tenants.paperwork.requirements import PaperworkMissing
from tenants.retainers.refusals import Refusal as NothingLeft
from tenants.scheduling import bookings, holds, links, pack_bookings, retainer_bookings
from tenants.scheduling.models import Booking


def is_by_pack(request: HttpRequest) -> bool:
    """Whether a pack or a retainer is chosen in this press."""
    return _chosen(request)[0] in ("unit", "offer", "retainer")


def booked_by_pack(request: HttpRequest, held: Booking) -> HttpResponse:
    """What a press with a pack chosen comes to."""
    by, chosen = _chosen(request)
    book = {"unit": _with_unit, "retainer": _with_retainer}.get(by, _and_buy)
    return book(request, _whole(held), chosen)


def _chosen(request: HttpRequest) -> tuple[str, str]:
    by, _, chosen = request.POST.get("fund", "").partition(":")
    return by, chosen


def _whole(held: Booking) -> Booking:
    """With its session and type, which the bare link does not bring."""
    return bookings.booking_of(booking_id=held.pk)


# --- a unit that is there --------------------------------------------------------------------------


def _with_unit(request: HttpRequest, held: Booking, chosen: str) -> HttpResponse:
    with read_only():
        own = own_packs(request, held, coach_of(request))
    if own is None:
        return again(request, held, 409, problem="not_known")
    form = UnitForm(request.POST, held=held, known=client_known_by(own, None))
    if not form.is_valid():
        return again(request, held, 422, unit_form=form)
    pack = next((each.pack for each in own.usable if str(each.pack.pk) == chosen), None)
    if pack is None:
        return again(request, held, 409, problem="cannot_spend", refusal=Refusal.USED_UP)
    said = {
        "client": own.access.pack.client,
        "pack_id": pack.pk,
        "message": _message(form),
        "extras": request.POST.getlist("extras"),
    }
    return _pressed(request, held, pack_bookings.book_with_unit, said, unit_form=form)


def _with_retainer(request: HttpRequest, held: Booking, chosen: str) -> HttpResponse:
    with read_only():
        own = own_retainers(request, held, coach_of(request))
    if own is None:
        return again(request, held, 409, problem="not_known")
    form = UnitForm(request.POST, held=held, known=client_known_by(None, own))
    if not form.is_valid():
        return again(request, held, 422, unit_form=form)
    usable = next((each for each in own.usable if str(each.retainer.pk) == chosen), None)
    if usable is None:
        return again(request, held, 409, problem="cannot_spend", refusal=NothingLeft.USED_UP)
    said = {
        "client": own.access.retainer.client,
        "retainer_id": usable.retainer.pk,
        "message": _message(form),
        "extras": request.POST.getlist("extras"),
    }
    return _pressed(request, held, retainer_bookings.book_with_retainer, said, unit_form=form)


def _message(form: UnitForm) -> str:
    """A number that the coach does not have yet comes with what the client writes."""
    phone, message = form.cleaned_data.get("phone", ""), form.cleaned_data["message"]
    return f"Phone: {phone}\n{message}".strip()[:1000] if phone else str(message)


# --- a pack that is bought with it -----------------------------------------------------------------


def _and_buy(request: HttpRequest, held: Booking, chosen: str) -> HttpResponse:
    form = form_of(held, data=request.POST)
    shown = _shown(coach_of(request), held, chosen)
    if shown is None or shown.digest not in request.POST.getlist("shown"):
        return again(request, held, 409, form=form, problem="pack_changed")
    agreed = shown.digest in request.POST.getlist("agreed")
    if not form.is_valid() or not agreed:
        return again(request, held, 422, form=form, problem="" if agreed else "agree")
    said = {
        "phone": "",
        **form.cleaned_data,
        "offer": shown.offer,
        "accepted": accepted(request, shown),
        "extras": request.POST.getlist("extras"),
    }
    response = _pressed(request, held, pack_bookings.book_and_buy, said, form=form)
    cookies.keep_details(response, form.cleaned_data)
    return response


def _shown(coach: Coach, held: Booking, chosen: str) -> Shown | None:
    kind_id = held.session.session_type_id
    with read_only():
        on_offer = shown_offers(coach)
    return next((each for each in on_offer if _is(each, chosen) and each.offer.units_for(kind_id)), None)


def _is(shown: Shown, chosen: str) -> bool:
    try:
        return shown.offer.pk == UUID(chosen)
    except ValueError:
        return False


# --- both ------------------------------------------------------------------------------------------


def _pressed(
    request: HttpRequest, held: Booking, book: Any, said: dict[str, Any], **form: Any
) -> HttpResponse:
    try:
        pay_at = book(
            booking_id=held.pk,
            timezone=cookies.chosen_zone(request) or held.agreed["timezone"],
            links=return_pages(links.token_of(held)),
            now=now(),
            **said,
        )
    except CannotSpend as refused:
        return again(request, held, 409, problem="cannot_spend", refusal=_told(refused, said.get("pack_id")))
    except holds.HoldLapsed:
        return again(request, held, 409, **form)
    except bookings.OncePerClient:
        return again(request, held, 409, problem="once", **form)
    except CannotCharge:
        return again(request, held, 409, problem="cannot_charge", **form)
    except (AlreadyPaid, pack_bookings.NotCovered, PaperworkMissing):
        return redirect("booking", links.token_of(held))
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        return card_page_away(request, held)
    return to_pay(pay_at, links.token_of(held))


def _told(refused: CannotSpend, pack_id: UUID | None) -> str:
    """Why nothing can be taken, as who books may know it."""
    pack = Pack.objects.filter(pk=pack_id).first() if pack_id else None
    reads_amounts = pack is None or may_see_amounts(pack.client_id, pack.buyer_id)
    return told(Refusal(refused.reason), reads_amounts=reads_amounts)
