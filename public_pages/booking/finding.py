"""What programs that look for pages are told on a coach's host: offers may be found, no booking may."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from tenants.offers import session_types
from tenants.packs import offers
from tenants.registry.models import Tenant
from tenants.registry.pages import page_address
from tenants.retainers import plans
from tenants.shop import products
from ui.finding import robots_file, sitemap_file

# Whoever has one of these addresses has what stands behind it.
SECRET = (
    *("b", "p", "r", "o", "file", "paper", "pay", "payments", "packs-for", "proposal"),
    *("sign", "form", "read", "packet", "unsubscribe", "my"),
)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    closed = [*(f"/{folder}/" for folder in SECRET), "/zone"]
    return robots_file(closed, sitemap=f"{_host(request)}{reverse('coach_sitemap')}")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The coach's page and everything that stands on it."""
    return sitemap_file([f"{_host(request)}{path}" for path in _paths()])


def _paths() -> Iterator[str]:
    yield reverse("coach_page")
    yield from (reverse("session_type", args=[each.slug]) for each in session_types.on_offer())
    yield from (reverse("pack_offer", args=[each.slug]) for each in offers.on_offer())
    yield from (reverse("retainer_plan", args=[each.slug]) for each in plans.on_offer())
    sold = [each.slug for each in products.all_products() if each.is_active]
    if sold:
        yield reverse("shop")
    yield from (reverse("product", args=[slug]) for slug in sold)


def _host(request: HttpRequest) -> str:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return page_address(tenant)
