"""From an order's page to a file: one press, counted, and a link that ends soon."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from kit.clock import now
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, not_here
from public_pages.booking.slots import slow_down
from public_pages.shop.access import Access, by_order_link
from tenants.files import serving
from tenants.shop import downloads

PRESSES = {"most": 60, "seconds": 600}


@require_POST
@by_order_link
def download(request: HttpRequest, access: Access, file_id: UUID) -> HttpResponse:
    if not access.may_open:
        return not_here(request, coach_of(request), "shop/bad_link.html")
    if not allows("download", connection_of(request), **PRESSES):
        return slow_down(request)
    try:
        token = downloads.begin(order_id=access.order.pk, file_id=file_id, now=now())
    except downloads.DownloadsEnded as ended:
        messages.error(request, str(ended))
        return redirect("order", access.token)
    return redirect("order_file", token)


@require_safe
def file(request: HttpRequest, download_token: str) -> HttpResponse:
    """The file itself. An old link says where to get another one."""
    try:
        found = downloads.opened_by(token=download_token, now=now())
    except (downloads.LinkEnded, downloads.DownloadsEnded):
        return not_here(request, coach_of(request), "shop/file_ended.html")
    return serving.response(found)
