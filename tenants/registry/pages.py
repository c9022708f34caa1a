"""Where a coach's pages are."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_tenants.utils import schema_context

from tenants.registry.models import Tenant


def coach_address(schema_name: str) -> str:
    """The coach's own host with its scheme, as clients know it: https://anna.example."""
    slug = Tenant.objects.values_list("slug", flat=True).get(schema_name=schema_name)
    return page_address(slug)


def dashboard_address(schema_name: str) -> str:
    """The coach's dashboard on the central host."""
    slug = Tenant.objects.values_list("slug", flat=True).get(schema_name=schema_name)
    return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}/coach/{slug}/"


def page_address(slug: str) -> str:
    """As `coach_address`, for whoever has the tenant at hand already."""
    return f"{settings.SITE_SCHEME}://{slug}.{settings.COACH_BASE_DOMAIN}"


def rename(*, tenant_id: UUID, name: str) -> None:
    """Use case: the coach's name as everybody sees it. The address stays."""
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        tenant.name = name
        tenant.save(update_fields=["name"])
