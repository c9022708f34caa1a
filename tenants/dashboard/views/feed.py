"""The coach's own calendar subscription: its secret address, and the press that ends it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from tenants.dashboard.desk import desk_of
from tenants.people import feeds


@require_http_methods(["GET", "HEAD", "POST"])
def calendar_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """On the coach's own host, for calendars that sign in nowhere."""
    desk = desk_of(request)
    if request.method == "POST":
        feeds.end_coach_feed(now=desk.now, actor=desk.actor)
        messages.success(request, "The old address shows nothing any more. Use the new one below.")
        return desk.go("calendar_feed")
    address = feeds.coach_feed_address(desk.practice)
    open_url = f"webcal:{address.partition(':')[2]}"
    return desk.page("calendar_feed", "calendar", address=address, open_url=open_url)
