"""Where a coach's pages are."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_tenants.utils import schema_context

from tenants.registry.addresses import host_for
from tenants.registry.models import Tenant


def coach_address(schema_name: str) -> str:
    """Where the coach's pages are, with the scheme: https://book.anna.example."""
    slug, own_host = Tenant.objects.values_list("slug", "own_host").get(schema_name=schema_name)
    return _address(host_of(slug, own_host))


def dashboard_address(schema_name: str) -> str:
    """The coach's dashboard on the central host."""
    slug = Tenant.objects.values_list("slug", flat=True).get(schema_name=schema_name)
    return f"{central_address()}/coach/{slug}/"


def central_address() -> str:
    """The platform's own first page, without the slash."""
    return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}"


def page_address(tenant: Tenant) -> str:
    """As `coach_address`, for whoever has the tenant at hand already."""
    return _address(host_of(tenant.slug, tenant.own_host))


def host_of(slug: str, own_host: str) -> str:
    """The one host, without a port, that all links lead to: the coach's own domain where there is one."""
    return own_host or host_for(slug)


def _address(host: str) -> str:
    """Every host of the platform is served on one port, which production does not name."""
    _name, colon, port = settings.COACH_BASE_DOMAIN.partition(":")
    return f"{settings.SITE_SCHEME}://{host}{colon}{port}"


def rename(*, tenant_id: UUID, name: str) -> None:
    """Use case: the coach's name as everybody sees it. The address stays."""
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        tenant.name = name
        tenant.save(update_fields=["name"])
