"""The platform's fees: a numbered statement for each month, as a page and in print."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fees import accounts, statements
from kit.words import month_in_words
from tenants.billing.tax import rate_in_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.downloads import download
from tenants.dashboard.fee_statement_pdf import statement_as_pdf


@require_safe
def fees(request: HttpRequest, slug: str) -> HttpResponse:
    """All statements, the newest first, and the terms that count now."""
    desk = desk_of(request)
    every = statements.statements_of(schema_name=desk.tenant.schema_name)
    rows = [
        {"stated": stated, "month": month_in_words(stated.month, desk.practice.locale)} for stated in every
    ]
    terms = accounts.terms(schema_name=desk.tenant.schema_name)
    rate = rate_in_words(terms.rate_bp, desk.practice.locale)
    return desk.page("fees", "money", rows=rows, rate=rate, free_units=terms.free_units)


@require_safe
def statement_pdf(request: HttpRequest, slug: str, statement_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    stated = _stated_or_404(desk, statement_id)
    name = f"platform-fees-{stated.month:%Y-%m}-{stated.currency}.pdf"
    with desk.speaking():
        file = statement_as_pdf(desk, stated)
    return download(file, name=name)


def _stated_or_404(desk: Desk, statement_id: uuid.UUID) -> statements.FeeStatement:
    every = statements.statements_of(schema_name=desk.tenant.schema_name)
    found = next((stated for stated in every if stated.pk == statement_id), None)
    if found is None:
        raise Http404
    return found
