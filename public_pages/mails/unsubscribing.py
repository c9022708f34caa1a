"""One press, and no more mails come that nobody has to send; another one, and they may come again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, not_here, show_private
from public_pages.booking.slots import slow_down
from tenants.clients.models import Client
from tenants.messaging import unsubscribing

PRESSES = {"most": 30, "seconds": 600}


# A mail program posts here by itself when its own button is pressed (RFC 8058), and knows no cookie of ours.
# Whoever could make a browser post would have to know the link, which is in the client's own mails alone.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, unsubscribe_token: str) -> HttpResponse:
    try:
        client = unsubscribing.client_by(unsubscribe_token)
    except unsubscribing.BadLink:
        return not_here(request, coach_of(request), "mails/bad_link.html")
    if request.method != "POST":
        return _page(request, client)
    if not allows("unsubscribe", connection_of(request), **PRESSES):
        return slow_down(request)
    said: dict[str, Any] = {"client_id": client.pk, "now": now(), "actor": Actor("client", str(client.pk))}
    if request.POST.get("to") == "on":
        unsubscribing.subscribe(**said)
    else:
        unsubscribing.unsubscribe(**said)
    with read_only():
        return _page(request, client)


def _page(request: HttpRequest, client: Client) -> HttpResponse:
    """Shown after a press as well: a mail program that follows no redirect has its answer."""
    context = {"is_off": unsubscribing.is_unsubscribed(client.pk)}
    return show_private(request, coach_of(request), "mails/unsubscribe.html", context)
