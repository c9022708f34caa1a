"""Where a coach's pages are."""

from django.conf import settings

from tenants.registry.models import Tenant


def coach_address(schema_name: str) -> str:
    """The coach's own host with its scheme, as clients know it: https://anna.example."""
    slug = Tenant.objects.values_list("slug", flat=True).get(schema_name=schema_name)
    return f"{settings.SITE_SCHEME}://{slug}.{settings.COACH_BASE_DOMAIN}"


def dashboard_address(schema_name: str) -> str:
    """The coach's dashboard on the central host."""
    slug = Tenant.objects.values_list("slug", flat=True).get(schema_name=schema_name)
    return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}/coach/{slug}/"
