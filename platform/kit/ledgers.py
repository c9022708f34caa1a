"""Rows that are written once: ledgers, events, acceptances. A correction is another row."""

import uuid
from collections.abc import Collection
from typing import Any, TypeVar

from django.db import models
from django.db.models import Max, Q, Sum

from kit.clock import now
from kit.database import require_transaction
from kit.fields import Acted, Keyed


class AppendOnly(TypeError):
    """Somebody tried to change or delete a row that stands for good. Write a correcting row instead."""


class InsertOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **_changes: Any) -> int:
        raise AppendOnly(f"{self.model.__name__} rows are never changed; write a correcting row.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly(f"{self.model.__name__} rows are never deleted; write a correcting row.")


class InsertOnlyModel(models.Model):
    """A model whose rows nobody changes. The grants read this base: the database refuses too."""

    objects = InsertOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. Raises AppendOnly for one that is stored already."""
        if not self._state.adding:
            raise AppendOnly(f"{type(self).__name__} rows are never changed; write a correcting row.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly(f"{type(self).__name__} rows are never deleted; write a correcting row.")


class UnitEntry(Acted, Keyed, InsertOnlyModel):
    """One change of a balance of units, with its cause, rule and actor; the `number`th of its balance.

    `balance_after` is there for the database to refuse what would fall below 0; whoever wants the balance
    sums `units`. `data` holds facts for a sentence, never text of a person.
    """

    number = models.SmallIntegerField()
    kind = models.CharField(max_length=12)
    units = models.SmallIntegerField()
    balance_after = models.SmallIntegerField()
    cause = models.CharField(max_length=24)
    rule = models.CharField(max_length=60)
    booking_id = models.UUIDField(null=True)
    reference = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.units:+d}"


E = TypeVar("E", bound=UnitEntry)
SAYS_WHY = ~Q(cause="") & ~Q(rule="") & ~Q(actor_kind="")
OF_A_BOOKING = ("spent", "returned")


def last_and_left(entries: models.Manager[E]) -> tuple[int, int]:
    """The number of the last entry of one balance, and what is left of it."""
    found = entries.aggregate(last=Max("number"), left=Sum("units"))
    return found["last"] or 0, found["left"] or 0


def spent_on_each(ledger: type[UnitEntry], booking_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Units that bookings take now, in one query; those that this ledger never paid for are left out."""
    entries = ledger._default_manager.filter(booking_id__in=booking_ids, kind__in=OF_A_BOOKING)
    sums = entries.values("booking_id").annotate(sum=Sum("units")).values_list("booking_id", "sum")
    return {booking_id: -units for booking_id, units in sums if booking_id}


def last_spend(ledger: type[E], booking_id: uuid.UUID, *related: str) -> E | None:
    """Step: the entry that pays for the booking now; None where none does, or it was given back."""
    require_transaction()
    if not spent_on_each(ledger, [booking_id]).get(booking_id):
        return None
    # Of no names at all Django would make every join.
    entries: models.QuerySet[Any] = ledger._default_manager.select_related(*related or [None])
    spends = entries.filter(booking_id=booking_id, kind="spent")
    return spends.get(reference=f"{booking_id}:{spends.count()}")


def next_reference(ledger: type[UnitEntry], booking_id: uuid.UUID, kind: str) -> str:
    """A booking can be paid, given back and paid again."""
    before = ledger._default_manager.filter(booking_id=booking_id, kind=kind).count()
    return f"{booking_id}:{before + 1}"
