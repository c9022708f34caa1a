"""From a pack's page to its receipt: for who paid for it and has it, and for nobody else."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from public_pages.booking.coach import coach_of, not_here
from public_pages.packs.access import Access, by_whole_link
from tenants.billing import paper_links
from tenants.billing.links import payments_address
from tenants.billing.models import Document
from tenants.packs.models import Pack
from tenants.packs.statements import PURPOSES


@require_safe
@by_whole_link
def pack_receipt(request: HttpRequest, access: Access) -> HttpResponse:
    """The one paper about its payment; of several, the payer's own page shows all."""
    pack = access.pack
    if not access.reads_amounts:
        return not_here(request, coach_of(request), "packs/bad_link.html")
    issued = _issued(pack)
    if len(issued) == 1:
        return redirect("paper", paper_links.token_of(issued[0]))
    if issued:
        return HttpResponseRedirect(payments_address(pack.buyer))
    if pack.paid_at:
        messages.info(request, "The receipt is made within a minute: look again then.")
    return redirect("pack", access.token)


def _issued(pack: Pack) -> list[Document]:
    rows = Document.objects.select_related("charge__client")
    return list(rows.filter(charge__purpose__in=PURPOSES, charge__reference=pack.pk))
