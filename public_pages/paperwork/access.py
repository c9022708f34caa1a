"""Who may open a client's form, document or packet: whoever has its link, which was mailed to the client, or
handed on by the page that requires it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from kit.actors import Actor
from kit.limits import address_of
from public_pages.booking.coach import coach_of, not_here
from public_pages.paperwork.way_back import path_back, way_back
from tenants.paperwork import links
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind

# Somebody who fills in a long form in several goes presses less often.
PRESSES = {"most": 60, "seconds": 600}
LONGEST_AGENT = 300
# How the address of each kind names its link.
TOKENS = {
    PaperKind.FORM: "form_token",
    PaperKind.DOCUMENT: "read_token",
    PaperKind.PACKET: "packet_token",
}
PaperView = Callable[..., HttpResponse]


def by_link_to(kind: PaperKind) -> Callable[[PaperView], PaperView]:
    """For a view of this kind of paper; what was withdrawn is shown to nobody any more."""

    def by_its_link(view: PaperView) -> PaperView:
        @wraps(view)
        def opened(request: HttpRequest, **named: Any) -> HttpResponse:
            given = _given(named.pop(TOKENS[kind]))
            if given is None or given.paper.kind != kind or given.status == ClientPaperStatus.WITHDRAWN:
                return not_here(request, coach_of(request), "paperwork/bad_link.html")
            return view(request, given, **named)

        return opened

    return by_its_link


def _given(token: str) -> ClientPaper | None:
    try:
        return links.paper_by(token)
    except links.BadLink:
        return None


def who(request: HttpRequest, given: ClientPaper) -> dict[str, Any]:
    """By whom and from where it is done, as an acceptance keeps it. The name is known: it is not asked."""
    return {
        "name": given.client.name,
        "address": address_of(request),
        "agent": request.headers.get("User-Agent", "").replace("\x00", "")[:LONGEST_AGENT],
        "actor": Actor("client", str(given.client_id)),
    }


def onward(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    """To what it was required for, or to the packet that it came with, or to its own page, which thanks."""
    return redirect(path_back(way_back(request)) or packet_path(given) or links.path_of(given))


def packet_path(given: ClientPaper) -> str:
    """The page of the packet that it came with; empty for a paper that came by itself."""
    if given.packet is None:
        return ""
    rows = ClientPaper.objects.select_related("paper").filter(client_id=given.client_id)
    packet = rows.filter(paper__line=given.packet).exclude(status=ClientPaperStatus.WITHDRAWN).last()
    return links.path_of(packet) if packet else ""
