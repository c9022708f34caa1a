"""A client's own data: to take along, and to have erased."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.clock import now
from kit.database import read_only
from kit.limits import allows
from tenants.clients import sign_in
from tenants.offers.vocabulary import called
from tenants.people import erasing, own_data
from tenants.portal.page import Visitor, show_own, signed_in, slow_down
from tenants.portal.views.profile import actor_of

DOWNLOADS = {"most": 10, "seconds": 600}
CONFIRMED = "erase"


@require_safe
@signed_in
def portal_data(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """What there is of this client, table by table."""
    tables = own_data.own_data(client=visitor.client)
    counted = [{"name": _named(name), "count": len(rows)} for name, rows in tables.items() if rows]
    return show_own(request, visitor, "data.html", {"tables": counted, "section": "profile"})


def _named(table: str) -> str:
    """The table as this coach calls what is in it."""
    return called.sessions if table == "sessions" else table.replace("-", " ")


@require_safe
@signed_in
def portal_download(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    if not allows("portal-download", str(visitor.client.pk), **DOWNLOADS):
        return slow_down(request)
    response = HttpResponse(
        own_data.archive(client=visitor.client, now=visitor.now), content_type="application/zip"
    )
    response["Content-Disposition"] = 'attachment; filename="own-data.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def portal_erase(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """What it means, and the press that does it, which asks for a tick besides."""
    if request.method != "POST":
        return _preview(request, visitor)
    if request.POST.get("confirmed") != CONFIRMED:
        return _again(request, visitor, 422, unticked=True)
    try:
        erasing.erase(client_id=visitor.client.pk, now=now(), actor=actor_of(visitor.client))
    except erasing.StillUnderWay:
        return _again(request, visitor, 409)
    except (GatewayUnavailable, GatewayRefused):
        messages.error(request, "Stripe could not be asked to forget your card, so nothing else was erased.")
        return redirect("portal_erase")
    messages.success(request, "You are erased here, and signed out.")
    response = redirect("coach_page")
    sign_in.forget(response)
    return response


def _again(request: HttpRequest, visitor: Visitor, status: int, *, unticked: bool = False) -> HttpResponse:
    with read_only():
        return _preview(request, visitor, status, unticked=unticked)


def _preview(
    request: HttpRequest, visitor: Visitor, status: int = 200, *, unticked: bool = False
) -> HttpResponse:
    told = erasing.preview(client=visitor.client, now=visitor.now)
    context = {"preview": told, "unticked": unticked, "section": "profile"}
    return show_own(request, visitor, "erase.html", context, status)
