"""A document by its link: to read, and to say that one has."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from kit.clock import now
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, not_here, show_private
from public_pages.booking.slots import slow_down
from public_pages.paperwork.access import PRESSES, by_link_to, onward, packet_path, who
from public_pages.paperwork.way_back import NAME, path_back, way_back
from tenants.files import serving
from tenants.paperwork import links, reading
from tenants.paperwork.accepting import NotOpen
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind
from ui import markdown


@require_http_methods(["GET", "HEAD", "POST"])
@by_link_to(PaperKind.DOCUMENT)
def document(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    if request.method != "POST":
        return _page(request, given)
    if not allows("forms", connection_of(request), **PRESSES):
        return slow_down(request)
    try:
        reading.read(client_paper_id=given.pk, now=now(), **who(request, given))
    except NotOpen:
        return redirect(links.path_of(given))
    return onward(request, given)


def _page(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    context: dict[str, Any] = {
        "given": given,
        "token": links.token_of(given),
        "text": markdown.as_html(given.text),
        "file": reading.file_of(given),
        "is_done": given.status == ClientPaperStatus.DONE,
        "then_name": NAME,
        "then": way_back(request),
        "back": path_back(way_back(request)) or packet_path(given),
    }
    return show_private(request, coach_of(request), "paperwork/document.html", context)


@require_safe
@by_link_to(PaperKind.DOCUMENT)
def document_file(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    file = reading.file_of(given)
    if file is None:
        return not_here(request, coach_of(request), "paperwork/bad_link.html")
    return serving.response(file)
