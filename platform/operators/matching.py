"""What practices say of their books, for operators: read from the shared plane, for all coaches at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from tenants.registry.models import Books, Tenant


@dataclass(frozen=True, slots=True)
class Row:
    """One practice's word, with the coach's name."""

    it: Books
    coach: str

    @property
    def differences(self) -> str:
        return f"{self.it.differences} difference{'s' * (self.it.differences != 1)}"


def rows(said: Iterable[Books]) -> list[Row]:
    """In the same order, with one query for the names."""
    said = list(said)
    tenants = Tenant.objects.filter(schema_name__in=[each.schema_name for each in said])
    names = dict(tenants.values_list("schema_name", "name"))
    return [Row(each, names.get(each.schema_name, each.schema_name)) for each in said]
