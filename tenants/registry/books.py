"""What a practice says of its own books, where operators can read it of all practices at once."""

from typing import Any

from django.db.models import F, Q, QuerySet

from kit.database import current_schema, insert_unless_there, require_transaction
from tenants.registry.models import Books


def say(**said: Any) -> None:
    """Step: the current tenant's row says this from now on; what is not said stays as it was."""
    require_transaction()
    schema_name = current_schema()
    insert_unless_there(Books(schema_name=schema_name))
    Books.objects.filter(schema_name=schema_name).update(**said)


def of_tenant(*, schema_name: str) -> Books | None:
    return Books.objects.filter(schema_name=schema_name).first()


def every() -> QuerySet[Books]:
    """All that practices have said, those with differences and with much that waits first."""
    return Books.objects.order_by("-differences", "-waiting", "waiting_since", "schema_name")


def do_not_tie() -> QuerySet[Books]:
    """Those that an operator must look at: figures that differ, or sessions that nothing pays for."""
    return Books.objects.filter(
        Q(differences__gt=0) | Q(funded__lt=F("sessions")) | Q(matched__lt=F("payments"))
    )
