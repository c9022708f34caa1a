"""Who may open a client's form, document or packet: whoever has its link, which was mailed to the client, or
handed on by the page that requires it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from kit.actors import Actor
from kit.limits import address_of
from public_pages.booking.opening import opened_by_link
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


def by_link_to(kind: PaperKind) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For a view of this kind of paper; what was withdrawn is shown to nobody any more."""

    def given_by(_request: HttpRequest, token: str) -> ClientPaper:
        given = links.paper_by(token)
        if given.paper.kind != kind or given.status == ClientPaperStatus.WITHDRAWN:
            raise links.BadLink("another kind of paper, or withdrawn")
        return given

    return opened_by_link(TOKENS[kind], given_by, "paperwork/bad_link.html")


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
