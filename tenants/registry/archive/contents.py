"""What an archive of a practice holds, and what it leaves out: every table is taken, or has its reason."""

from dataclasses import dataclass
from functools import cache

from django.db import models

from tenants.registry.planes import shared_models, tenant_models

FORMAT = "upfront-practice"
VERSION = 1
MANIFEST = "manifest.json"
README = "README.md"
PRACTICE = "shared/practice.jsonl"
DOMAINS = "shared/domains.jsonl"
MEMBERS = "shared/members.jsonl"

# Of a practice's own tables: what opens nothing elsewhere, or must not.
LEFT_OUT = {
    "clients.SignIn": "Sign-ins of clients: each asks for a new link.",
    "integrations.ApiKey": "Keys of programs: make new ones, and give them to the programs.",
    "integrations.ApiRequest": "What programs asked for in the last days, kept so that it is done once.",
    "integrations.WebhookEndpoint": "Addresses that are told of events, with their secrets: add them anew.",
    "integrations.WebhookDelivery": "What those addresses were told.",
}
# Of the shared tables with rows of a practice.
SHARED_LEFT_OUT = {
    "registry.Tenant": f"It stands in {PRACTICE}.",
    "registry.TenantSchemaState": "How far the schema was: the manifest says it.",
    "partners.Access": "What partners' programs may do: allow it anew.",
    "accounts.AuditEntry": "Acts of the platform's operators: the platform's own record.",
}


@dataclass(frozen=True)
class Table:
    """A table whose rows an archive holds, one JSON object a line."""

    model: type[models.Model]
    path: str

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> list[str]:
        return [str(field.column) for field in self.model._meta.concrete_fields]

    @property
    def contents(self) -> list[str]:
        """The columns whose bytes stand in files of their own."""
        fields = self.model._meta.concrete_fields
        return [str(field.column) for field in fields if isinstance(field, models.BinaryField)]


@cache
def own_tables() -> tuple[Table, ...]:
    """The practice's own, each after those that its rows speak of."""
    taken = [model for model in tenant_models() if model._meta.label not in LEFT_OUT]
    return tuple(Table(model, f"tables/{model._meta.db_table}.jsonl") for model in _in_order(taken))


@cache
def shared_tables() -> tuple[Table, ...]:
    """Those of the shared plane that hold rows of the practice, known by its `schema_name`."""
    return tuple(
        Table(model, f"shared/{model._meta.db_table}.jsonl")
        for model in shared_models()
        if speaks_of_a_practice(model) and model._meta.label not in SHARED_LEFT_OUT
    )


def speaks_of_a_practice(model: type[models.Model]) -> bool:
    return any(field.column == "schema_name" for field in model._meta.concrete_fields)


def _in_order(wanted: list[type[models.Model]]) -> list[type[models.Model]]:
    done: list[type[models.Model]] = []

    def take(model: type[models.Model]) -> None:
        if model in done:
            return
        for field in model._meta.concrete_fields:
            other = field.related_model
            if isinstance(other, type) and other is not model and other in wanted:
                take(other)
        done.append(model)

    for model in wanted:
        take(model)
    return done
