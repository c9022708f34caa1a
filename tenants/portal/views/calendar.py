"""Sessions in a calendar of one's own: the page with the secret address, and what calendars read there."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from kit.clock import now
from tenants.offers.hosts import file_of
from tenants.people import feeds
from tenants.portal.page import Visitor, show_own, signed_in
from tenants.portal.views.profile import actor_of

OVER = "This calendar address was ended by its owner."


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def portal_calendar(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The address, and the press that ends it and makes another one."""
    if request.method == "POST":
        feeds.end_client_feed(client=visitor.client, now=now(), actor=actor_of(visitor.client))
        messages.success(request, "The old address shows nothing any more. Use the new one below.")
        return redirect("portal_calendar")
    path = reverse("portal_feed", args=[feeds.client_token(visitor.client)])
    address = request.build_absolute_uri(path)
    context = {"address": address, "open_url": f"webcal:{address.partition(':')[2]}"}
    return show_own(request, visitor, "calendar.html", context)


@require_safe
def portal_feed(request: HttpRequest, feed_token: str) -> HttpResponse:
    try:
        client = feeds.client_by(feed_token)
    except feeds.BadLink:
        return HttpResponseNotFound(OVER, content_type="text/plain; charset=utf-8")
    return _file(feeds.client_feed(client=client, now=now()))


@require_safe
def coach_feed(request: HttpRequest, coach_feed_token: str) -> HttpResponse:
    try:
        here = feeds.require_coachs(coach_feed_token)
    except feeds.BadLink:
        return HttpResponseNotFound(OVER, content_type="text/plain; charset=utf-8")
    return _file(feeds.coach_feed(here=here, now=now()))


def _file(content: bytes) -> HttpResponse:
    return file_of(content, "text/calendar; charset=utf-8", 'inline; filename="sessions.ics"')
