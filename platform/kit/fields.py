"""Fields that keep a tenant's schema small: relations are the budget of a schema per tenant."""

from typing import Any

from django.db import models

from kit.ids import uuid7


class ForeignKey(models.ForeignKey):
    """A foreign key without an index of its own unless one is asked for, deleting nothing by itself."""

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **options: Any) -> None:
        options.setdefault("db_index", False)
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> Any:
        # The parent leaves db_index out when it is True, which is not this field's default.
        name, path, args, kwargs = super().deconstruct()
        kwargs["db_index"] = self.db_index  # type: ignore[attr-defined]
        return name, path, args, kwargs


class Keyed(models.Model):
    """A row whose key the application makes, ordered in time; never a secret."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class Acted(models.Model):
    """A row that keeps who did it: `kit.actors.Actor.columns`."""

    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True
