from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kit.money import CURRENCIES
from kit.words import listing
from public_pages.central.calculator import EXAMPLE, PriceForm
from public_pages.central.marketing import common
from tenants.registry.models import Tenant, TenantStatus
from tenants.registry.pages import coach_address

# The coach of the demo's world whose page visitors may try.
SHOWN_COACH = "anna"


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What the platform does, a page to try, and what it costs for a price of the visitor's own."""
    form = PriceForm(request.GET if "price" in request.GET else EXAMPLE)
    status = 200 if form.is_valid() else 422
    context = {
        "form": form,
        "shares": form.shares,
        **common(),
        "currencies": listing([code.upper() for code in CURRENCIES]),
        **_shown_coach(),
    }
    return render(request, "public_pages/central/landing.html", context, status=status)


def _shown_coach() -> dict[str, object]:
    coach = (
        Tenant.objects.filter(slug=SHOWN_COACH, status=TenantStatus.OPEN).first() if settings.DEMO else None
    )
    return {"shown_coach": coach, "shown_coach_url": coach_address(coach.schema_name)} if coach else {}
