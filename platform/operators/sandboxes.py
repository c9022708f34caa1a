"""Partners' sandboxes, where operators count: no money is real there, so they stand in no figure.

Lists name them with a mark, after everything that is real.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from connect.models import ConnectAccount
from tenants.registry.models import Tenant
from tenants.registry.sandboxes import in_sandbox

__all__ = ["from_sandbox", "in_sandbox"]

_SANDBOXES: Any = Tenant.objects.filter(is_sandbox=True)


def from_sandbox() -> Exists:
    """A condition on Stripe's events: that they are of a sandbox's account, or about it."""
    theirs = ConnectAccount.objects.filter(schema_name__in=_SANDBOXES.values("schema_name"))
    about: Any = Q(account_id=OuterRef("account_id")) | Q(account_id=OuterRef("object_id"))
    return Exists(theirs.filter(about))
