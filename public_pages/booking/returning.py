"""Coming back from Stripe to a booking."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from public_pages.booking.asking_again import come_back
from public_pages.booking.booking import by_link, client_of
from public_pages.booking.stages import tries_at
from tenants.registry.middleware import writes_on_get
from tenants.scheduling import links
from tenants.scheduling.models import Booking


@writes_on_get
@require_safe
@by_link
def booking_return(request: HttpRequest, paid: Booking) -> HttpResponse:
    """Confirms in the same second when Stripe answers; else the booking's page waits and asks again."""
    page = reverse("booking", args=[links.token_of(paid)])
    return come_back(request, tries_at(paid), payer=client_of(paid), page=page)
