"""From a host name to the tenant whose pages it shows, on every request of a coach's host."""

import time
from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete, post_save

from kit.database import copy_of
from tenants.registry.models import Domain, Tenant

# For how long another process may still show what was changed in this one.
KEPT_SECONDS = 10.0
# For how long a name that was nobody's stays so: whoever asks for it all the time costs no query.
NOBODYS_SECONDS = 5.0
_MOST_KEPT = 10_000
_LONGEST = 253
_known: dict[str, tuple[float, Tenant]] = {}
_nobodys: dict[str, float] = {}


def tenant_for_host(host: str) -> Tenant | None:
    """The tenant of a host name, with or without a port; None when it is nobody's.

    A domain that a coach has brought shows them only while it is verified. Of tenants only open ones are
    remembered: one that has just opened is found at once everywhere.
    """
    name = name_of(host)
    if len(name) > _LONGEST or _nobodys.get(name, 0.0) > time.monotonic():
        return None
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
    shown = Q(is_own=False) | Q(verified_at__isnull=False)
    domain = Domain.objects.select_related("tenant").filter(shown, domain=name).first()
    return domain.tenant if domain else None


def _remember(name: str, tenant: Tenant | None) -> None:
    if len(_known) + len(_nobodys) >= _MOST_KEPT:
        forget_hosts()
    if tenant is None:
        _nobodys[name] = time.monotonic() + NOBODYS_SECONDS
    if tenant is not None and tenant.is_open:
        _known[name] = (time.monotonic() + KEPT_SECONDS, tenant)
    else:
        _known.pop(name, None)


def forget_hosts(**_signal: Any) -> None:
    """Look every host up anew."""
    _known.clear()
    _nobodys.clear()


def drop_hosts_when_they_change() -> None:
    for model in (Tenant, Domain):
        post_save.connect(forget_hosts, sender=model, dispatch_uid=f"hosts of {model.__name__} saved")
        post_delete.connect(forget_hosts, sender=model, dispatch_uid=f"hosts of {model.__name__} deleted")
