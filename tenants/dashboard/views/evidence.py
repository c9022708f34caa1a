"""The evidence about one payment, as one file."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants.dashboard.desk import desk_of
from tenants.dashboard.downloads import download
from tenants.dashboard.evidence_bundle import bundle
from tenants.dashboard.evidence_pdf import evidence_as_pdf
from tenants.dashboard.views.payments import taken_or_404


@require_safe
def evidence(request: HttpRequest, slug: str, attempt_id: uuid.UUID) -> HttpResponse:
    """A PDF to be added to the answer in Stripe."""
    desk, attempt = desk_of(request), taken_or_404(attempt_id)
    with desk.speaking():
        file = evidence_as_pdf(desk, attempt, bundle(desk, attempt))
    name = f"evidence-{attempt.captured_at:%Y-%m-%d}-{attempt.pk.hex[-8:]}.pdf"
    return download(file, name=name)
