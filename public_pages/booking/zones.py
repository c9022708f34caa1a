"""The zone that times are shown in: found on the device, named in words, changed by hand."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from kit.database import read_only
from public_pages.booking.coach import coach_of, show
from public_pages.booking.cookies import keep_zone
from public_pages.booking.forms import ZoneForm
from ui.zones import zone_choices


@require_http_methods(["GET", "HEAD", "POST"])
def choose_zone(request: HttpRequest) -> HttpResponse:
    """A list to choose from, and its answer, which this browser remembers for this coach."""
    if request.method != "POST":
        return _page(request, ZoneForm(), 200)
    form = ZoneForm(request.POST)
    if not form.is_valid():
        with read_only():
            return _page(request, form, 422)
    response = redirect(_next(request.POST.get("next", "")))
    keep_zone(response, form.cleaned_data["tz"])
    return response


def _page(request: HttpRequest, form: ZoneForm, status: int) -> HttpResponse:
    coach = coach_of(request)
    current = coach.visitor_zone or coach.practice.timezone
    context = {
        "form": form,
        "zones": zone_choices(coach.now, current),
        "current": current,
        "next": _next(request.GET.get("next") or request.POST.get("next", "")),
    }
    return show(request, coach, "zone.html", context, status)


def _next(address: str) -> str:
    """Where to go on, on this host only."""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "/"
