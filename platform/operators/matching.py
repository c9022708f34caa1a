"""What practices say of their books, for operators: read from the shared plane, for all coaches at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from operators.sandboxes import in_sandbox
from tenants.registry import books
from tenants.registry.models import Books, Tenant


@dataclass(frozen=True, slots=True)
class Row:
    """One practice's word, and the practice; None where it is gone."""

    it: Books
    tenant: Tenant | None

    @property
    def differences(self) -> str:
        return f"{self.it.differences} difference{'s' * (self.it.differences != 1)}"


def every() -> QuerySet[Books]:
    """What all practices said, those whose books do not tie first: of sandboxes, nothing."""
    ties = ~Exists(books.do_not_tie().filter(pk=OuterRef("pk")))
    return (
        books.every()
        .filter(~in_sandbox())
        .order_by(ties, "-differences", "-waiting", "waiting_since", "schema_name")
    )


def do_not_tie() -> QuerySet[Books]:
    """Of these, those that an operator must look at."""
    return books.do_not_tie().filter(~in_sandbox())


def rows(said: Iterable[Books]) -> list[Row]:
    """In the same order, with one query for the practices."""
    said = list(said)
    found = Tenant.objects.filter(schema_name__in=[each.schema_name for each in said])
    tenants = {each.schema_name: each for each in found}
    return [Row(each, tenants.get(each.schema_name)) for each in said]
