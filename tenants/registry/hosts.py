"""From a host name to the tenant whose pages it shows, on every request of a coach's host."""

import time
from typing import Any

from django.db.models.signals import post_delete, post_save

from kit.database import copy_of
from tenants.registry.models import Domain, Tenant

# For how long another process may still show what was changed in this one.
KEPT_SECONDS = 10.0
_MOST_KEPT = 10_000
_known: dict[str, tuple[float, Tenant]] = {}


def tenant_for_host(host: str) -> Tenant | None:
    """The tenant of a host name, with or without a port; None when it is nobody's.

    Only open tenants are remembered: one that has just opened is found at once everywhere.
    """
    name = name_of(host)
    kept_until, tenant = _known.get(name, (0.0, None))
    if tenant is None or kept_until < time.monotonic():
        tenant = _look_up(name)
        _remember(name, tenant)
    # A copy: the threads that share what is remembered must not see each other's changes.
    return copy_of(tenant) if tenant else None


def name_of(host: str) -> str:
    """A host's name without port, in small letters."""
    return host.split(":")[0].lower().rstrip(".")


def _look_up(name: str) -> Tenant | None:
    domain = Domain.objects.select_related("tenant").filter(domain=name).first()
    return domain.tenant if domain else None


def _remember(name: str, tenant: Tenant | None) -> None:
    if len(_known) >= _MOST_KEPT:
        _known.clear()
    if tenant is not None and tenant.is_open:
        _known[name] = (time.monotonic() + KEPT_SECONDS, tenant)
    else:
        _known.pop(name, None)


def forget_hosts(**_signal: Any) -> None:
    """Look every host up anew."""
    _known.clear()


def drop_hosts_when_they_change() -> None:
    for model in (Tenant, Domain):
        post_save.connect(forget_hosts, sender=model, dispatch_uid=f"hosts of {model.__name__} saved")
        post_delete.connect(forget_hosts, sender=model, dispatch_uid=f"hosts of {model.__name__} deleted")
