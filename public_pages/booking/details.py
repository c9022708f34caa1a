"""Who comes, and what is chosen beside the session: books at once what is free, and leads on to the rest."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from connect.accounts import CannotCharge
from kit.clock import now
from kit.limits import allows, connection_of
from public_pages.booking import cookies
from public_pages.booking.booking import (
    again,
    by_bare_link,
    card_page_away,
    form_of,
    return_pages,
    to_pay,
)
from public_pages.booking.forms import DetailsForm
from public_pages.booking.slots import slow_down
from public_pages.packs.funded import booked_by_pack
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.scheduling import bookings, holds, links
from tenants.scheduling.models import Booking

DETAILS = {"most": 40, "seconds": 600}


@require_POST
@by_bare_link
def details(request: HttpRequest, held: Booking) -> HttpResponse:
    """Who comes: books at once what is free, and leads to the payment of what is not."""
    if not allows("details", connection_of(request), **DETAILS):
        return slow_down(request)
    if paid_by_pack := booked_by_pack(request, held):
        return paid_by_pack
    form = form_of(held, data=request.POST)
    if not form.is_valid():
        return again(request, held, 422, form=form)
    response = _book(request, held, form)
    chosen = " ".join(request.POST.getlist("extras"))
    cookies.keep_details(response, {**form.cleaned_data, "extras": chosen})
    return response


def _book(request: HttpRequest, held: Booking, form: DetailsForm) -> HttpResponse:
    said = {"phone": "", **form.cleaned_data}
    try:
        pay_at = bookings.book(
            booking_id=held.pk,
            timezone=cookies.chosen_zone(request) or held.agreed["timezone"],
            links=return_pages(held),
            extras=request.POST.getlist("extras"),
            now=now(),
            **said,
        )
    except holds.HoldLapsed:
        return again(request, held, 409, form=form)
    except bookings.OncePerClient:
        return again(request, held, 409, form=form, problem="once")
    except CannotCharge:
        return again(request, held, 409, form=form, problem="cannot_charge")
    except AlreadyPaid:
        return redirect("booking", links.token_of(held))
    except PageUnavailable:
        return card_page_away(request, held)
    return to_pay(pay_at, held)
