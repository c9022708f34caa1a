"""A pack's ledger for its holder: every entry as a row, to read, to print, and as a document."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from public_pages.booking.coach import Coach, coach_of, not_here, show_private
from public_pages.packs.access import Access, by_pack_link
from public_pages.packs.pack import addresses_of, statement_for
from public_pages.packs.pdf import statement_as_pdf
from tenants.offers.hosts import file_of
from tenants.offers.practice import speaking
from tenants.packs.lines import signed


@require_safe
@by_pack_link
def pack_statement(request: HttpRequest, access: Access) -> HttpResponse:
    coach = coach_of(request)
    if not access.may_use:
        return not_here(request, coach, "packs/bad_link.html")
    statement = statement_for(access, coach)
    rows = [{"row": row, "change": signed(row.units) if row.units else "0"} for row in statement.rows]
    context = {
        "statement": statement,
        "pack": access.pack,
        "rows": rows,
        "tz": coach.practice.timezone,
        **addresses_of(access),
    }
    return show_private(request, coach, "packs/statement.html", context)


@require_safe
@by_pack_link
def pack_statement_pdf(request: HttpRequest, access: Access) -> HttpResponse:
    coach = coach_of(request)
    if not access.may_use:
        return not_here(request, coach, "packs/bad_link.html")
    return _file(coach, access)


def _file(coach: Coach, access: Access) -> HttpResponse:
    with speaking(coach.practice):
        content = statement_as_pdf(
            statement_for(access, coach),
            coach=coach.name,
            tz=coach.practice.timezone,
            locale=coach.locale,
            now=coach.now,
        )
    return file_of(content, "application/pdf", 'attachment; filename="statement.pdf"')
