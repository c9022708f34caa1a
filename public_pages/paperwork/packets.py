"""A client's welcome packet: what is in it, in order, and how far they have come."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from public_pages.booking.coach import coach_of, not_here, show_private
from public_pages.paperwork.access import by_link_to
from tenants.files import serving
from tenants.files.models import StoredFile
from tenants.paperwork import links, packets
from tenants.paperwork.models import ClientPaper, PaperKind
from ui import markdown


@require_safe
@by_link_to(PaperKind.PACKET)
def packet(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    context = {
        "given": given,
        "token": links.token_of(given),
        "text": markdown.as_html(given.text),
        "progress": packets.progress_of(given),
    }
    return show_private(request, coach_of(request), "paperwork/packet.html", context)


@require_safe
@by_link_to(PaperKind.PACKET)
def packet_file(request: HttpRequest, given: ClientPaper, packet_file_id: UUID) -> HttpResponse:
    """A file of this packet; its link opens no other one."""
    inside = {part.get("file_id") for part in given.paper.parts}
    file = StoredFile.objects.filter(pk=packet_file_id).first() if str(packet_file_id) in inside else None
    if file is None:
        return not_here(request, coach_of(request), "paperwork/bad_link.html")
    return serving.response(file)
